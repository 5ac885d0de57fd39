import type { DecoderConfig } from "./decoder_config.ts";

/** What the rotary embedding needs of a config. */
export type RopeSettings = Pick<
  DecoderConfig,
  "headDim" | "ropeTheta" | "ropeScaling" | "maxPositions"
>;

/** Angles per position, and the factor on cosine and sine. */
export interface RopeFrequencies {
  /** Radians per position of each pair, (headDim / 2). */
  readonly inverse: Float64Array;
  /** Factor on cos and sin; 1 but for YaRN. */
  readonly attentionFactor: number;
}

/**
 * The frequencies of a rotary embedding, as Transformers defines them (`modeling_rope_utils.py`):
 * pair i turns by θ^(−2i/d) a position, scaled by the kind of the config. `length` is the number of
 * positions in all, on which only the `dynamic` kind depends.
 */
export function ropeFrequencies(settings: RopeSettings, length = 0): RopeFrequencies {
  const { headDim, ropeTheta, ropeScaling: scaling } = settings;
  const half = headDim / 2;
  let theta = ropeTheta;
  if (scaling.kind === "dynamic") {
    // NTK-aware: the base grows with the length, so that the slowest pair is stretched by it.
    const known = scaling.originalMaxPositions;
    const stretch = scaling.factor * Math.max(length, known) / known - (scaling.factor - 1);
    theta *= stretch ** (headDim / (headDim - 2));
  }
  const inverse = Float64Array.from({ length: half }, (_, i) => theta ** (-2 * i / headDim));
  let attentionFactor = 1;
  switch (scaling.kind) {
    case "default":
    case "dynamic":
      break;
    case "linear":
      for (let i = 0; i < half; i++) inverse[i] = inverse[i]! / scaling.factor;
      break;
    case "llama3": {
      const { factor, lowFreqFactor: low, highFreqFactor: high } = scaling;
      for (let i = 0; i < half; i++) {
        // Turns within the original context: few are interpolated, many are left alone.
        const turns = scaling.originalMaxPositions * inverse[i]! / (2 * Math.PI);
        const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
        inverse[i] = (1 - kept) * inverse[i]! / factor + kept * inverse[i]!;
      }
      break;
    }
    case "yarn": {
      const { factor, betaFast, betaSlow, originalMaxPositions } = scaling;
      attentionFactor = scaling.attentionFactor;
      const pairOfTurns = (turns: number): number =>
        headDim * Math.log(originalMaxPositions / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
      const round = scaling.truncate ?? true;
      const fast = pairOfTurns(betaFast);
      const slow = pairOfTurns(betaSlow);
      const low = Math.max(round ? Math.floor(fast) : fast, 0);
      const top = Math.min(round ? Math.ceil(slow) : slow, headDim - 1);
      const high = low === top ? top + 0.001 : top;
      for (let i = 0; i < half; i++) {
        const interpolated = Math.min(1, Math.max(0, (i - low) / (high - low)));
        inverse[i] = inverse[i]! * (interpolated / factor + 1 - interpolated);
      }
      break;
    }
  }
  return { inverse, attentionFactor };
}

/** Cosines and sines by position, for heads whose second half is the partner of the first. */
export interface RopeTables {
  /** (positions, headDim); both halves of a row are the same. */
  readonly cos: Float64Array;
  /** (positions, headDim); both halves of a row are the same. */
  readonly sin: Float64Array;
}

/**
 * The tables of `count` positions from `first`, in a sequence of `length` positions (by default
 * those up to the last of them): x · cos + rotateHalf(x) · sin turns a head x, where rotateHalf
 * puts the negated second half before the first.
 */
export function ropeTables(
  settings: RopeSettings,
  count: number,
  first = 0,
  length: number = first + count,
): RopeTables {
  const { headDim } = settings;
  const half = headDim / 2;
  const { inverse, attentionFactor } = ropeFrequencies(settings, length);
  const cos = new Float64Array(count * headDim);
  const sin = new Float64Array(count * headDim);
  for (let p = 0; p < count; p++) {
    const row = p * headDim;
    for (let i = 0; i < half; i++) {
      const angle = (first + p) * inverse[i]!;
      const c = attentionFactor * Math.cos(angle);
      const s = attentionFactor * Math.sin(angle);
      cos[row + i] = cos[row + half + i] = c;
      sin[row + i] = sin[row + half + i] = s;
    }
  }
  return { cos, sin };
}

/**
 * Turns every head of every row in place; `x` is (rows, heads · headDim), and row r stands at the
 * r-th position of the tables.
 */
export function applyRope(
  x: Float64Array,
  heads: number,
  headDim: number,
  { cos, sin }: RopeTables,
): void {
  const width = heads * headDim;
  const half = headDim / 2;
  const rows = x.length / width;
  for (let r = 0; r < rows; r++) {
    const table = r * headDim;
    for (let h = 0; h < heads; h++) {
      const at = r * width + h * headDim;
      for (let i = 0; i < half; i++) {
        const a = x[at + i]!;
        const b = x[at + half + i]!;
        const c = cos[table + i]!;
        const s = sin[table + i]!;
        x[at + i] = a * c - b * s;
        x[at + half + i] = b * c + a * s;
      }
    }
  }
}
