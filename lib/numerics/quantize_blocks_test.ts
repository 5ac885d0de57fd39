import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import {
  bitsPerElement,
  BLOCK_FORMATS,
  type BlockFormat,
  blockFormatByName,
  type BlockOptions,
  decode,
  dequantizeBlocks,
  E2M1,
  E4M3,
  E4M3_IEEE,
  E8M0,
  encode,
  errorReport,
  type FloatFormat,
  FP32,
  INT8,
  minifloat,
  MXFP4,
  MXFP6_E2M3,
  MXFP6_E3M2,
  MXFP8_E4M3,
  MXFP8_E5M2,
  NF4,
  NF4_ABSMAX64,
  NumericsError,
  NVFP4,
  packElements,
  quantizeBlocks,
  type QuantizedBlocks,
  random,
  type ScaleRule,
  scaleValues,
  unpackElements,
} from "./mod.ts";

const RULES: readonly ScaleRule[] = ["floor", "ceil", "even", "rceil"];
const MX = [MXFP8_E4M3, MXFP8_E5M2, MXFP6_E2M3, MXFP6_E3M2, MXFP4];
const LARGEST_F32 = 3.4028234663852886e38;

/** Roughly normal values whose size drifts from block to block. */
function sample(length: number, seed: number): Float32Array {
  const draw = random(seed);
  return Float32Array.from({ length }, (_, i) => {
    const normal = draw() + draw() + draw() + draw() - 2;
    return normal * 2 ** (Math.floor(i / 48) % 9 - 4);
  });
}

function scaleOf(format: BlockFormat, largest: number, scaleRule: ScaleRule): number {
  return quantizeBlocks(new Float32Array([0, -largest]), format, { scaleRule }).scales[0]!;
}

Deno.test("BLOCK_FORMATS take the published bits an element", () => {
  const bits = BLOCK_FORMATS.map((format) => [format.name, bitsPerElement(format)]);
  assertEquals(Object.fromEntries(bits), {
    ...{ MXFP8_E4M3: 8.25, MXFP8_E5M2: 8.25, MXFP6_E2M3: 6.25, MXFP6_E3M2: 6.25 },
    ...{ MXFP4: 4.25, NVFP4: 4.5, NF4_ABSMAX64: 4.5 },
  });
  assertStrictEquals(blockFormatByName("mxfp8-e4m3"), MXFP8_E4M3);
  assertThrows(() => blockFormatByName("MXFP5"), NumericsError, "Unknown block format MXFP5");
});

// Largest magnitude, then the exponents by floor, ceil, even and rceil, worked out by hand.
const MXFP4_EXPONENTS = [
  [4, 0, 0, 0, 0],
  [5, 0, 1, 0, 0],
  [6, 0, 1, 0, 0],
  [6.000000476837158, 0, 1, 0, 1],
  [6.5, 0, 1, 0, 1],
  [6.999999523162842, 0, 1, 0, 1],
  [7, 0, 1, 1, 1],
  [8, 1, 1, 1, 1],
  [LARGEST_F32, 125, 126, 126, 126],
  [2 ** -126, -127, -127, -127, -127],
  [2 ** -149, -127, -127, -127, -127],
] as const;
Deno.test("quantizeBlocks() to MXFP4 chooses the exponents of each scale rule", () => {
  for (const [largest, ...exponents] of MXFP4_EXPONENTS) {
    const found = RULES.map((rule) => scaleOf(MXFP4, largest, rule) - 127);
    assertEquals(found, exponents, `for ${largest}`);
  }
});

Deno.test("quantizeBlocks() to MXFP8 chooses the exponents of each scale rule", () => {
  // E4M3 ends at 448 = 1.75 × 2^8, E5M2 at 57344 = 1.75 × 2^15.
  assertEquals(RULES.map((rule) => scaleOf(MXFP8_E4M3, 448, rule)), [127, 128, 127, 127]);
  assertEquals(RULES.map((rule) => scaleOf(MXFP8_E4M3, 480, rule)), [127, 128, 127, 128]);
  assertEquals(RULES.map((rule) => scaleOf(MXFP8_E4M3, 496, rule)), [127, 128, 128, 128]);
  assertEquals(RULES.map((rule) => scaleOf(MXFP8_E5M2, 57344, rule)), [127, 128, 127, 127]);
  assertEquals(RULES.map((rule) => scaleOf(MXFP8_E5M2, 61440, rule)), [127, 128, 128, 128]);
});

