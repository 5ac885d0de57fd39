import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  BF16,
  codeBits,
  codeCount,
  decode,
  E2M1,
  E2M3,
  E3M2,
  E4M3,
  E4M3_IEEE,
  E5M2,
  E6M1,
  E8M0,
  type Format,
  formatByName,
  FORMATS,
  FP16,
  FP32,
  INT16,
  INT32,
  INT4,
  INT8,
  minifloat,
  NF4,
  NumericsError,
} from "./mod.ts";

const view = new DataView(new ArrayBuffer(4));

function f32FromBits(bits: number): number {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

Deno.test("decode() gives the sixteen values of the FP4 table", () => {
  for (const [code, value] of [0, 0.5, 1, 1.5, 2, 3, 4, 6].entries()) {
    assertStrictEquals(decode(E2M1, code), value);
    assertStrictEquals(decode(E2M1, code + 8), -value);
  }
});

Deno.test("decode() gives the code book of NF4, and its codes in order", () => {
  const [low, nearZero, zero, high] = [0, 6, 7, 15].map((code) => decode(NF4, code));
  assertEquals([low, nearZero, zero, high], [-1, -0.09105003625154495, 0, 1]);
  for (let code = 1; code < 16; code++) {
    assertEquals(decode(NF4, code) > decode(NF4, code - 1), true);
    assertStrictEquals(Math.fround(decode(NF4, code)), decode(NF4, code));
  }
});

// Largest, smallest normal, smallest subnormal as printed in the OCP specifications.
const LIMITS: readonly (readonly [Format, readonly [number, number][]])[] = [
  [E4M3, [[0x7e, 448], [0x08, 2 ** -6], [0x07, 0.875 * 2 ** -6], [0x01, 2 ** -9], [0x7f, NaN]]],
  [E4M3_IEEE, [[0x77, 240], [0x78, Infinity], [0xf8, -Infinity], [0x7f, NaN], [0x79, NaN]]],
  [E5M2, [[0x7b, 57344], [0x04, 2 ** -14], [0x01, 2 ** -16], [0x7c, Infinity], [0xfe, NaN]]],
  [E2M3, [[0x1f, 7.5], [0x08, 1], [0x07, 0.875], [0x01, 0.125], [0x3f, -7.5]]],
  [E3M2, [[0x1f, 28], [0x04, 0.25], [0x03, 0.1875], [0x01, 0.0625], [0x3f, -28]]],
  [E8M0, [[0, 2 ** -127], [127, 1], [254, 2 ** 127], [255, NaN]]],
  [INT4, [[7, 7], [8, -8], [15, -1]]],
  [INT8, [[127, 127], [128, -128], [255, -1]]],
  [INT16, [[0x7fff, 32767], [0x8000, -32768]]],
  [INT32, [[0x7fffffff, 2147483647], [0x80000000, -2147483648], [0xffffffff, -1]]],
];
for (const [format, rows] of LIMITS) {
  Deno.test(`decode() gives the limits of ${format.name}`, () => {
    for (const [code, value] of rows) assertStrictEquals(decode(format, code), value);
  });
}

Deno.test("decode() agrees with the platform on all codes of BF16, FP16 and E5M2", () => {
  for (let code = 0; code < 0x10000; code++) {
    view.setUint16(0, code);
    assertStrictEquals(decode(FP16, code), view.getFloat16(0));
    assertStrictEquals(decode(BF16, code), f32FromBits(code << 16));
    if ((code & 0xff) === 0) assertStrictEquals(decode(E5M2, code >> 8), view.getFloat16(0));
  }
});

Deno.test("decode() agrees with binary32 fields for every ExMy, all codes up to 16 bits", () => {
  // A narrower float is a binary32 with another bias, except where its exponent is all ones.
  for (let exponentBits = 1; exponentBits <= 8; exponentBits++) {
    for (let mantissaBits = 0; mantissaBits <= 23; mantissaBits++) {
      const format = minifloat(exponentBits, mantissaBits);
      const finite = minifloat(exponentBits, mantissaBits, { specials: "none" });
      const rebias = 2 ** (127 - format.bias);
      const count = codeCount(format);
      const step = count <= 0x10000 ? 1 : Math.floor(count / 4096) - 1;
      for (let code = 0; code < count; code += step) {
        const magnitude = code % (count / 2);
        const expected = f32FromBits(magnitude * 2 ** (23 - mantissaBits)) * rebias *
          (code < count / 2 ? 1 : -1);
        const top = magnitude >= count / 2 - 2 ** mantissaBits;
        if (exponentBits < 8) assertStrictEquals(decode(finite, code), expected);
        if (!top || exponentBits === 8) assertStrictEquals(decode(format, code), expected);
        else {
          const mantissa = magnitude % 2 ** mantissaBits;
          const special = code < count / 2 ? Infinity : -Infinity;
          assertStrictEquals(decode(format, code), mantissa === 0 ? special : NaN);
        }
      }
    }
  }
});

for (const format of FORMATS.filter((format) => codeBits(format) <= 16)) {
  Deno.test(`decode() of ${format.name} rises with the code, sign by sign`, () => {
    const half = codeCount(format) / 2;
    for (let code = 1; code < codeCount(format); code++) {
      const [before, here] = [decode(format, code - 1), decode(format, code)];
      if (Number.isNaN(here) || Number.isNaN(before)) continue;
      if (code === half && format.kind !== "codebook" && format !== E8M0) continue;
      const falls = format.kind === "float" && format.sign === 1 && code > half;
      assertEquals(falls ? here < before : here > before, true, `at ${code}`);
    }
  });
}

Deno.test("decode() refuses what is not a code", () => {
  for (const code of [-1, 16, 0.5, NaN]) {
    assertThrows(() => decode(E2M1, code), NumericsError, "is not a code of E2M1");
  }
});

Deno.test("FORMATS have the widths of their names, each name once", () => {
  const bits = Object.fromEntries(FORMATS.map((format) => [format.name, codeBits(format)]));
  assertEquals(bits, {
    ...{ E2M1: 4, NF4: 4, INT4: 4, E2M3: 6, E3M2: 6, E4M3: 8, E4M3_IEEE: 8, E5M2: 8, E3M4: 8 },
    ...{ E2M5: 8, E6M1: 8, E8M0: 8, INT8: 8, BF16: 16, FP16: 16, INT16: 16, FP32: 32, INT32: 32 },
  });
  assertEquals(FORMATS.length, 18);
});

Deno.test("formatByName() finds named formats in any case, then any ExMy", () => {
  assertStrictEquals(formatByName("e4m3-ieee"), E4M3_IEEE);
  assertStrictEquals(formatByName("bf16"), BF16);
  assertStrictEquals(formatByName("E6M1"), E6M1);
  assertEquals(formatByName("e7m3"), minifloat(7, 3));
  assertThrows(() => formatByName("fp9"), NumericsError, "Unknown number format fp9");
  assertThrows(() => formatByName("E9M1"), NumericsError, "9 exponent bits");
});

Deno.test("minifloat() makes the IEEE formats from their widths, and refuses widths out of range", () => {
  assertEquals({ ...minifloat(8, 23), name: "FP32" }, FP32);
  assertEquals({ ...minifloat(5, 10), name: "FP16" }, FP16);
  for (const [x, y] of [[0, 3], [9, 3], [4, -1], [4, 24], [2.5, 1]] as const) {
    assertThrows(() => minifloat(x, y), NumericsError);
  }
  assertThrows(() => minifloat(4, 3, { bias: 513 }), NumericsError, "bias");
});
