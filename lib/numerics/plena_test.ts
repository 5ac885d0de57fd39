import { assertEquals } from "@std/assert";
import {
  blockQuantiser,
  castBitsToBf16,
  castCode,
  codeAt,
  type CodeType,
  decodeTable,
  encodeFromF32Bits,
  f32Bits,
  f32FromBits,
  type FpFields,
  halfToF32Bits,
  putCode,
  quantiseElement,
} from "./plena.ts";
import { BINARY32 } from "./plena_cast.ts";

const E4M3: FpFields = { sign: true, exponent: 4, mantissa: 3 };
const E8M0: FpFields = { sign: false, exponent: 8, mantissa: 0 };
const BF16: FpFields = { sign: true, exponent: 8, mantissa: 7 };
const fp = (fields: FpFields): CodeType => ({ type: "Fp", ...fields });

function hexBlock(values: number[]): { elements: string; scale: string } {
  const codes = new Uint32Array(8);
  const scale = blockQuantiser(fp(E4M3), E8M0)(new Float32Array(values), 0, 8, codes, 0);
  const hex = (x: number): string => x.toString(16).padStart(2, "0");
  return { elements: [...codes].map(hex).join(" "), scale: hex(scale) };
}

Deno.test("blockQuantiser() gives the two blocks of the specification", () => {
  // deno-fmt-ignore: the vectors as printed
  assertEquals(hexBlock([0.5, 1, 2, 4, -4, 3.90625, 0.010009765625, -0.02001953125]),
    { elements: "20 28 30 38 b8 37 02 85", scale: "81" });
  // deno-fmt-ignore: the vectors as printed
  assertEquals(hexBlock([-0.009765625, 0.10009765625, 0.1201171875, -0.050048828125, 0.0030059814453125, 0.0625, 0.015625, 0.2001953125]),
    { elements: "9a 35 37 ad 0c 30 20 3d", scale: "7c" });
});

Deno.test("quantiseElement() gives the E4M3 codes of the specification", () => {
  // deno-fmt-ignore: value and code
  const table: [number, number][] = [
    [1, 0x38], [1.0625, 0x38], [1.1875, 0x3a], [1.328125, 0x3a], [1.96875, 0x3f], [0.015, 0x07],
    [0.001, 0x01], [0.0004, 0x00], [448, 0x77], [-0.3, 0xaa], [-0, 0], [NaN, 0x38],
    [Infinity, 0x77], [-Infinity, 0xf7],
  ];
  for (const [y, code] of table) assertEquals(quantiseElement(Math.fround(y), E4M3), code, `${y}`);
});

Deno.test("decodeTable() halves subnormals and makes exponent 15 of E4M3 infinite or NaN", () => {
  const values = new Float32Array(decodeTable(fp(E4M3)).buffer);
  for (let code = 0; code < 256; code++) {
    const sign = code & 0x80 ? -1 : 1;
    const e = (code >> 3) & 15;
    const m = code & 7;
    const expected = e === 0
      ? sign * (m / 8) * 2 ** -7
      : e === 15
      ? (m === 0 ? sign * Infinity : NaN)
      : sign * (1 + m / 8) * 2 ** (e - 7);
    assertEquals(values[code], expected, `code ${code}`);
  }
});

Deno.test("decodeTable() reads E8M0 byte 0 as 0 and byte 255 as infinity", () => {
  const values = new Float32Array(decodeTable(fp(E8M0)).buffer);
  for (let code = 1; code < 255; code++) assertEquals(values[code], 2 ** (code - 127));
  assertEquals([values[0], values[255]], [0, Infinity]);
});

Deno.test("castCode() from binary32 to bf16 is castBitsToBf16() on every upper half and edge", () => {
  const low = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff];
  for (let high = 0; high < 0x10000; high++) {
    for (const part of low) {
      const bits = (high * 0x10000 + part) >>> 0;
      if (castCode(bits, BINARY32, BF16) * 0x10000 !== castBitsToBf16(bits)) {
        assertEquals(
          castCode(bits, BINARY32, BF16) * 0x10000,
          castBitsToBf16(bits),
          bits.toString(16),
        );
      }
    }
  }
  assertEquals(castBitsToBf16(0x7f800001), 0x7f800000);
  assertEquals(castBitsToBf16(0x7fffffff), 0x7f800000);
});

