import type { MachineSettings } from "../../boards/mod.ts";
import type { DecoderConfig, DecoderWeights, StagedOptions } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import type { CodeBuilder } from "../code/code_builder.ts";
import type { LongLoops } from "../code/finish_code.ts";
import { headTiles } from "../kernels/attention.ts";
import { BODY_BUDGET } from "../kernels/budget.ts";
import { ZERO } from "../code/register.ts";
import type { Region } from "../region.ts";
import { assembleSteps, validateProgram } from "./assemble_steps.ts";
import { checkVocabulary } from "./check_vocabulary.ts";
import { decoderImage, type HbmPiece } from "./decoder_image.ts";
import type { DecoderProgram } from "./decoder_program.ts";
import type { DecoderRun } from "./decoder_run.ts";
import { scheduleDecoder } from "./decoder_steps.ts";
import { fpSram, headTable, INT_SLOTS, intSram, RENEWED_LEVELS } from "./int_sram.ts";
import { type DecoderPlan, type DecoderTarget, planDecoder, type PlanOptions } from "./plan.ts";
import { stagedOptions } from "./staged_options.ts";

/** What can be chosen about a program. */
export interface ProgramOptions {
  /** Which rows have logits; `all` by default, and always of several sequences. */
  readonly logits?: "all" | "last";
  /** Static instructions that an unrolled body may have; more are fewer executed ones. */
  readonly budget?: number;
  /**
   * What becomes of loops whose iterations execute more instructions than the machine allows, such as
   * layers of some size: they are kept and renewed, or written out, which takes many more instructions
   * but only loops that static tools can follow. `renew` by default.
   */
  readonly longLoops?: LongLoops;
  /** Check the program with the validator; on by default. */
  readonly validate?: boolean;
}

/**
 * The program that takes `rows` tokens from position 0 on.
 *
 * @throws {CompileError} When something does not fit the machine.
 */
function prefillProgram(
  plan: DecoderPlan,
  rows: number,
  options: ProgramOptions = {},
): DecoderProgram {
  if (!(Number.isInteger(rows) && rows >= 1 && rows <= plan.positions)) {
    throw new CompileError(
      `${rows} tokens: the cache holds 1 to ${plan.positions} positions`,
      "plan for more positions",
    );
  }
  const keyBlocks = Math.ceil(rows / plan.geometry.mlen);
  return program(plan, { rows, decode: false, keyBlocks, ...runOptions(options) }, options);
}

/**
 * The program of one decode step: takes one token at any position whose block of MLEN positions is
 * the last of `keyBlocks`.
 *
 * @throws {CompileError} When something does not fit the machine.
 */
function decodeProgram(
  plan: DecoderPlan,
  keyBlocks: number,
  options: ProgramOptions = {},
): DecoderProgram {
  if (!plan.config.causal) {
    throw new CompileError(
      "a model without causal mask has no decode step: earlier positions see later ones",
      "run the whole text as prefill",
    );
  }
  return program(plan, { rows: 1, decode: true, keyBlocks, ...runOptions(options) }, options);
}

function runOptions(options: ProgramOptions): { logits: "all" | "last"; budget: number } {
  return { logits: options.logits ?? "all", budget: options.budget ?? BODY_BUDGET };
}

function program(plan: DecoderPlan, run: DecoderRun, options: ProgramOptions): DecoderProgram {
  const { mlen } = plan.settings.config;
  const assembled = assembleSteps({
    schedule: scheduleDecoder(plan, run),
    settings: plan.settings,
    layerGroups: plan.layerGroups,
    nextLayer: (code) => nextLayer(code, plan),
    slots: Array.from({ length: RENEWED_LEVELS }, (_, i) => INT_SLOTS.iterationsLeft + i),
    longLoops: options.longLoops ?? "renew",
    log: planLines(plan, run),
  });
  const { tensors } = assembled;
  const [qkv, attention, masks] = ["qkv", "attention", "head_masks"].map((name) =>
    tensors.get(name)!
  );
  const heads = headTable(plan, run.rows, qkv!, attention!, masks!);
  const image = (tokens: readonly number[], position: number): Uint32Array => {
    checkTokens(plan, run, tokens, position);
    return intSram(plan, heads, tokens, position);
  };
  const firstPosition = run.decode ? (run.keyBlocks - 1) * mlen : 0;
  const log = [...assembled.log];
  if (options.validate !== false) {
    const sample = image(new Array(run.rows * plan.batch).fill(0), firstPosition);
    log.push(validateProgram(assembled.words, plan, sample));
  }
  return {
    ...assembled,
    log,
    run,
    fpSram: fpSram(plan),
    intSram: (tokens, position = firstPosition) => new Uint8Array(image(tokens, position).buffer),
  };
}

/** Refuses what would make a program read beyond a table, or attend to other positions than its own. */
function checkTokens(
  { batch, config, geometry, positions }: DecoderPlan,
  { rows, decode, keyBlocks }: DecoderRun,
  tokens: readonly number[],
  position: number,
): void {
  if (tokens.length !== rows * batch) {
    throw new CompileError(
      `the program takes ${rows * batch} tokens, got ${tokens.length}`,
      "compile a program for this many tokens",
    );
  }
  checkVocabulary(tokens, config.vocabulary);
  const first = decode ? (keyBlocks - 1) * geometry.mlen : 0;
  const last = decode ? Math.min(keyBlocks * geometry.mlen, positions) - 1 : 0;
  if (Number.isInteger(position) && position >= first && position <= last) return;
  throw new CompileError(
    `the program begins at a position from ${first} to ${last}, got ${position}`,
    decode ? "compile the decode step of this position" : "compile a decode step",
  );
}

