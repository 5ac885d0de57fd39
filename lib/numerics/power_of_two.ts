/** 2^(i − 1074) for every power of two that a double holds. */
const POWERS: Float64Array = (() => {
  const powers = new Float64Array(2098);
  powers[0] = Number.MIN_VALUE;
  for (let i = 1; i < powers.length; i++) powers[i] = powers[i - 1]! * 2;
  return powers;
})();

/** Exactly 2^n for −1074 ≤ n ≤ 1023; `2 ** n` is only required to be approximate. */
export function powerOfTwo(n: number): number {
  return POWERS[n + 1074]!;
}

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
/** Which of the two words holds sign and exponent on this processor. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * Floor of the binary logarithm of a finite, positive double, read from its exponent field.
 * Subnormal doubles all give −1023, below every exponent that our formats have.
 */
export function floorLog2(value: number): number {
  double[0] = value;
  return ((words[HIGH]! >>> 20) & 0x7ff) - 1023;
}
