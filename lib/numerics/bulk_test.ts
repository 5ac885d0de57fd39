import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  BF16,
  bulkDecoder,
  bulkEncoder,
  codeBits,
  codeCount,
  decode,
  E2M1,
  E2M3,
  E3M2,
  E4M3,
  E8M0,
  encode,
  type EncodeOptions,
  type Format,
  FORMATS,
  FP32,
  INT4,
  INT8,
  minifloat,
  NF4,
  NumericsError,
  random,
} from "./mod.ts";
import { nextDown, nextUp } from "./next_double.ts";
import { thresholdEncoder } from "./thresholds.ts";

const OTHERS: readonly Format[] = [
  minifloat(1, 0),
  minifloat(3, 6, { specials: "none" }),
  minifloat(4, 8, { specials: "fn", bias: 20 }),
  minifloat(8, 12),
  minifloat(1, 23),
  minifloat(8, 23, { specials: "fn" }),
  minifloat(8, 23, { specials: "none" }),
  minifloat(8, 7, { bias: 140 }),
  minifloat(6, 8, { bias: -40 }),
  minifloat(5, 7, { sign: 0, specials: "fn" }),
  { kind: "int", name: "UINT5", sign: 0, bits: 5 },
  { kind: "int", name: "UINT16", sign: 0, bits: 16 },
];

/** Float32 that matter to a format: halfway points, values, their neighbours; and a spread of bits. */
function probes(format: Format): Float32Array {
  const words = new Set<number>();
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const add = (value: number): void => {
    float[0] = value;
    for (const step of [-1, 0, 1]) words.add((bits[0]! + step) >>> 0);
  };
  const count = codeCount(format);
  const step = Math.max(1, Math.floor(count / 2048));
  for (let code = 0; code + 1 < count; code += step) {
    add(decode(format, code));
    add((decode(format, code) + decode(format, code + 1)) / 2);
  }
  const draw = random(99);
  for (let upper = 0; upper < 0x10000; upper += 5) {
    words.add(upper * 0x10000 + Math.floor(draw() * 0x10000));
  }
  for (const word of [0, 0x80000000, 1, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7f800001]) {
    words.add(word);
  }
  return new Float32Array(Uint32Array.from(words).buffer);
}

for (const format of [...FORMATS, ...OTHERS]) {
  Deno.test(`bulkEncoder() is encode() for ${format.name} of ${codeBits(format)} bits`, () => {
    const values = probes(format);
    for (const rounding of ["nearest-even", "toward-zero"] as const) {
      for (const saturate of [true, false]) {
        for (const nan of ["zero", "maximum"] as const) {
          const options: EncodeOptions = { rounding, saturate, nan };
          const codes = bulkEncoder(format, options)(values);
          for (let i = 0; i < values.length; i++) {
            const expected = encode(format, values[i]!, options);
            if (codes[i] !== expected) {
              assertStrictEquals(codes[i], expected, `${rounding} ${saturate} at ${values[i]}`);
            }
          }
        }
      }
    }
  });
}

for (const format of [E4M3, E2M1, NF4, INT4, E8M0]) {
  Deno.test(`bulkEncoder() for ${format.name} draws as encode() does when stochastic`, () => {
    const values = probes(format).filter((value) => !Number.isNaN(value));
    const codes = bulkEncoder(format, { rounding: "stochastic", random: random(3) })(values);
    const options: EncodeOptions = { rounding: "stochastic", random: random(3) };
    for (let i = 0; i < values.length; i++) {
      assertStrictEquals(codes[i], encode(format, values[i]!, options));
    }
  });
}

for (const format of [...FORMATS, ...OTHERS]) {
  Deno.test(`bulkDecoder() is decode() as float32 for ${format.name} of ${codeBits(format)} bits`, () => {
    const count = codeCount(format);
    const step = count <= 0x10000 ? 1 : Math.floor(count / 0x10000) - 1;
    const codes = new Uint32Array(Math.floor((count - 1) / step) + 1);
    for (let i = 0; i < codes.length; i++) codes[i] = i * step;
    const values = bulkDecoder(format)(codes);
    for (let i = 0; i < codes.length; i++) {
      const expected = Math.fround(decode(format, codes[i]!));
      if (!Object.is(values[i], expected)) assertStrictEquals(values[i], expected);
    }
  });
}

Deno.test("bulkEncoder() names the element that has no code", () => {
  const values = new Float32Array([0, 1, NaN]);
  for (const format of [E2M1, NF4, INT4, INT8, minifloat(3, 6, { specials: "none" })]) {
    assertThrows(() => bulkEncoder(format)(values), NumericsError, "element 2");
  }
  assertThrows(() => bulkEncoder(E2M1, { rounding: "stochastic" }), TypeError, "random(seed)");
});

Deno.test("bulkDecoder() names the element that is no code", () => {
  assertThrows(() => bulkDecoder(E2M1)(new Uint8Array([1, 16])), NumericsError, "16 at element 1");
  assertThrows(() => bulkDecoder(BF16)(new Uint32Array([65536])), NumericsError, "element 0");
});

Deno.test("bulkEncoder() and bulkDecoder() write into a given array of the same length", () => {
  const out = new Uint8Array(4);
  assertStrictEquals(bulkEncoder(E2M1)(new Float32Array([1, 2, 3, 4]), out), out);
  assertEquals(out, new Uint8Array([2, 4, 5, 6]));
  const floats = new Float32Array(4);
  bulkDecoder(E2M1)(out.subarray(1), floats.subarray(0, 3));
  assertEquals(floats, new Float32Array([2, 3, 4, 0]));
  assertThrows(() => bulkEncoder(E4M3)(floats, new Uint8Array(3)), NumericsError, "4 elements");
  assertThrows(() => bulkDecoder(FP32)(new Uint32Array(3), floats), NumericsError, "3 elements");
});

for (const format of [E2M1, NF4, E2M3, E3M2]) {
  Deno.test(`thresholdEncoder() is encode() for ${format.name}, also for doubles beside a threshold`, () => {
    for (const rounding of ["nearest-even", "toward-zero"] as const) {
      const fast = thresholdEncoder(format, rounding);
      const points = [0, -0, 1e-300, -1e-300, Infinity, -Infinity, 1e9, -1e9];
      for (let code = 0; code + 1 < codeCount(format); code++) {
        const [low, high] = [decode(format, code), decode(format, code + 1)];
        points.push(low, high, (low + high) / 2);
      }
      for (const point of points.filter((point) => Math.abs(point) < 1e300)) {
        points.push(nextUp(point), nextDown(point));
      }
      for (const point of points) {
        assertStrictEquals(fast(point), encode(format, point, { rounding }), `at ${point}`);
      }
    }
  });
}
