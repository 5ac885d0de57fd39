import type { MachineSettings } from "../../boards/mod.ts";
import type { DecoderConfig, DecoderWeights } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import type { CodeBuilder } from "../code/code_builder.ts";
import { ZERO } from "../code/register.ts";
import { HEAD_FIELDS, type HeadEntry } from "../kernels/attention_shape.ts";
import { BODY_BUDGET } from "../kernels/budget.ts";
import { LOWEST_SCORE } from "../kernels/softmax.ts";
import { assembleSteps, validateProgram } from "../model/assemble_steps.ts";
import { checkVocabulary } from "../model/check_vocabulary.ts";
import type { CompiledDecoder, ProgramOptions } from "../model/compile_decoder.ts";
import type { DecoderProgram } from "../model/decoder_program.ts";
import type { HbmPiece } from "../model/decoder_image.ts";
import type { DecoderRun } from "../model/decoder_run.ts";
import { rowWriter } from "../model/encode_rows.ts";
import { columnMaps } from "../model/geometry.ts";
import { publicConfig } from "../model/public_semantics.ts";
import { fillTiles } from "../model/tiled_matrix.ts";
import { PUBLIC_FP_SLOTS } from "./public_fp_slots.ts";
import { publicImage } from "./public_image.ts";
import {
  planPublic,
  PUBLIC_INT_SLOTS,
  type PublicOptions,
  type PublicPlan,
  publicTypes,
} from "./public_plan.ts";
import { publicStagedOptions } from "./public_staged.ts";
import { schedulePublic } from "./public_steps.ts";

/**
 * Compiles a text of a decoder as the public compiler understands the model and lays it out: its HBM
 * image byte for byte, with its addresses (compiler specification, section 3.5), and a program of ours that
 * runs on it, with its steps: no gains, SiLU on up, a factor on the scores. So either program can be run
 * on the image of the other, and what they leave compared.
 *
 * The text is in the image, as embedded rows: there is one program, its prefill, and no decode steps. The
 * head of the vocabulary, for `logits`, lies behind all that the public compiler places.
 *
 * @param tokens The text.
 * @throws {CompileError} When a token is not of the vocabulary, the layout has no room for the text, or
 * something does not fit the machine.
 */
export function compilePublic(
  config: DecoderConfig,
  weights: DecoderWeights,
  settings: MachineSettings,
  tokens: readonly number[],
  options: Omit<PublicOptions, "positions"> = {},
): CompiledDecoder<PublicPlan> {
  const plan = planPublic(publicConfig(config), settings, { ...options, positions: tokens.length });
  const programs = new Map<string, DecoderProgram>();
  return {
    plan,
    regions: plan.regions,
    hbm: () => pieces(plan, weights, tokens),
    staged: () => publicStagedOptions(plan),
    prefill: (rows, given = {}) => {
      if (rows !== plan.positions) {
        throw new CompileError(
          `a program for ${rows} tokens on the image of a text of ${plan.positions}`,
          "compile the text itself",
        );
      }
      const key = JSON.stringify(given);
      let found = programs.get(key);
      if (found === undefined) programs.set(key, found = publicProgram(plan, tokens, given));
      return found;
    },
    decode: () => {
      throw new CompileError(
        "the public layout has no decode steps",
        "run the whole text as prefill, or compile the model in its own style",
      );
    },
  };
}

function* pieces(
  plan: PublicPlan,
  weights: DecoderWeights,
  tokens: readonly number[],
): Generator<HbmPiece> {
  const { config, settings, geometry: g, layout, head } = plan;
  const rules = { ocpE4m3: plan.machine === "extended" };
  const typeOf = publicTypes(settings);
  const x = embedded(config, weights, tokens);
  yield* publicImage({ config, weights, x, layout, typeOf, rules });
  if (head === undefined) return;
  const maps = columnMaps(config, g);
  const writer = rowWriter(head.rows.rows, g.mlen, head.rows.type, { ...rules, initial: true });
  const columns = [{ weight: () => weights.head(), map: maps.vocabulary, scale: 1 }];
  const matrix = { inputs: maps.hidden, features: config.hidden, gain: undefined, columns };
  fillTiles(writer, head.tiling, g.mlen, matrix);
  yield { address: head.rows.base, bytes: writer.bytes };
}

