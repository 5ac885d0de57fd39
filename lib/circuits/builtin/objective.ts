/**
 * What a built-in circuit is made of, and what is smallest: `atoms` composes the ten standard atoms;
 * the others are E2M1-native threshold gates with the fewest gates, the least depth (dependent
 * passes on the machine) or the fewest bits of weights and biases.
 */
export type Objective = "atoms" | "gates" | "depth" | "bits";

/** The objectives, by name. */
export const OBJECTIVES: readonly Objective[] = ["atoms", "gates", "depth", "bits"];

/** Sizes of a circuit of threshold gates. */
export interface GateCost {
  /** Threshold gates. */
  readonly gates: number;
  /** Gates on the longest path. */
  readonly depth: number;
  /** Bits of weights and biases, four per code. */
  readonly bits: number;
}

const ORDER: Readonly<Record<Exclude<Objective, "atoms">, readonly (keyof GateCost)[]>> = {
  gates: ["gates", "depth", "bits"],
  depth: ["depth", "gates", "bits"],
  bits: ["bits", "gates", "depth"],
};

/** Negative when `a` serves the objective better than `b`. */
export function compareCost(
  a: GateCost,
  b: GateCost,
  objective: Exclude<Objective, "atoms">,
): number {
  for (const key of ORDER[objective]) {
    if (a[key] !== b[key]) return a[key] - b[key];
  }
  return 0;
}