const LARGEST: Record<string, number> = { E4M3: 448, E5M2: 57344, E2M3: 7.5, E3M2: 28, E2M1: 6 };
for (const format of MX) {
  Deno.test(`quantizeBlocks() to ${format.name} follows the rules as inequalities, elements as encode() has them`, () => {
    const element = format.element as FloatFormat;
    const largest = LARGEST[element.name]!;
    let power = 1;
    while (power * 2 <= largest) power *= 2;
    const rounded = 2 - 2 ** -(element.mantissaBits + 1);
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (amax) => {
        const magnitude = Math.abs(amax);
        if (magnitude < 2 ** -100) return;
        const values = new Float32Array([amax / 3, amax, amax / 1000, -amax / 7]);
        for (const scaleRule of RULES) {
          const { scales, codes } = quantizeBlocks(values, format, { scaleRule });
          const scale = 2 ** (scales[0]! - 127);
          const [here, below] = [scale * power, scale * power / 2];
          switch (scaleRule) {
            case "floor":
              assert(here <= magnitude && magnitude < 2 * here);
              break;
            case "ceil":
              assert(below < magnitude && magnitude <= here);
              break;
            case "even":
              assert(below * rounded <= magnitude && magnitude < here * rounded);
              break;
            case "rceil":
              assert(largest * scale / 2 < magnitude && magnitude <= largest * scale);
          }
          for (const [i, code] of codes.entries()) {
            assertStrictEquals(code, encode(element, values[i]! / scale, { saturate: true }));
          }
        }
      }),
      { numRuns: 2000, seed: 11 },
    );
  });
}

Deno.test("quantizeBlocks() to MXFP4 gives a worked block", () => {
  // Largest 12 in [8, 16): scale 2; quotients 6, −2.5 (tie to −2), 0.25 (tie to 0), −0.1, 1.3.
  const blocks = quantizeBlocks(new Float32Array([12, -5, 0.5, -0.2, 2.6]), MXFP4);
  assertEquals(blocks.scales, new Uint8Array([128]));
  assertEquals(blocks.codes, new Uint8Array([7, 12, 0, 8, 3]));
  assertEquals(dequantizeBlocks(blocks), new Float32Array([12, -4, 0, -0, 3]));
});

Deno.test("quantizeBlocks() to NVFP4 gives a worked tensor", () => {
  const values = new Float32Array(32);
  values.set([2688, -1344, 448]); // 2688 = 6 × 448: tensor scale 1, block scale 448
  values.set([3, 1, -0.75, 0.1], 16); // block scale 3 / 6
  const blocks = quantizeBlocks(values, NVFP4);
  assertStrictEquals(blocks.tensorScale, 1);
  assertEquals(blocks.scales, new Uint8Array([0x7e, 0x30]));
  assertEquals(blocks.codes.subarray(0, 4), new Uint8Array([7, 13, 2, 0]));
  assertEquals(blocks.codes.subarray(16, 20), new Uint8Array([7, 4, 11, 0]));
  assertEquals(scaleValues(blocks), new Float64Array([448, 0.5]));
});

Deno.test("quantizeBlocks() to NVFP4 rounds A / 6 / tensor scale as the rule says", () => {
  const values = new Float32Array(48);
  values[0] = 2688;
  values[16] = 6 * 17; // 17 lies between 16 (0x58) and 18 (0x59), a tie
  values[32] = 6 * 2 ** -12; // below half of the smallest scale
  const scales = RULES.map((scaleRule) => quantizeBlocks(values, NVFP4, { scaleRule }).scales);
  assertEquals(scales.map((codes) => codes[1]), [0x58, 0x59, 0x58, 0x59]);
  assertEquals(scales.map((codes) => codes[2]), [1, 1, 1, 1]);
});

Deno.test("quantizeBlocks() to NVFP4 is nearest to the exact quotient on every element", () => {
  const values = sample(4096, 21);
  const { codes, scales, tensorScale } = quantizeBlocks(values, NVFP4);
  const grid = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
  for (let i = 0; i < values.length; i++) {
    const scale = decode(E4M3, scales[i >> 4]!) * tensorScale!;
    const error = (value: number): number => Math.abs(Math.abs(values[i]!) - value * scale);
    const best = Math.min(...grid.map(error));
    assertStrictEquals(error(Math.abs(decode(E2M1, codes[i]!))), best);
  }
});

Deno.test("quantizeBlocks() to NF4 scales by the largest magnitude of 64", () => {
  const values = sample(160, 5);
  const blocks = quantizeBlocks(values, NF4_ABSMAX64);
  const absmax = [0, 64, 128].map((at) => Math.max(...values.slice(at, at + 64).map(Math.abs)));
  assertEquals(scaleValues(blocks), Float64Array.from(absmax));
  for (let i = 0; i < values.length; i++) {
    assertStrictEquals(blocks.codes[i], encode(NF4, values[i]! / absmax[i >> 6]!));
  }
  const restored = dequantizeBlocks(blocks);
  assertStrictEquals(restored[0], Math.fround(decode(NF4, blocks.codes[0]!) * absmax[0]!));
});

