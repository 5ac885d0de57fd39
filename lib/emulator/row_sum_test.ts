import { assertEquals } from "@std/assert";
import { rowSum } from "./row_sum.ts";

const f = Math.fround;

/** Values of very different size, so that the order of additions shows. */
function values(count: number): Float32Array {
  let state = count;
  return Float32Array.from({ length: count }, () => {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    return state * 2 ** -31 * 2 ** ((state >>> 3) % 24);
  });
}

/** Section 5.8 word by word, below 512 values. */
function bySpecification(x: Float32Array): number {
  const vs = Math.floor(x.length / 8);
  const s = Math.floor(vs / 4);
  const v = (t: number): number[] => [...x.subarray(8 * t, 8 * t + 8)];
  const add = (a: number[], b: number[]): number[] => a.map((y, lane) => f(y + b[lane]!));
  const p = [0, 1, 2, 3].map((j) => {
    let sum: number[] = new Array(8).fill(0);
    for (let i = 0; i < s; i++) sum = add(sum, v(4 * i + j));
    return sum;
  });
  for (let t = 4 * s; t < vs; t++) p[0] = add(p[0]!, v(t));
  const lanes = add(add(add(p[0]!, p[1]!), p[2]!), p[3]!);
  let r = 0;
  for (let i = 8 * vs; i < x.length; i++) r = f(r + x[i]!);
  for (const lane of lanes) r = f(r + lane);
  return r;
}

Deno.test("rowSum() adds in the specified order for every length below 512", () => {
  for (let count = 1; count < 512; count++) {
    const x = values(count);
    assertEquals(rowSum(x, 0, count), bySpecification(x), `${count} values`);
  }
});

Deno.test("rowSum() from 512 values on adds each run of 16 vectors apart", () => {
  // In lane 0 of partial sum 0: 2^24, then 15 ones that vanish beside it; then 16 ones that do not,
  // because the second run starts from zero.
  const x = new Float32Array(1024);
  x[0] = 2 ** 24;
  for (let i = 1; i < 32; i++) x[32 * i] = 1;
  assertEquals(rowSum(x, 0, 1024), 2 ** 24 + 16);
  // Half as many values are one run in which all ones vanish.
  assertEquals(rowSum(x, 0, 512), 2 ** 24);
});
