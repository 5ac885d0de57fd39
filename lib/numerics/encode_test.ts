import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  BF16,
  codeBits,
  codeCount,
  decode,
  E2M1,
  E4M3,
  E5M2,
  E8M0,
  encode,
  type EncodeOptions,
  type FloatFormat,
  type Format,
  FORMATS,
  FP16,
  FP32,
  INT32,
  INT4,
  INT8,
  minifloat,
  NF4,
  NumericsError,
  random,
} from "./mod.ts";
import { nextDown, nextUp } from "./next_double.ts";

/** Named formats and every ExMy of up to 12 bits, IEEE-style and all-finite. */
const SMALL: readonly Format[] = [
  ...FORMATS.filter((format) => codeBits(format) <= 16),
  ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap((x) =>
    Array.from({ length: 12 - x }, (_, y) => [
      minifloat(x, y),
      minifloat(x, y, { specials: "none", name: `E${x}M${y} finite` }),
      minifloat(x, y, { specials: "fn", name: `E${x}M${y} fn`, bias: 3 }),
    ]).flat()
  ),
];

/** The finite codes of a format with their values in rising order, −0 left out. */
function ladder(format: Format): { code: number; value: number }[] {
  return Array.from({ length: codeCount(format) }, (_, code) => ({
    code,
    value: decode(format, code),
  }))
    .filter(({ value }) => Number.isFinite(value) && !Object.is(value, -0))
    .sort((a, b) => a.value - b.value);
}

Deno.test("encode() and decode() are inverse on all codes of all formats up to 16 bits", () => {
  for (const format of SMALL) {
    for (let code = 0; code < codeCount(format); code++) {
      const value = decode(format, code);
      if (Number.isNaN(value)) {
        assert(Number.isNaN(decode(format, encode(format, value))));
      } else if (Math.abs(value) !== Infinity) {
        for (const rounding of ["nearest-even", "toward-zero"] as const) {
          assertStrictEquals(encode(format, value, { rounding }), code, format.name);
        }
      } else {
        assertStrictEquals(encode(format, value), code, format.name);
      }
    }
  }
});

Deno.test("encode() takes the nearest value, and of two the even code, for all formats up to 16 bits", () => {
  for (const format of SMALL) {
    const rungs = ladder(format);
    for (let i = 1; i < rungs.length; i++) {
      const [low, high] = [rungs[i - 1]!, rungs[i]!];
      const middle = (low.value + high.value) / 2;
      const even = low.code % 2 === 0 ? low.code : high.code;
      // Below zero the lower neighbour of +0 is the smallest negative, whose zero is −0.
      const signed = (code: number): number =>
        code === 0 && low.value < 0 && format.kind === "float" ? codeCount(format) / 2 : code;
      const where = `${format.name} at ${middle}`;
      assertStrictEquals(encode(format, middle), signed(even), where);
      assertStrictEquals(encode(format, nextDown(middle)), signed(low.code), where);
      assertStrictEquals(encode(format, nextUp(middle)), signed(high.code), where);
    }
  }
});

Deno.test("encode() toward zero keeps the code until the next value is reached, for all formats up to 16 bits", () => {
  const options: EncodeOptions = { rounding: "toward-zero" };
  for (const format of SMALL) {
    const rungs = ladder(format);
    for (let i = 1; i < rungs.length; i++) {
      const [low, high] = [rungs[i - 1]!, rungs[i]!];
      const inner = low.value < 0 ? high : low;
      const expected = inner.code === 0 && low.value < 0 && format.kind === "float"
        ? codeCount(format) / 2
        : inner.code;
      assertStrictEquals(encode(format, nextUp(low.value), options), expected, format.name);
      assertStrictEquals(encode(format, nextDown(high.value), options), expected, format.name);
    }
  }
});