for (const format of BLOCK_FORMATS) {
  Deno.test(`quantizeBlocks() to ${format.name} leaves what it made alone`, () => {
    const first = quantizeBlocks(sample(1000, 3), format, { rowLength: 100 });
    const again = quantizeBlocks(dequantizeBlocks(first), format, {
      rowLength: 100,
      scaleRule: format.tensorScale ? "even" : "floor",
    });
    assertEquals(dequantizeBlocks(again), dequantizeBlocks(first));
  });

  Deno.test(`dequantizeBlocks() of ${format.name} is element × scale, from the descriptor's JSON alone`, () => {
    const blocks = quantizeBlocks(sample(600, 8), format, { rowLength: 150, seed: 4 });
    const { codes, scales, tensorScale } = blocks;
    const descriptor: QuantizedBlocks["descriptor"] = JSON.parse(JSON.stringify(blocks.descriptor));
    assertEquals(descriptor, blocks.descriptor);
    const copy: QuantizedBlocks = { ...blocks, descriptor };
    const restored = dequantizeBlocks(copy);
    const perRow = Math.ceil(150 / format.blockSize);
    assertStrictEquals(scales.length, 4 * perRow);
    for (let i = 0; i < codes.length; i++) {
      const block = Math.floor(i / 150) * perRow + Math.floor((i % 150) / format.blockSize);
      const factor = decode(format.scale, scales[block]!) * (tensorScale ?? 1);
      assertStrictEquals(restored[i], Math.fround(decode(format.element, codes[i]!) * factor));
    }
  });

  Deno.test(`quantizeBlocks() to ${format.name} keeps blocks of zeros, under either scale policy`, () => {
    const values = new Float32Array(2 * format.blockSize);
    values[1] = -0;
    values[format.blockSize] = 1;
    for (const zeroScale of ["lowest", "one"] as const) {
      const blocks = quantizeBlocks(values, format, { zeroScale });
      const expected = zeroScale === "one" ? encode(format.scale, 1) : 0;
      assertStrictEquals(blocks.scales[0], expected);
      const restored = dequantizeBlocks(blocks).subarray(0, format.blockSize);
      assert(restored.every((value) => value === 0));
      if (format.element !== NF4) assertStrictEquals(restored[1], -0);
    }
  });

  Deno.test(`quantizeBlocks() to ${format.name} toward zero never grows a value, and stochastic is repeatable`, () => {
    const values = sample(512, 13);
    const down = dequantizeBlocks(quantizeBlocks(values, format, { rounding: "toward-zero" }));
    for (let i = 0; i < values.length; i++) assert(Math.abs(down[i]!) <= Math.abs(values[i]!));
    const draw = (seed: number): QuantizedBlocks =>
      quantizeBlocks(values, format, { rounding: "stochastic", seed });
    assertEquals(draw(1), draw(1));
    assert(draw(1).codes.some((code, i) => code !== draw(2).codes[i]));
    assertStrictEquals(draw(2).descriptor.seed, 2);
  });
}

Deno.test("quantizeBlocks() stochastically gives one of the two neighbours, with the value as the mean", () => {
  const values = new Float32Array(20_000).fill(2.3);
  values[0] = 6;
  const options: BlockOptions = { rounding: "stochastic", seed: 1 };
  const format: BlockFormat = { ...MXFP4, blockSize: 20_000 };
  const restored = dequantizeBlocks(quantizeBlocks(values, format, options)).subarray(1);
  assert(restored.every((value) => value === 2 || value === 3));
  assertAlmostEquals(restored.reduce((sum, value) => sum + value, 0) / restored.length, 2.3, 0.015);
});

Deno.test("quantizeBlocks() treats NaN and infinities as the policies say", () => {
  const values = new Float32Array(64).fill(1);
  values[3] = NaN;
  values[40] = -Infinity;
  assertThrows(() => quantizeBlocks(values, MXFP4), NumericsError, "Element 3 is NaN");
  const restore = (format: BlockFormat, options: BlockOptions): Float32Array =>
    dequantizeBlocks(quantizeBlocks(values, format, options));
  assertThrows(() => restore(MXFP4, { nan: "zero" }), NumericsError, "Element 40 is infinite");

  const zero = restore(MXFP4, { nan: "zero", infinity: "nan" });
  assertEquals([zero[2], zero[3], zero[40], zero[41]], [1, 0, 0, 1]);

  const block = quantizeBlocks(values, MXFP4, { nan: "block", infinity: "saturate" });
  assertEquals(block.scales, new Uint8Array([255, 252])); // 2^127 / 2^2 is 2^125
  const restored = dequantizeBlocks(block);
  assert(restored.subarray(0, 32).every(Number.isNaN));
  assertEquals([restored[40], restored[41]], [-6 * 2 ** 125, 0]);

  const element = restore(MXFP8_E4M3, { nan: "element", infinity: "nan" });
  assertEquals([element[2], element[3], element[40], element[41]], [1, NaN, NaN, 1]);
  // E2M1 has no NaN, so its blocks become NaN.
  const both = restore(NVFP4, { nan: "element", infinity: "nan" });
  assertEquals(both.map(Number).filter(Number.isNaN).length, 32);
  assertEquals([both[16], both[15], both[47], both[48]], [1, NaN, NaN, 1]);
});

