import { NumericsError } from "./numerics_error.ts";

const MASK_64 = 0xffff_ffff_ffff_ffffn;

/** The SplitMix64 sequence of Steele, Lea and Flood, used only to spread a seed. */
export function splitMix64(seed: bigint): () => bigint {
  let state = seed;
  return (): bigint => {
    state = (state + 0x9e37_79b9_7f4a_7c15n) & MASK_64;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK_64;
    z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK_64;
    return z ^ (z >> 31n);
  };
}

/** The xoshiro128** 1.1 sequence of Blackman and Vigna, from four words that are not all 0. */
export function xoshiro128(a: number, b: number, c: number, d: number): () => number {
  let s0 = a | 0;
  let s1 = b | 0;
  let s2 = c | 0;
  let s3 = d | 0;
  return (): number => {
    const times5 = Math.imul(s1, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9);
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result >>> 0;
  };
}

/**
 * A repeatable source of numbers in [0, 1) with 32 random bits each: xoshiro128** 1.1, its state
 * being the first two outputs of SplitMix64 from `seed`, low words first. The same seed gives the
 * same numbers everywhere, so an artifact need only record the seed.
 *
 * ```ts
 * import { E2M1, encode, random } from "@fourbit/fourbit/numerics";
 * import { assert } from "@std/assert";
 *
 * const draw = random(1);
 * let ups = 0;
 * for (let i = 0; i < 1000; i++) {
 *   if (encode(E2M1, 4.5, { rounding: "stochastic", random: draw }) === 7) ups++;
 * }
 * assert(ups > 200 && ups < 300); // 4.5 is a quarter of the way from 4 to 6
 * ```
 *
 * @throws {NumericsError} if `seed` is not an integer from 0 to 2^53 − 1
 */
export function random(seed: number): () => number {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new NumericsError(`Cannot use ${seed} as a seed`, "give an integer of 0 or more");
  }
  const spread = splitMix64(BigInt(seed));
  const first = spread();
  const second = spread();
  const next = xoshiro128(
    Number(first & 0xffff_ffffn),
    Number(first >> 32n),
    Number(second & 0xffff_ffffn),
    Number(second >> 32n),
  );
  return (): number => next() / 2 ** 32;
}
