import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { smallConfig } from "./_small_model.ts";
import type { RopeScaling } from "./decoder_config.ts";
import { applyRope, ropeFrequencies, ropeTables } from "./rope.ts";

const wavelengths = (scaling: RopeScaling, theta = 5e5, length = 0): number[] =>
  [
    ...ropeFrequencies(
      { headDim: 128, ropeTheta: theta, ropeScaling: scaling, maxPositions: 131072 },
      length,
    ).inverse,
  ].map((f) => 2 * Math.PI / f);
const PLAIN = wavelengths({ kind: "default" });

Deno.test("ropeFrequencies() are the powers of theta that RoFormer defines", () => {
  const { inverse, attentionFactor } = ropeFrequencies({
    headDim: 8,
    ropeTheta: 10000,
    ropeScaling: { kind: "default" },
    maxPositions: 512,
  });
  assertEquals(attentionFactor, 1);
  for (const [i, expected] of [1, 0.1, 0.01, 0.001].entries()) {
    assertAlmostEquals(inverse[i]!, expected, 1e-15);
  }
});

Deno.test("ropeFrequencies() linear stretches every wave by the factor", () => {
  for (const [i, wave] of wavelengths({ kind: "linear", factor: 4 }).entries()) {
    assertAlmostEquals(wave / PLAIN[i]!, 4, 1e-12);
  }
});

Deno.test("ropeFrequencies() llama3 is the published function of the wavelength", () => {
  const scaling: RopeScaling = {
    kind: "llama3",
    factor: 8,
    lowFreqFactor: 1,
    highFreqFactor: 4,
    originalMaxPositions: 8192,
  };
  let between = 0;
  for (const [i, wave] of wavelengths(scaling).entries()) {
    const plain = PLAIN[i]!;
    if (plain < 8192 / 4) assertAlmostEquals(wave / plain, 1, 1e-12);
    else if (plain > 8192) assertAlmostEquals(wave / plain, 8, 1e-12);
    else {
      between++;
      // As Meta's apply_scaling() has it, on frequencies.
      const smooth = (8192 / plain - 1) / (4 - 1);
      assertAlmostEquals(plain / wave, (1 - smooth) / 8 + smooth, 1e-12);
    }
  }
  assert(between >= 5);
});

Deno.test("ropeFrequencies() dynamic keeps short texts, and stretches the slowest wave by the rest", () => {
  const scaling: RopeScaling = { kind: "dynamic", factor: 4, originalMaxPositions: 8192 };
  assertEquals(wavelengths(scaling, 5e5, 100), PLAIN);
  assertEquals(wavelengths(scaling, 5e5, 8192), PLAIN);
  const long = wavelengths(scaling, 5e5, 16384);
  // α = factor · length / original − (factor − 1); the first wave stays, the last is α times longer.
  assertAlmostEquals(long[0]!, PLAIN[0]!, 1e-12);
  assertAlmostEquals(long[63]! / PLAIN[63]!, 4 * 2 - 3, 1e-9);
  assert(long.every((wave, i) => i === 0 || wave / PLAIN[i]! > long[i - 1]! / PLAIN[i - 1]!));
});

Deno.test("ropeFrequencies() dynamic of a config stretches what is beyond its max_position_embeddings", () => {
  const config = (more: Record<string, unknown> = {}) =>
    smallConfig("llama", {
      head_dim: 8,
      max_position_embeddings: 100,
      rope_scaling: { type: "dynamic", factor: 2.5, ...more },
    });
  assertEquals(config().maxPositions, 250);
  // Where the trained length is written, max_position_embeddings is the stretched one already.
  assertEquals(config({ original_max_position_embeddings: 40 }).maxPositions, 100);
  assertEquals(config({ factor: 0.5 }).maxPositions, 100);
  for (const length of [1, 100, 101, 250]) {
    // As Transformers has it: base · (s · max(L, max) / max − (s − 1)) ^ (d / (d − 2)).
    const base = 10000 * (2.5 * Math.max(length, 100) / 100 - 1.5) ** (8 / 6);
    const { inverse } = ropeFrequencies(config(), length);
    for (const [i, frequency] of inverse.entries()) {
      assertAlmostEquals(frequency, 1 / base ** (2 * i / 8), 1e-15, `${length}, ${i}`);
    }
  }
});

