/** Four vectors of eight lanes for each of four cascade levels. */
const levels = new Float32Array(4 * 8 * 4);
const accumulator = new Float32Array(1);

/**
 * The machine's sum of `count` binary32 values: four partial sums of eight lanes each, in binary32
 * and in a fixed order; from 512 values on through a cascade of levels (emulator specification,
 * section 5.8).
 */
export function rowSum(values: Float32Array, offset: number, count: number): number {
  const vectors = Math.floor(count / 8);
  const groups = Math.floor(vectors / 4);
  levels.fill(0, 0, 32);
  if (groups < 16) {
    // Lane l of partial sum j is levels[8 * j + l].
    for (let i = 0; i < groups; i++) {
      const at = offset + 32 * i;
      for (let lane = 0; lane < 32; lane++) levels[lane]! += values[at + lane]!;
    }
  } else {
    cascade(values, offset, groups);
  }
  for (let t = 4 * groups; t < vectors; t++) {
    const at = offset + 8 * t;
    for (let lane = 0; lane < 8; lane++) levels[lane]! += values[at + lane]!;
  }
  for (let j = 1; j < 4; j++) {
    for (let lane = 0; lane < 8; lane++) levels[lane]! += levels[8 * j + lane]!;
  }
  accumulator[0] = 0;
  for (let i = 8 * vectors; i < count; i++) accumulator[0] += values[offset + i]!;
  for (let lane = 0; lane < 8; lane++) accumulator[0] += levels[lane]!;
  return accumulator[0];
}

/** Level k of the 32 lanes is levels[32 * k ..]; the result is left in level 0. */
function cascade(values: Float32Array, offset: number, groups: number): void {
  const power = Math.max(4, Math.floor((32 - Math.clz32(groups - 1)) / 4));
  const step = 2 ** power;
  levels.fill(0);
  let i = 0;
  while (i + step <= groups) {
    for (let j = 0; j < step; j++, i++) {
      const at = offset + 32 * i;
      for (let lane = 0; lane < 32; lane++) levels[lane]! += values[at + lane]!;
    }
    for (let level = 1; level < 4; level++) {
      const from = 32 * (level - 1);
      for (let lane = 0; lane < 32; lane++) {
        levels[from + 32 + lane]! += levels[from + lane]!;
        levels[from + lane] = 0;
      }
      // Goes on to the next level only when the index is a multiple of that level's run.
      if (i % 2 ** (power * (level + 1)) !== 0) break;
    }
  }
  for (; i < groups; i++) {
    const at = offset + 32 * i;
    for (let lane = 0; lane < 32; lane++) levels[lane]! += values[at + lane]!;
  }
  for (let level = 1; level < 4; level++) {
    for (let lane = 0; lane < 32; lane++) levels[lane]! += levels[32 * level + lane]!;
  }
}