function publicProgram(
  plan: PublicPlan,
  tokens: readonly number[],
  options: ProgramOptions,
): DecoderProgram {
  const { positions, geometry: { mlen } } = plan;
  const run: DecoderRun = {
    rows: positions,
    decode: false,
    keyBlocks: Math.ceil(positions / mlen),
    logits: "all",
    budget: options.budget ?? BODY_BUDGET,
  };
  const first = PUBLIC_INT_SLOTS.iterationsLeft;
  const assembled = assembleSteps({
    schedule: schedulePublic(plan, run),
    settings: plan.settings,
    layerGroups: plan.layerGroups,
    nextLayer: (code) => nextLayer(code, plan),
    slots: Array.from({ length: PUBLIC_INT_SLOTS.table - first }, (_, i) => first + i),
    longLoops: options.longLoops ?? "renew",
    log: planLines(plan),
  });
  const intSram = headTable(plan, assembled);
  const log = [...assembled.log];
  if (options.validate !== false) log.push(validateProgram(assembled.words, plan, intSram));
  return {
    ...assembled,
    log,
    run,
    fpSram: constants(plan),
    intSram: (given) => {
      if (given.length === tokens.length && given.every((token, i) => token === tokens[i])) {
        return new Uint8Array(intSram.slice().buffer);
      }
      throw new CompileError("other tokens than those of the image", "compile the text itself");
    },
  };
}

/** The embedding's rows of a text. */
function embedded(
  { hidden, vocabulary }: DecoderConfig,
  weights: DecoderWeights,
  tokens: readonly number[],
): Float32Array {
  checkVocabulary(tokens, vocabulary);
  const embedding = weights.embedding();
  const x = new Float32Array(tokens.length * hidden);
  tokens.forEach((token, row) =>
    x.set(embedding.subarray(token * hidden, (token + 1) * hidden), row * hidden)
  );
  return x;
}

/** Moves the addresses of weights, and of keys and values, on by a layer. */
function nextLayer(code: CodeBuilder, { layerStrides: [weights, cache] }: PublicPlan): void {
  const { layerBase, cacheBase } = PUBLIC_INT_SLOTS;
  for (const [imm18, stride] of [[layerBase, weights], [cacheBase, cache]] as const) {
    const base = code.gp("layer base");
    code.emit("S_LD_INT", { rd: base, rs1: ZERO, imm18 });
    code.add(base, base, stride);
    code.emit("S_ST_INT", { rd: base, rs1: ZERO, imm18 });
  }
}

/** The INT SRAM: where the keys, values, queries and result of every key head are. */
function headTable(
  { config: { kvHeads }, geometry: g, layout: { hbmAddrs } }: PublicPlan,
  { tensors }: Pick<DecoderProgram, "tensors">,
): Uint32Array {
  const { table } = PUBLIC_INT_SLOTS;
  const image = new Uint32Array(table + HEAD_FIELDS.length * kvHeads);
  const [queries, result] = [tensors.get("qkv")!, tensors.get("attention")!];
  const ofHead = (address: number, pitch: number, head: number): number =>
    address + head * g.ratio * g.valueBlocks * pitch;
  for (let head = 0; head < kvHeads; head++) {
    const entry: HeadEntry = {
      keys: hbmAddrs[`K_stored_0_h${head}`]!,
      values: hbmAddrs[`V_stored_0_h${head}`]!,
      queries: ofHead(queries.address, queries.blockPitch, head),
      mask: 0,
      valueTile: 0,
      result: ofHead(result.address, result.blockPitch, head),
    };
    HEAD_FIELDS.forEach((field, i) => image[table + head * HEAD_FIELDS.length + i] = entry[field]);
  }
  return image;
}

/** The FP SRAM: little-endian binary16, with the public program's constants in their places. */
function constants({ config }: PublicPlan): Uint8Array {
  const values = new Float16Array(Object.keys(PUBLIC_FP_SLOTS).length);
  values[PUBLIC_FP_SLOTS.scale] = 1 / Math.sqrt(config.headDim);
  values[PUBLIC_FP_SLOTS.lowest] = LOWEST_SCORE;
  values[PUBLIC_FP_SLOTS.epsilon] = config.normEpsilon;
  values[PUBLIC_FP_SLOTS.inverseHidden] = 1 / config.hidden;
  values[PUBLIC_FP_SLOTS.one] = 1;
  values[PUBLIC_FP_SLOTS.minusOne] = -1;
  return new Uint8Array(values.buffer);
}

function planLines({ config, geometry: g, layout, regions, hbmBytes }: PublicPlan): string[] {
  return [
    `pad and tile: hidden ${config.hidden} in ${g.hiddenBlocks} blocks of ${g.mlen}, intermediate ` +
    `${config.intermediate} in ${g.interBlocks}, a head in ${g.valueBlocks}`,
    "fold: nothing, the weights are as the public compiler has them" +
    (config.headDim * config.heads === config.hidden
      ? ""
      : `, but for heads of ${config.headDim}, not hidden / heads`),
    `place HBM: ${regions.length} regions, ${hbmBytes} bytes; ${layout.tensors.length} of them where ` +
    "the public compiler has them",
  ];
}