Deno.test("ropeFrequencies() yarn keeps fast waves, divides slow ones, and ramps between", () => {
  const base = { kind: "yarn", factor: 32, betaFast: 32, betaSlow: 1 } as const;
  for (const truncate of [true, false]) {
    const theta = 150000; // gpt-oss
    const plain = wavelengths({ kind: "default" }, theta);
    const waves = wavelengths(
      { ...base, originalMaxPositions: 4096, attentionFactor: 1.3465735902799727, truncate },
      theta,
    );
    const kept = waves.map((wave, i) => plain[i]! / wave);
    const turns = plain.map((wave) => 4096 / wave);
    for (const [i, share] of kept.entries()) {
      if (turns[i]! > 32 * 1.21) assertAlmostEquals(share, 1, 1e-12); // a dimension is a factor 1.2
      if (turns[i]! < 1 / 1.21) assertAlmostEquals(share, 1 / 32, 1e-12);
      if (i > 0) assert(share <= kept[i - 1]! + 1e-12);
    }
    const ramp = kept.filter((share) => share < 1 - 1e-9 && share > 1 / 32 + 1e-9);
    assert(ramp.length >= 15, `${ramp.length}`);
    // Linear in the dimension.
    const steps = ramp.slice(1).map((share, i) => ramp[i]! - share);
    for (const step of steps) assertAlmostEquals(step, steps[0]!, 1e-12);
  }
});

Deno.test("ropeFrequencies() yarn of a whole ramp has the corners that the paper's formula gives", () => {
  // d = 128, θ = 10,000, L = 4096: dimensions 20.94 (32 turns) and 45.03 (1 turn), rounded outwards.
  const { inverse } = ropeFrequencies({
    headDim: 128,
    ropeTheta: 10000,
    maxPositions: 131072,
    ropeScaling: {
      kind: "yarn",
      factor: 16,
      betaFast: 32,
      betaSlow: 1,
      originalMaxPositions: 4096,
      attentionFactor: 1,
    },
  });
  const kept = [...inverse].map((f, i) => f * 10000 ** (2 * i / 128));
  assertAlmostEquals(kept[20]!, 1, 1e-12);
  assert(kept[21]! < 1);
  assertAlmostEquals(kept[46]!, 1 / 16, 1e-12);
  assert(kept[45]! > 1 / 16 + 1e-6);
});

Deno.test("applyRope() turns pairs as complex numbers, so that products depend on distance only", () => {
  const settings = {
    headDim: 4,
    ropeTheta: 100,
    ropeScaling: { kind: "default" },
    maxPositions: 64,
  } as const;
  const at = (position: number, x: readonly number[]): Float64Array => {
    const turned = Float64Array.from(x);
    applyRope(turned, 1, 4, ropeTables(settings, 1, position));
    return turned;
  };
  const turned = at(3, [1, 0, 0, 2]);
  // Pair (0, 2) by 3, pair (1, 3) by 3/10.
  const expected = [Math.cos(3), -2 * Math.sin(0.3), Math.sin(3), 2 * Math.cos(0.3)];
  for (const [i, value] of expected.entries()) assertAlmostEquals(turned[i]!, value, 1e-14);
  const dot = (a: Float64Array, b: Float64Array): number =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const [q, k] = [[0.3, -1, 2, 0.7], [1.1, 0.4, -0.2, 0.9]];
  assertAlmostEquals(dot(at(9, q), at(4, k)), dot(at(25, q), at(20, k)), 1e-12);
});