Deno.test("encode() to E2M1 has the published boundaries, ties to the even code", () => {
  const ties = [[0.25, 0], [0.75, 2], [1.25, 2], [1.75, 4], [2.5, 4], [3.5, 6], [5, 6]] as const;
  for (const [value, code] of ties) {
    assertStrictEquals(encode(E2M1, value), code);
    assertStrictEquals(encode(E2M1, -value), code + 8);
  }
  for (const value of [6.1, 7, 8, 1e300, Infinity]) {
    assertStrictEquals(encode(E2M1, value, { saturate: false }), 7);
    assertStrictEquals(encode(E2M1, -value), 15);
  }
  assertStrictEquals(encode(E2M1, -0), 8);
  assertStrictEquals(encode(E2M1, -1e-300), 8);
});

Deno.test("encode() to NF4 decides at the 15 midpoints", () => {
  for (let code = 1; code < 16; code++) {
    const middle = (decode(NF4, code - 1) + decode(NF4, code)) / 2;
    assertStrictEquals(encode(NF4, nextDown(middle)), code - 1);
    assertStrictEquals(encode(NF4, middle), code % 2 === 0 ? code : code - 1);
    assertStrictEquals(encode(NF4, nextUp(middle)), code);
  }
  assertEquals([-2, -Infinity, 2, Infinity].map((value) => encode(NF4, value)), [0, 0, 15, 15]);
});

// Beyond the largest value: format, value, code when saturating, code when not.
const BEYOND: readonly (readonly [Format, number, number, number])[] = [
  [E4M3, 464, 0x7e, 0x7e], // halfway to 480, whose code is odd
  [E4M3, nextUp(464), 0x7e, 0x7f],
  [E4M3, -Infinity, 0xfe, 0xff],
  [E5M2, nextDown(61440), 0x7b, 0x7b],
  [E5M2, 61440, 0x7b, 0x7c],
  [E5M2, -1e30, 0xfb, 0xfc],
  [FP16, nextDown(65520), 0x7bff, 0x7bff],
  [FP16, 65520, 0x7bff, 0x7c00],
  [BF16, Number.MAX_VALUE, 0x7f7f, 0x7f80],
  [FP32, 3.4028235677973366e38, 0x7f7fffff, 0x7f800000], // 2^128 − 2^103
  [FP32, nextDown(3.4028235677973366e38), 0x7f7fffff, 0x7f7fffff],
  [INT4, 7.5, 7, 7],
  [INT4, -100, 8, 8],
  [INT8, -128.5, 128, 128],
  [INT32, 1e10, 0x7fffffff, 0x7fffffff],
  [INT32, -Infinity, 0x80000000, 0x80000000],
  [E8M0, 1e300, 254, 255],
  [E8M0, -1, 0, 255],
  [E8M0, 0, 0, 0],
  [E8M0, 1e-300, 0, 0],
];
Deno.test("encode() beyond the largest value saturates, or is infinite or NaN", () => {
  for (const [format, value, saturated, open] of BEYOND) {
    const where = `${format.name} at ${value}`;
    assertStrictEquals(encode(format, value, { saturate: true }), saturated, where);
    assertStrictEquals(encode(format, value, { saturate: false }), open, where);
    const infinite = format.kind === "float" && format.specials === "ieee";
    assertStrictEquals(encode(format, value), infinite ? open : saturated, where);
  }
});

Deno.test("encode() toward zero stays finite unless the value is infinite", () => {
  const options: EncodeOptions = { rounding: "toward-zero" };
  assertStrictEquals(encode(E5M2, 1e30, options), 0x7b);
  assertStrictEquals(encode(E5M2, Infinity, options), 0x7c);
  assertStrictEquals(encode(E4M3, 1e30, { ...options, saturate: false }), 0x7e);
});

