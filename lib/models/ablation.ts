import { concatF32, vectorDistance } from "../numerics/mod.ts";
import type { DecoderConfig, DecoderWeights } from "./decoder_config.ts";
import { forward, type ForwardInput } from "./forward.ts";
import { argmax } from "./generate.ts";
import { stagedForward } from "./staged_forward.ts";
import { type Precision, PRECISIONS, type StagedOptions } from "./staged_machine.ts";

/** How far one mode of rounding is from the true model, all positions together. */
export interface AblationRow {
  /** The mode. */
  readonly precision: Precision;
  /** Cosine between the outputs and the true ones. */
  readonly cosine: number;
  /**
   * Root mean square of the error of the outputs over that of the true ones; as `vectorDistance` has
   * it where these are zeros, or something is not a number.
   */
  readonly relativeRms: number;
  /** Largest error of an output; NaN if one is not a number. */
  readonly maxError: number;
  /** Share of positions whose best next token is the true one. */
  readonly topTokenRate: number;
}

/**
 * What each source of rounding costs: the staged pass in every mode of {@linkcode PRECISIONS},
 * against the true forward pass.
 *
 * The options are those of the staged pass: with what a compiled program says of itself, `hardware` is
 * that program, bit for bit. Without, formats lie in blocks along the outputs of a matrix in the
 * model's order, where a program's tiles can have others. Outputs are
 *
 * - `hidden`: the states after the last norm. The head of the vocabulary is applied to them without
 *   rounding, and tells the next token. The default;
 * - `logits`: of a head that is stored and rounds as all matrices do.
 *
 * @param input A text, or several, each computed by itself.
 * @throws {ModelError} As `forward` does.
 */
export function ablation(
  config: DecoderConfig,
  weights: DecoderWeights,
  input: ForwardInput | readonly ForwardInput[],
  options: Omit<StagedOptions, "precision" | "logits" | "cache" | "onStage" | "goOnFrom"> & {
    /** What is compared. */
    readonly output?: "logits" | "hidden";
    /** The model as it is, if the staged one is another, as that of the public compiler. */
    readonly truth?: { readonly config: DecoderConfig; readonly weights: DecoderWeights };
  } = {},
): AblationRow[] {
  const { output = "hidden", truth = { config, weights }, ...staged } = options;
  const texts = isText(input) ? [input] : input;
  const { vocabulary, hidden } = truth.config;
  const logits = output === "logits" ? "all" : "none";
  const passes = (run: (text: ForwardInput) => { hidden: Float32Array; logits: Float32Array }) =>
    concatF32(texts.map((text) => run(text)[output]));
  /** The logits of outputs. */
  const logitsOf = (values: Float32Array): Float32Array =>
    output === "logits" ? values : plainLogits(values, truth.weights.head(), hidden);

  const expected = passes((text) => forward(truth.config, truth.weights, text, { logits }));
  const expectedTokens = topTokens(logitsOf(expected), vocabulary);
  return PRECISIONS.map((precision) => {
    const values = passes((text) =>
      stagedForward(config, weights, text, { ...staged, precision, logits })
    );
    const tokens = topTokens(logitsOf(values), vocabulary);
    const right = tokens.filter((token, i) => token >= 0 && token === expectedTokens[i]).length;
    return {
      precision,
      ...vectorDistance(values, expected),
      maxError: largestError(values, expected),
      topTokenRate: right / tokens.length,
    };
  });
}

/** Whether this is one text, and not several. */
function isText(input: ForwardInput | readonly ForwardInput[]): input is ForwardInput {
  return !Array.isArray(input) || typeof input[0] !== "object";
}

/** The best token of every row of logits; -1 where one is not a number. */
function topTokens(logits: Float32Array, vocabulary: number): number[] {
  return Array.from({ length: logits.length / vocabulary }, (_, position) => {
    const row = logits.subarray(position * vocabulary, (position + 1) * vocabulary);
    return row.includes(NaN) ? -1 : argmax(row);
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

function largestError(values: Float32Array, expected: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(values[i]! - expected[i]!));
  }
  return largest;
}
