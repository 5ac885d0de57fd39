import type { Gate } from "../gates.ts";

/**
 * The prime implicants of a threshold gate, as rows of 1, 0 and - for its inputs: it is 1 exactly
 * where one of them holds, and none can be left out. A gate rises or falls with each input, so they
 * are the smallest sets of inputs that together reach the threshold.
 *
 * @returns Nothing when there are more than `limit`.
 */
export function thresholdCover({ weights, bias }: Gate, limit: number): string[] | undefined {
  const order = [...weights.keys()].filter((i) => weights[i] !== 0)
    .sort((a, b) => Math.abs(weights[b]!) - Math.abs(weights[a]!) || a - b);
  // With an input complemented where its weight is negative, all weights are positive.
  const need = weights.reduce((sum, weight) => sum - Math.min(weight, 0), -bias);
  const rest = new Float64Array(order.length + 1);
  for (let k = order.length - 1; k >= 0; k--) {
    rest[k] = rest[k + 1]! + Math.abs(weights[order[k]!]!);
  }
  const cubes: string[] = [];
  const chosen: string[] = weights.map(() => "-");
  const visit = (k: number, left: number): boolean => {
    if (left <= 0) {
      cubes.push(chosen.join(""));
      return cubes.length <= limit;
    }
    if (rest[k]! < left) return true;
    const input = order[k]!;
    chosen[input] = weights[input]! > 0 ? "1" : "0";
    const isWithin = visit(k + 1, left - Math.abs(weights[input]!));
    chosen[input] = "-";
    return isWithin && visit(k + 1, left);
  };
  return visit(0, need) ? cubes : undefined;
}