Deno.test("encode() to FP32 rounds every double as the platform does", () => {
  const view = new DataView(new ArrayBuffer(4));
  fc.assert(
    fc.property(fc.oneof(fc.double({ noNaN: true }), fc.float({ noNaN: true })), (value) => {
      view.setFloat32(0, value);
      assertStrictEquals(encode(FP32, value), view.getUint32(0));
    }),
    { numRuns: 20_000, seed: 1 },
  );
});

Deno.test("encode() to FP16 rounds doubles as Math.f16round does", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -70000, max: 70000 }), (value) => {
      assertStrictEquals(decode(FP16, encode(FP16, value)), Math.f16round(value));
    }),
    { numRuns: 20_000, seed: 1 },
  );
});

Deno.test("encode() to INT32 rounds halves to even", () => {
  const values = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2147483646.5, -2147483647.5];
  const codes = values.map((value) => encode(INT32, value) | 0);
  assertEquals(codes, [-2, -2, 0, 0, 2, 2, 2147483646, -2147483648]);
});

Deno.test("encode() stochastically goes up as often as the value is far up", () => {
  // Draws on an even grid: the count of roundings up is the distance itself.
  const cases: readonly (readonly [Format, number, number, number, number])[] = [
    [E2M1, 4.5, 6, 7, 64],
    [E2M1, -4.5, 14, 15, 64],
    [E2M1, 0.125, 0, 1, 64],
    [E2M1, 5.9921875, 6, 7, 255],
    [E4M3, 2 ** -10, 0, 1, 128],
    [INT8, -3.25, 253, 252, 64],
    [NF4, 0.07958029955625534 / 4, 7, 8, 64],
    [FP32, 1 + 2 ** -25, 0x3f800000, 0x3f800001, 64],
  ];
  for (const [format, value, low, high, expected] of cases) {
    let ups = 0;
    for (let k = 0; k < 256; k++) {
      const code = encode(format, value, { rounding: "stochastic", random: () => (k + 0.5) / 256 });
      assert(code === low || code === high);
      if (code === high) ups++;
    }
    assertStrictEquals(ups, expected, `${format.name} at ${value}`);
  }
});

Deno.test("encode() stochastically leaves every value of the format alone and draws nothing", () => {
  const options: EncodeOptions = {
    rounding: "stochastic",
    random: () => {
      throw new Error("drawn");
    },
  };
  for (const format of FORMATS.filter((format) => codeBits(format) <= 8)) {
    for (let code = 0; code < codeCount(format); code++) {
      const value = decode(format, code);
      if (Number.isFinite(value)) assertStrictEquals(encode(format, value, options), code);
    }
  }
});

Deno.test("encode() stochastically has the value as its mean", () => {
  const options: EncodeOptions = { rounding: "stochastic", random: random(7) };
  let sum = 0;
  for (let i = 0; i < 20_000; i++) sum += decode(E2M1, encode(E2M1, 2.3, options));
  assert(Math.abs(sum / 20_000 - 2.3) < 0.015); // four standard errors
});

Deno.test("encode() without a source refuses stochastic rounding", () => {
  assertThrows(() => encode(E2M1, 1, { rounding: "stochastic" }), TypeError, "random(seed)");
});

Deno.test("encode() gives the quiet NaN, or what the policy says where there is none", () => {
  const quiet: readonly (readonly [FloatFormat, number])[] = [
    [E4M3, 0x7f],
    [E5M2, 0x7e],
    [E8M0, 0xff],
    [BF16, 0x7fc0],
    [FP16, 0x7e00],
    [FP32, 0x7fc00000],
  ];
  for (const [format, code] of quiet) assertStrictEquals(encode(format, NaN), code);
  for (const format of [E2M1, NF4, INT4]) {
    assertThrows(() => encode(format, NaN), NumericsError, "has no code for NaN");
    assertStrictEquals(decode(format, encode(format, NaN, { nan: "zero" })), 0);
  }
  assertEquals([E2M1, NF4, INT4].map((f) => encode(f, NaN, { nan: "maximum" })), [7, 15, 7]);
});
