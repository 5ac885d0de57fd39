/**
 * Test vocabulary: a decoder from its config to what the emulated machine computes, beside the staged
 * reference pass, which is another implementation.
 *
 * @module
 */
import {
  HBM_TYPES,
  type MachineSettings,
  SHIPPED_SETTINGS,
  type TensorType,
} from "../../boards/mod.ts";
import { random } from "../../numerics/mod.ts";
import { EXTENDED_RULES, type Machine, run } from "../../emulator/mod.ts";
import { idealMemory, type MemoryModel, SparseMemory } from "../../memory/mod.ts";
import {
  type DecoderConfig,
  type DecoderWeights,
  parseDecoderConfig,
  stagedForward,
} from "../../models/mod.ts";
import { type CompiledDecoder, compileDecoder } from "./compile_decoder.ts";
import type { PlanOptions } from "./plan.ts";
import { DecoderSession, outputRow } from "./session.ts";

/** Types that tensors have in HBM. */
export type StoredAs = "bf16" | "mxfp8" | "mxfp4";

/** Settings with other dimensions; one type is that of the weights, and mxfp8 stands in for mxfp4 elsewhere. */
export function machineSettings(
  config: Partial<MachineSettings["config"]> & { readonly mlen: number },
  types: StoredAs | {
    readonly weight: StoredAs;
    readonly kv: StoredAs;
    readonly active: StoredAs;
  } = "bf16",
): MachineSettings {
  const { precision } = SHIPPED_SETTINGS;
  const typeOf = (name: StoredAs): TensorType =>
    name === "bf16" ? precision.VECTOR_SRAM_TYPE : HBM_TYPES[name];
  const other = types === "mxfp4" ? "mxfp8" : types;
  const { weight, kv, active } = typeof other === "string"
    ? { weight: types as StoredAs, kv: other, active: other }
    : other;
  const { mlen } = config;
  return {
    ...SHIPPED_SETTINGS,
    config: {
      ...SHIPPED_SETTINGS.config,
      vlen: mlen,
      hlen: mlen,
      broadcastAmount: 1,
      matrixSramRows: 64 * mlen,
      ...config,
    },
    precision: {
      ...precision,
      HBM_M_WEIGHT_TYPE: typeOf(weight),
      HBM_M_KV_TYPE: typeOf(kv),
      HBM_V_ACT_TYPE: typeOf(active),
      HBM_V_KV_TYPE: typeOf(kv),
    },
  };
}

/** A text of 30 words' tokens. */
export function tokensOf(count: number, seed = 1): number[] {
  const draw = random(seed);
  return Array.from({ length: count }, () => Math.floor(draw() * 30));
}

/** A Llama of any size. */
export function tinyConfig(fields: {
  readonly hidden: number;
  readonly inter: number;
  readonly kvHeads: number;
  readonly ratio: number;
  readonly headDim: number;
  readonly layers?: number;
  readonly more?: Readonly<Record<string, unknown>>;
}): DecoderConfig {
  return parseDecoderConfig({
    model_type: "llama",
    hidden_size: fields.hidden,
    intermediate_size: fields.inter,
    num_hidden_layers: fields.layers ?? 1,
    num_attention_heads: fields.kvHeads * fields.ratio,
    num_key_value_heads: fields.kvHeads,
    head_dim: fields.headDim,
    vocab_size: 30,
    max_position_embeddings: 128,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    ...fields.more,
  });
}

/** A compiled decoder on an emulated machine with its image in HBM. */
export interface OnMachine {
  readonly compiled: CompiledDecoder;
  readonly session: DecoderSession<Machine>;
  /** Simulated time of all runs so far. */
  latencyNs(): number;
}

/** Compiles a decoder and puts its image into the HBM of a machine. */
export function onMachine(
  config: DecoderConfig,
  weights: DecoderWeights,
  settings: MachineSettings,
  options: PlanOptions,
  memory: () => MemoryModel = idealMemory,
): OnMachine {
  const compiled = compileDecoder(config, weights, settings, options);
  const hbm = new SparseMemory(settings.config.hbmSizeBytes);
  for (const { address, bytes } of compiled.hbm()) hbm.write(address, bytes);
  let latencyNs = 0;
  const session = new DecoderSession(compiled, ({ program, fpSram, intSram }) => {
    const rules = options.machine === "extended" ? { rules: EXTENDED_RULES } : {};
    const result = run({
      program: program.words,
      settings,
      memory: memory(),
      hbm,
      fpSram,
      intSram,
      ...rules,
    });
    if (result.fault !== undefined) {
      throw new Error(`pc ${result.fault.pc}: ${result.fault.reason}`);
    }
    latencyNs += result.latencyNs;
    return result.machine;
  });
  return { compiled, session, latencyNs: () => latencyNs };
}

/** Error over power, both summed over all elements. */
export function relativeRms(values: ArrayLike<number>, truth: ArrayLike<number>): number {
  let error = 0;
  let power = 0;
  for (let i = 0; i < truth.length; i++) {
    error += (values[i]! - truth[i]!) ** 2;
    power += truth[i]! ** 2;
  }
  return Math.sqrt(error / power);
}

/**
 * How far a prefill of all but the last token, and a step with that, are from the staged pass. It is
 * told the program's blocks and its order of sums, so the answer is 0, bit for bit.
 */
export function errorsOf(
  config: DecoderConfig,
  weights: DecoderWeights,
  settings: MachineSettings,
  options: PlanOptions,
  tokens: readonly number[],
): { readonly prefill: number; readonly decode: number } {
  const { compiled, session } = onMachine(config, weights, settings, options);
  const staged = compiled.staged();
  const first = tokens.slice(0, -1);
  // In a causal model the first rows do not depend on the last one.
  const known = config.causal ? tokens : first;
  const reference = stagedForward(config, weights, known, staged).logits;
  const { run: machine, program } = session.feed(first);
  const logits = first.flatMap((_, row) => [...outputRow(compiled, program, machine, row)]);
  const prefill = relativeRms(logits, reference.subarray(0, logits.length));
  if (!config.causal) return { prefill, decode: 0 };
  const step = session.feed(tokens.slice(-1)).last;
  return { prefill, decode: relativeRms(step, reference.subarray(logits.length)) };
}
