/** A threshold gate as E2M1 codes: step(Σ weight·input + Σ bias codes). */
export interface GateCodes {
  /** One E2M1 code per input. */
  readonly weights: readonly number[];
  /** One or two E2M1 codes, whose values add up to the bias. */
  readonly bias: readonly number[];
}

/** What comes first when a threshold can be coded in several ways. */
export type CodePreference = "margin" | "bits";

/** E2M1 magnitudes in halves, by code: the values 0, 0.5, 1, 1.5, 2, 3, 4 and 6. */
const HALVES = [0, 1, 2, 3, 4, 6, 8, 12];
const CODE_OF = new Map(
  HALVES.flatMap((half, code) =>
    code === 0 ? [[0, 0] as const] : [[half, code] as const, [-half, code + 8] as const]
  ),
);

/** Biases in halves, each as the fewest codes whose values add up to it. */
const BIAS_CODES: ReadonlyMap<number, readonly number[]> = (() => {
  const biases = new Map<number, readonly number[]>();
  for (const [half, code] of CODE_OF) biases.set(half, [code]);
  for (const [first, firstCode] of CODE_OF) {
    for (const [second, secondCode] of CODE_OF) {
      if (!biases.has(first + second)) biases.set(first + second, [firstCode, secondCode]);
    }
  }
  return biases;
})();

/**
 * The fewest E2M1 codes whose values add up to a bias: one or two.
 *
 * @returns Nothing when two do not suffice.
 */
export function encodeBias(bias: number): readonly number[] | undefined {
  return BIAS_CODES.get(2 * bias);
}

/**
 * Codes a threshold over whole numbers, Σ weight·x ≥ threshold, in E2M1: every weight is scaled by
 * the same factor, and the bias lies at the threshold or between it and the next smaller sum.
 *
 * Sums of E2M1 values are multiples of 0.5. A gate whose bias lies between two sums decides with a
 * margin of at least 0.5 on both sides; one whose bias lies at the threshold decides at z = 0, which
 * is a margin on one side only.
 *
 * @param prefer `margin`: two-sided margins first, then few bias codes; `bits`: the reverse.
 * @returns Nothing when there is no such scale and bias.
 */
export function encodeThreshold(
  weights: readonly number[],
  threshold: number,
  prefer: CodePreference = "margin",
): GateCodes | undefined {
  let best: { readonly codes: GateCodes; readonly rank: number } | undefined;
  for (let scale = 1; scale <= 12; scale++) {
    if (!weights.every((weight) => CODE_OF.has(weight * scale))) continue;
    for (let above = 0; above < scale; above++) {
      const bias = BIAS_CODES.get(above - scale * threshold);
      if (bias === undefined) continue;
      // Two-sided margins and single codes count most; then the smaller of both margins, relative
      // to the weights; then small weights.
      const isOneSided = above === 0 ? 1 : 0;
      const first = prefer === "margin" ? isOneSided : bias.length - 1;
      const second = prefer === "margin" ? bias.length - 1 : isOneSided;
      const rank = first * 1000 + second * 100 - 10 * Math.min(above, scale - above) / scale +
        scale / 100;
      if (best !== undefined && best.rank <= rank) continue;
      const codes = weights.map((weight) => CODE_OF.get(weight * scale)!);
      best = { codes: { weights: codes, bias }, rank };
    }
  }
  return best?.codes;
}
