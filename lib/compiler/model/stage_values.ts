import type { StageName } from "../../models/mod.ts";
import type { DecoderProgram } from "./decoder_program.ts";
import { type ColumnMap, columnMaps } from "./geometry.ts";
import type { DecoderTarget } from "./plan.ts";
import type { ProgramRun } from "./session.ts";

/** Where the outcome of a stage of the model can be read. */
export interface ReadableStage {
  /** Name of the stage, as the forward pass has it. */
  readonly name: StageName;
  /** Step of the program behind which it can be read. */
  readonly step: string;
  /** Tensor of the vector SRAM that has it. */
  readonly tensor: string;
  /** Its first column block. */
  readonly firstBlock: number;
  /** For each column of those blocks the model's column. */
  readonly map: ColumnMap;
  /** The model's columns. */
  readonly columns: number;
  /** What the tensor's values are multiplied with to be the model's. */
  readonly scale: number;
}

/** Every stage of the model that the programs of a plan leave behind, in order. */
export function readableStages(plan: DecoderTarget): ReadableStage[] {
  const { config, geometry: g } = plan;
  const { kvHeads, heads, headDim } = config;
  const { hidden, queries, keys, values, results, inner, vocabulary } = columnMaps(config, g);
  const stage = (
    name: StageName,
    step: string,
    tensor: string,
    map: ColumnMap = hidden,
    columns: number = config.hidden,
    firstBlock = 0,
    scale = 1,
  ): ReadableStage => ({ name, step, tensor, firstBlock, map, columns, scale });
  // Products of whole tiles are quarters: q makes up for the scores, W_o for the weighted values.
  const quarter = plan.form === "broadcast" ? 4 : 1;
  const kvWidth = kvHeads * headDim;
  const all = [
    stage("embedding", "embedding", "x"),
    stage("attn_norm", "attn_norm", "normed"),
    stage("q", "rope", "qkv", queries, heads * headDim, 0, 1 / quarter),
    stage("k", "rope", "qkv", keys, kvWidth, g.queryBlocks),
    stage("v", "rope", "qkv", values, kvWidth, g.queryBlocks + g.keyBlocks),
    stage("attention", "attention", "attention", results, heads * headDim, 0, quarter),
    stage("o_proj", "o_proj", "projected"),
    stage("attn_residual", "attn_residual", "x"),
    stage("ffn_norm", "ffn_norm", "normed"),
    stage("ffn_hidden", "ffn_hidden", "gate_up", inner, config.intermediate),
    stage("ffn_out", "ffn_out", "projected"),
    stage("ffn_residual", "ffn_residual", "x"),
  ];
  // Before a head the last norm lacks its gain, which is in the head's weights.
  all.push(
    plan.output === "logits"
      ? stage("logits", "logits", "logits", vocabulary, config.vocabulary)
      : stage("final_norm", "final_norm", "final"),
  );
  return all;
}

/**
 * The outcome of a stage from a machine that has just done its step: (rows, columns), with the rows of
 * several sequences one after the other.
 */
export function stageValues(
  plan: DecoderTarget,
  program: DecoderProgram,
  stage: ReadableStage,
  run: ProgramRun,
): Float32Array {
  const { mlen } = plan.geometry;
  const tensor = program.tensors.get(stage.tensor)!;
  const rows = program.run.rows * plan.batch;
  const values = new Float32Array(rows * stage.columns);
  for (let r = 0; r < rows; r++) {
    for (let block = 0; block < stage.map.length / mlen; block++) {
      const address = tensor.address + r * tensor.rowPitch +
        (stage.firstBlock + block) * tensor.blockPitch;
      const row = run.readRow(address / mlen);
      for (let lane = 0; lane < mlen; lane++) {
        const column = stage.map[block * mlen + lane]!;
        if (column >= 0) values[r * stage.columns + column] = row[lane]! * stage.scale;
      }
    }
  }
  return values;
}

/** A machine that can be stopped between instructions. */
export interface SteppedMachine extends ProgramRun {
  /** Runs until before an instruction, and at least one instruction. */
  run(limits: { readonly untilPc: number }): unknown;
  /** Index of the next instruction. */
  readonly pc: number;
}

/**
 * Runs a program and stops behind every stage of the model.
 *
 * @param visit Is called at every stop, with the layer of stages that belong to one.
 */
export function visitStages(
  plan: DecoderTarget,
  program: DecoderProgram,
  machine: SteppedMachine,
  visit: (stage: ReadableStage, layer: number | undefined, values: Float32Array) => void,
): void {
  const { layers } = plan.config;
  const stages = readableStages(plan);
  const steps = [...new Set(program.stages.map(({ name }) => name))];
  const isOfLayer = (step: string): boolean =>
    program.stages.filter(({ name }) => name === step)
        .reduce((sum, { times }) => sum + times, 0) === layers &&
    steps.indexOf(step) >= steps.indexOf("attn_norm") &&
    steps.indexOf(step) < steps.indexOf("final_norm");
  const stop = (step: string, layer: number | undefined): void => {
    // Layers are in one loop, or in several, or one by one.
    let passed = 0;
    const place = program.stages.find(({ name, times }) => {
      if (name !== step) return false;
      passed += times;
      return passed > (layer ?? 0);
    })!;
    if (machine.pc !== place.end) machine.run({ untilPc: place.end });
    for (const stage of stages) {
      if (stage.step === step) visit(stage, layer, stageValues(plan, program, stage, machine));
    }
  };
  const inLayers = steps.filter(isOfLayer);
  for (const step of steps.slice(0, steps.indexOf("attn_norm"))) stop(step, undefined);
  for (let layer = 0; layer < layers; layer++) {
    for (const step of inLayers) stop(step, layer);
  }
  for (const step of steps.slice(steps.indexOf("final_norm"))) stop(step, undefined);
}
