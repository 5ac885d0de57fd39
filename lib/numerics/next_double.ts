const double = new Float64Array(1);
const bits = new BigInt64Array(double.buffer);

/** The smallest double above a finite `value`; both zeros lead to the smallest subnormal. */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  double[0] = value;
  bits[0]! += value > 0 ? 1n : -1n;
  return double[0]!;
}

/** The largest double below a finite `value`. */
export function nextDown(value: number): number {
  return -nextUp(-value);
}
