/** The least common multiple of whole numbers from 1 up. */
export function leastCommonMultiple(...values: readonly number[]): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  return values.reduce((a, b) => a / gcd(a, b) * b);
}