Deno.test("castCode() into narrow exponents makes 0.5, 1 and 2 infinite, as the machine does", () => {
  for (const value of [0.5, 1, 2]) {
    assertEquals(encodeFromF32Bits(f32Bits(value), fp(E4M3)), 0x78, `${value}`);
    assertEquals(
      encodeFromF32Bits(f32Bits(value), fp({ sign: true, exponent: 5, mantissa: 10 })),
      0x7c00,
      `${value}`,
    );
  }
});

Deno.test("encodeFromF32Bits() truncates integers toward zero and keeps the low bits", () => {
  const int8: CodeType = { type: "Int", width: 8 };
  // deno-fmt-ignore: value and code
  const table: [number, number][] = [[1.9, 1], [-1.9, 255], [300, 44], [NaN, 0], [1e20, 255], [-1e20, 0]];
  for (const [value, code] of table) {
    assertEquals(encodeFromF32Bits(f32Bits(value), int8), code, `${value}`);
  }
});

Deno.test("putCode() and codeAt() agree for every width and leave neighbours alone", () => {
  for (let width = 1; width <= 32; width++) {
    const bytes = new Uint8Array(40);
    const codes = Array.from({ length: 9 }, (_, i) => (0x9e3779b1 * (i + 1)) % 2 ** width);
    for (const [i, code] of codes.entries()) putCode(bytes, 1, width, i, code);
    assertEquals(codes.map((_, i) => codeAt(bytes, 1, width, i)), codes, `width ${width}`);
    assertEquals(bytes[0], 0);
  }
});

Deno.test("blockQuantiser() with subByte is OCP MXFP4: every code comes back", () => {
  const e2m1 = fp({ sign: true, exponent: 2, mantissa: 1 });
  const quantise = blockQuantiser(e2m1, E8M0, { subByte: true });
  const values = new Float32Array([0, 0.5, 1, 1.5, 2, 3, 4, 6]);
  const codes = new Uint32Array(8);
  assertEquals(quantise(values, 0, 8, codes, 0), 127);
  assertEquals([...codes], [0, 1, 2, 3, 4, 5, 6, 7]);
  assertEquals(
    [...new Float32Array(decodeTable(e2m1, { subByte: true }).buffer)],
    [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6],
  );
  quantise(new Float32Array([5, 2.5, -7.9, 0.25, 0.75, -0.25, 3.5, 1.25]), 0, 8, codes, 0);
  assertEquals([...codes], [6, 4, 15, 0, 2, 0, 6, 2]);
});

Deno.test("blockQuantiser() gives the worked blocks of the compiler specification", () => {
  // deno-fmt-ignore: a block, its scale byte and the values that are left, as in section 12
  const worked: readonly [number[], number, number[]][] = [
    [[0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8], 126, [0.1015625, -0.203125, 0.3125, -0.40625, 0.5, -0.625, 0.6875, -0.8125]],
    [[1, 2, 3, 4, 5, 6, 7, 8], 130, [1, 2, 3, 4, 5, 6, 7, 8]],
    [[1, 0.01, 0.004, 0.001, 0.0001, 0, -0.001, 0.0078125], 127, [1, 0.0068359375, 0.00390625, 0.0009765625, 0, 0, -0.0009765625, 0.0068359375]],
    [[100, 99, 98, 97, 96, 95, 94, 93], 133, [96, 96, 96, 96, 96, 96, 96, 96]],
    [[1.0625, 1.1875, 1.9375, 1.96875, 1.03125, 1.09375, 1.15625, 1.21875], 127, [1, 1.25, 1.875, 1.875, 1, 1.125, 1.125, 1.25]],
    [[-60000, 0, 0, 0, 0, 0, 0, 0], 142, [-57344, 0, 0, 0, 0, 0, 0, 0]],
  ];
  const table = new Float32Array(decodeTable(fp(E4M3)).buffer);
  const codes = new Uint32Array(8);
  for (const initial of [false, true]) {
    const quantise = blockQuantiser(fp(E4M3), E8M0, { initial });
    for (const [block, scale, values] of worked) {
      assertEquals(quantise(Float32Array.from(block), 0, 8, codes, 0), scale);
      assertEquals([...codes].map((code) => table[code]! * 2 ** (scale - 127)), values);
    }
    // Four times minus infinity and four zeros.
    const infinite = Float32Array.from({ length: 8 }, (_, i) => i < 4 ? -Infinity : 0);
    assertEquals(quantise(infinite, 0, 8, codes, 0), 254);
    assertEquals([...codes], [0xf7, 0xf7, 0xf7, 0xf7, 0, 0, 0, 0]);
    // Only the public tools give zeros a scale.
    assertEquals(quantise(new Float32Array(8), 0, 8, codes, 0), initial ? 97 : 0);
    assertEquals([...codes], [0, 0, 0, 0, 0, 0, 0, 0]);
  }
});

