import {
  type DecoderConfig,
  type DecoderWeights,
  forward,
  stagedForward,
} from "../../models/mod.ts";
import { concatF32 } from "../../numerics/mod.ts";
import type { CompiledDecoder } from "./compile_decoder.ts";
import { splitSequences } from "./split_sequences.ts";

/** What a prefill program should leave, (tokens, columns), from two references. */
export interface ReferenceOutputs {
  /** The model as it is, in float64: how much quantisation and bfloat16 lose. */
  readonly float: Float32Array;
  /** The model with the machine's roundings: how right the program is. */
  readonly staged: Float32Array;
}

/**
 * Both references for a text: logits or hidden states, as its programs compute them. Of several
 * sequences each is computed by itself.
 *
 * @param weights Those that are in the image.
 * @param tokens One sequence after the other, all as long.
 * @param truth The model as it is, if what was compiled is another one ({@linkcode publicModel}).
 * @throws {CompileError} When the sequences cannot all be as long.
 */
export function referenceOutputs(
  compiled: CompiledDecoder,
  weights: DecoderWeights,
  tokens: readonly number[],
  truth: { readonly config: DecoderConfig; readonly weights: DecoderWeights } = {
    config: compiled.plan.config,
    weights,
  },
): ReferenceOutputs {
  const { plan } = compiled;
  const { config, output } = plan;
  const logits = output === "logits" ? "all" : "none";
  const staged = { ...compiled.staged(), logits } as const;
  const sequences = splitSequences(plan, tokens);
  const each = (values: (own: readonly number[]) => Float32Array): Float32Array =>
    concatF32(sequences.map(values));
  return {
    float: each((own) => forward(truth.config, truth.weights, own, { logits })[output]),
    staged: each((own) => stagedForward(config, weights, own, staged)[output]),
  };
}