/** Moves the address of the current layer on. */
function nextLayer(code: CodeBuilder, plan: DecoderPlan): void {
  const base = code.gp("layer base");
  const entry = (imm18: number): { rs1: number; imm18: number } => ({ rs1: ZERO, imm18 });
  if (!plan.isLarge) {
    code.emit("S_LD_INT", { rd: base, ...entry(INT_SLOTS.layerBase) });
    code.add(base, base, plan.layerStride);
    code.emit("S_ST_INT", { rd: base, ...entry(INT_SLOTS.layerBase) });
    return;
  }
  const next = code.gp("next layer");
  code.emit("S_LD_INT", { rd: next, ...entry(INT_SLOTS.nextLayer) });
  for (const [i, slot] of [INT_SLOTS.layerBase, INT_SLOTS.layerBaseHigh].entries()) {
    code.emit("S_LD_INT", { rd: base, rs1: next, imm18: i });
    code.emit("S_ST_INT", { rd: base, ...entry(slot) });
  }
  code.add(next, next, 2);
  code.emit("S_ST_INT", { rd: next, ...entry(INT_SLOTS.nextLayer) });
}

function planLines(plan: DecoderPlan, run: DecoderRun): string[] {
  const { config, geometry: g } = plan;
  const { mlen } = g;
  const linears = [plan.qkv, plan.o, plan.gateUp, plan.down, ...(plan.head ? [plan.head] : [])];
  const { capacity, keys, values, chunk, isResident } = headTiles(plan.settings.config, {
    keyBlocks: run.keyBlocks,
    headBlocks: 2 * g.halfBlocks,
    valueBlocks: g.valueBlocks,
  });
  return [
    `pad and tile: hidden ${config.hidden} in ${g.hiddenBlocks} blocks of ${mlen}, intermediate ` +
    `${config.intermediate} in ${g.interBlocks}, vocabulary ${config.vocabulary} in ` +
    `${g.vocabularyBlocks}; ${g.keySlots} key heads and ${g.valueSlots} value heads a block`,
    `fold: norm gains and √${config.hidden} into the next weights, 1/√${config.headDim} into ` +
    `${config.qkNorm ? "the gain of q" : "W_q"}, the signs of the gate into W_gate and W_up` +
    (plan.form === "broadcast" ? ", factors of 4 against the machine's 1/4" : ""),
    `place HBM: ${plan.regions.length} regions, ${plan.hbmBytes} bytes, layers ${plan.layerStride} ` +
    `bytes apart`,
    `place matrix SRAM: ${capacity} tiles; ` +
    linears.map(({ rows: { name }, tiling: { parts } }) =>
      `${name} ${parts.map((part) => `${part.depth}×${part.chunkBlocks}`).join(" and ")}`
    ).join(", ") +
    ` at a time, each tile once; ${keys} tiles of keys and ${values} of values of a head ` +
    (isResident ? "together" : `one after the other, keys by ${chunk} blocks`),
  ];
}

/** A decoder compiled for a machine: the layout, the images, and programs on demand. */
export interface CompiledDecoder<Plan extends DecoderTarget = DecoderTarget> {
  /** The layout. */
  readonly plan: Plan;
  /** What lies where in HBM. */
  readonly regions: readonly Region[];
  /** The contents of HBM, piece by piece. */
  hbm(): Iterable<HbmPiece>;
  /** With these the staged reference pass computes what the programs do, bit for bit. */
  staged(): StagedOptions;
  /**
   * The program that takes so many tokens, of each sequence, from position 0 on.
   *
   * @throws {CompileError} When the cache has fewer positions, or something does not fit the machine.
   */
  prefill(rows: number, options?: ProgramOptions): DecoderProgram;
  /**
   * The program of a decode step at a position, which is that of its whole block of MLEN positions.
   *
   * @throws {CompileError} When the cache has no such position, the model has no causal mask, or
   * something does not fit the machine.
   */
  decode(position: number, options?: ProgramOptions): DecoderProgram;
}

/**
 * Compiles a decoder for a machine. Programs are made when they are asked for, and kept.
 *
 * @throws {CompileError} When something does not fit the machine.
 */
export function compileDecoder(
  config: DecoderConfig,
  weights: DecoderWeights,
  settings: MachineSettings,
  options: PlanOptions,
): CompiledDecoder<DecoderPlan> {
  const plan = planDecoder(config, settings, options);
  const programs = new Map<string, DecoderProgram>();
  const kept = (key: unknown[], make: () => DecoderProgram): DecoderProgram => {
    const name = JSON.stringify(key);
    let found = programs.get(name);
    if (found === undefined) programs.set(name, found = make());
    return found;
  };
  return {
    plan,
    regions: plan.regions,
    hbm: () => decoderImage(plan, weights),
    staged: () => stagedOptions(plan),
    prefill: (rows, given = {}) =>
      kept(["prefill", rows, given], () => prefillProgram(plan, rows, given)),
    decode: (position, given = {}) => {
      if (!(Number.isInteger(position) && position >= 0 && position < plan.positions)) {
        throw new CompileError(
          `a decode step at position ${position}: the cache holds ${plan.positions} positions`,
          "plan for more positions",
        );
      }
      const keyBlocks = Math.floor(position / plan.geometry.mlen) + 1;
      return kept(["decode", keyBlocks, given], () => decodeProgram(plan, keyBlocks, given));
    },
  };
}