Deno.test("blockQuantiser() with initial takes the sign from the value plus 1e-9", () => {
  const codes = new Uint32Array(4);
  const values = Float32Array.of(-5e-10, -1e-9, -2e-9, 2e-9);
  // Scale 2^-29; the second is 0 with 1e-9 added, and so has no sign and no value.
  assertEquals(blockQuantiser(fp(E4M3), E8M0, { initial: true })(values, 0, 4, codes, 0), 98);
  assertEquals([codes[0]! >> 7, codes[1], codes[2]! >> 7, codes[3]! >> 7], [0, 0, 1, 0]);
  blockQuantiser(fp(E4M3), E8M0)(values, 0, 4, codes, 0);
  assertEquals([codes[0]! >> 7, codes[1]! >> 7, codes[2]! >> 7, codes[3]! >> 7], [1, 1, 1, 0]);
});

Deno.test("blockQuantiser() of a repaired type takes small scales from the bits alone", () => {
  const e2m1 = fp({ sign: true, exponent: 2, mantissa: 1 });
  const codes = new Uint32Array(8);
  const values = Float32Array.of(0, 0.5, 1, 1.5, 2, 3, 4, 6);
  for (
    const [type, options, topExponent] of [
      [e2m1, { subByte: true }, 2],
      [fp(E4M3), { ocpE4m3: true }, 8],
    ] as const
  ) {
    const table = new Float32Array(decodeTable(type, options).buffer);
    for (const exponent of [-22, -40, -100, -126 + topExponent - 2]) {
      const small = values.map((x) => x * 2 ** exponent);
      // The largest is 1.5 * 2^(2 + exponent), and goes to the element's top binade.
      const scale = blockQuantiser(type, E8M0, options)(small, 0, 8, codes, 0);
      assertEquals(scale, 127 + 2 + exponent - topExponent);
      assertEquals([...codes].map((code) => table[code]! * 2 ** (scale - 127)), [...small]);
    }
  }
});

Deno.test("blockQuantiser() with ocpE4m3 keeps NaN, with or without other values in its block", () => {
  const quantise = blockQuantiser(fp(E4M3), E8M0, { ocpE4m3: true });
  const codes = new Uint32Array(2);
  quantise(Float32Array.of(NaN, 448), 0, 2, codes, 0);
  assertEquals([...codes], [0x7f, 0x7e]);
  quantise(Float32Array.of(NaN, 0), 0, 2, codes, 0);
  assertEquals([...codes], [0x7f, 0]);
});

Deno.test("blockQuantiser() gives quantiseElement()'s code for every bf16 value in a block up to 1", () => {
  const formats: FpFields[] = [
    E4M3,
    { sign: true, exponent: 5, mantissa: 2 },
    { sign: true, exponent: 3, mantissa: 4 },
    { sign: true, exponent: 2, mantissa: 5 },
    { sign: false, exponent: 4, mantissa: 4 },
    { sign: true, exponent: 5, mantissa: 10 },
    { sign: true, exponent: 6, mantissa: 1 },
  ];
  const values = new Float32Array(2);
  const bits = new Uint32Array(values.buffer);
  const codes = new Uint32Array(2);
  for (const format of formats) {
    const quantise = blockQuantiser(fp(format), E8M0);
    for (let high = 0; high < 0x10000; high++) {
      if ((high & 0x7fff) >= 0x3fc0) continue; // above 1.5 the scale would not be 1
      values[0] = 1;
      bits[1] = high * 0x10000;
      const y = values[1]!;
      quantise(values, 0, 2, codes, 0);
      if (codes[1] !== quantiseElement(y, format)) {
        assertEquals(codes[1], quantiseElement(y, format), `${JSON.stringify(format)} ${y}`);
      }
    }
  }
});

Deno.test("halfToF32Bits() is the platform's reading of every binary16 code", () => {
  const view = new DataView(new ArrayBuffer(2));
  for (let code = 0; code < 0x10000; code++) {
    view.setUint16(0, code);
    if (!Object.is(f32FromBits(halfToF32Bits(code)), view.getFloat16(0))) {
      assertEquals(f32FromBits(halfToF32Bits(code)), view.getFloat16(0), `code ${code}`);
    }
  }
  assertEquals(halfToF32Bits(0x7c01), 0x7f802000); // a NaN keeps its payload
});