Deno.test("quantizeBlocks() has blocks that end with their row", () => {
  const values = Float32Array.from({ length: 80 }, (_, i) => i < 40 ? 4 : 400);
  const { scales } = quantizeBlocks(values, MXFP4, { rowLength: 40 });
  assertEquals(scales, new Uint8Array([127, 127, 133, 133]));
});

Deno.test("quantizeBlocks() takes other elements and scales", () => {
  const ints: BlockFormat = {
    ...{ name: "INT8_ROW", element: INT8, blockSize: 4, scale: FP32, tensorScale: false },
  };
  const byRow = quantizeBlocks(new Float32Array([127, -127, 1.5, 0.25]), ints);
  assertEquals(byRow.codes, new Uint8Array([127, 129, 2, 0]));
  const machine: BlockFormat = { ...MXFP8_E4M3, element: E4M3_IEEE, blockSize: 8 };
  const saturated = quantizeBlocks(new Float32Array([255, 1]), machine);
  assertEquals([...saturated.scales, ...saturated.codes], [127, 0x77, 0x38]);
  const far: BlockFormat = { ...MXFP4, element: minifloat(3, 2, { bias: 110, specials: "none" }) };
  const tiny = quantizeBlocks(new Float32Array([7, -3, 2 ** -20]), far);
  assertEquals([...tiny.codes], [0x1f, 0x3a, 0]);
  assertEquals(dequantizeBlocks(tiny), new Float32Array([7, -3, 0]));
});

Deno.test("packElements() follows the order of the descriptor, unpackElements() undoes it", () => {
  const values = sample(64, 2);
  for (const order of ["low-first", "high-first", "ggml-halves"] as const) {
    const blocks = quantizeBlocks(values, MXFP4, { order });
    const bytes = packElements(blocks);
    const [first, second] = [blocks.codes[0]!, blocks.codes[order === "ggml-halves" ? 16 : 1]!];
    assertStrictEquals(
      bytes[0],
      order === "high-first" ? first * 16 + second : second * 16 + first,
    );
    assertEquals(unpackElements(blocks.descriptor, bytes), blocks.codes);
  }
  assertStrictEquals(packElements(quantizeBlocks(values, MXFP6_E2M3)).length, 48);
});

Deno.test("quantizeBlocks() and dequantizeBlocks() refuse what cannot be", () => {
  const values = new Float32Array(64);
  const refuse = (format: BlockFormat, options: BlockOptions, message: string): void => {
    assertThrows(() => quantizeBlocks(values, format, options), NumericsError, message);
  };
  refuse(MXFP4, { rowLength: 48 }, "rows of 48");
  refuse({ ...MXFP4, blockSize: 0 }, {}, "Blocks of 0");
  refuse({ ...MXFP4, element: FP32 }, {}, "too wide");
  refuse({ ...MXFP4, element: NF4 }, { scaleRule: "even" }, "no meaning for NF4");
  const blocks = quantizeBlocks(values, MXFP4);
  const short: QuantizedBlocks = { ...blocks, scales: blocks.scales.slice(1) };
  assertThrows(() => dequantizeBlocks(short), NumericsError, "1 scales");
});

Deno.test("quantizeBlocks() takes no values at all", () => {
  const blocks = quantizeBlocks(new Float32Array(0), NVFP4);
  assertEquals([blocks.codes.length, blocks.scales.length, blocks.tensorScale], [0, 0, 1]);
  assertEquals(dequantizeBlocks(blocks), new Float32Array(0));
});

Deno.test("quantizeBlocks() loses no more than the formats must on normal values", () => {
  const values = sample(9600, 77);
  const lossOf = (format: BlockFormat): number =>
    errorReport(values, dequantizeBlocks(quantizeBlocks(values, format))).sqnrDb;
  // Each further element bit is worth about 6 dB; smaller blocks and finer scales some more.
  assert(lossOf(MXFP4) > 16 && lossOf(NVFP4) > lossOf(MXFP4) + 1);
  assert(lossOf(NF4_ABSMAX64) > 18 && lossOf(MXFP6_E2M3) > lossOf(MXFP4) + 9);
  assert(lossOf(MXFP8_E4M3) > lossOf(MXFP8_E5M2) + 4);
  assertStrictEquals(MXFP4.scale, E8M0);
});
