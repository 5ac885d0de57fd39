import type { DecoderConfig, DecoderWeights } from "./decoder_config.ts";
import { forward, type ForwardInput } from "./forward.ts";
import { argmax } from "./generate.ts";
import { stagedForward } from "./staged_forward.ts";
import { type Precision, PRECISIONS, type StagedOptions } from "./staged_machine.ts";

/** How far one mode of rounding is from the true model. */
export interface AblationRow {
  /** The mode. */
  readonly precision: Precision;
  /** Cosine between the final hidden states, all positions together. */
  readonly cosine: number;
  /** Root mean square of the error of the hidden states over that of the true ones. */
  readonly relativeRms: number;
  /** Largest error of a hidden state. */
  readonly maxError: number;
  /** Share of positions whose best next token is the true one. */
  readonly topTokenRate: number;
}

/**
 * What each source of rounding costs: the staged pass in every mode of {@linkcode PRECISIONS},
 * against the true forward pass. The head of the vocabulary is applied without rounding in all of
 * them if the options are those of `plena`, which has none.
 *
 * @throws {ModelError} As `forward` does.
 */
export function ablation(
  config: DecoderConfig,
  weights: DecoderWeights,
  input: ForwardInput,
  options: Omit<StagedOptions, "precision" | "logits" | "cache" | "onStage"> = {},
): AblationRow[] {
  const truth = forward(config, weights, input);
  const { vocabulary, hidden } = config;
  return PRECISIONS.map((precision) => {
    const isPlena = options.compat === "plena";
    const staged = stagedForward(config, weights, input, {
      ...options,
      precision,
      logits: isPlena ? "none" : "all",
    });
    const logits = isPlena ? plainLogits(staged.hidden, weights.head(), hidden) : staged.logits;
    let right = 0;
    const positions = truth.logits.length / vocabulary;
    for (let p = 0; p < positions; p++) {
      const [from, to] = [p * vocabulary, (p + 1) * vocabulary];
      if (argmax(logits.subarray(from, to)) === argmax(truth.logits.subarray(from, to))) right++;
    }
    return { precision, ...distance(staged.hidden, truth.hidden), topTokenRate: right / positions };
  });
}

function plainLogits(x: Float32Array, head: Float32Array, hidden: number): Float32Array {
  const vocabulary = head.length / hidden;
  const out = new Float32Array(x.length / hidden * vocabulary);
  for (let at = 0; at < out.length; at++) {
    const row = Math.floor(at / vocabulary) * hidden;
    const column = at % vocabulary * hidden;
    let sum = 0;
    for (let i = 0; i < hidden; i++) sum += x[row + i]! * head[column + i]!;
    out[at] = sum;
  }
  return out;
}

function distance(
  values: Float32Array,
  truth: Float32Array,
): Pick<AblationRow, "cosine" | "relativeRms" | "maxError"> {
  let product = 0;
  let own = 0;
  let power = 0;
  let error = 0;
  let maxError = 0;
  for (let i = 0; i < truth.length; i++) {
    const [a, b] = [values[i]!, truth[i]!];
    product += a * b;
    own += a * a;
    power += b * b;
    error += (a - b) ** 2;
    maxError = Math.max(maxError, Math.abs(a - b));
  }
  return {
    cosine: product / Math.sqrt(own * power),
    relativeRms: Math.sqrt(error / power),
    maxError,
  };
}
