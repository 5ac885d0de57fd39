import { assertEquals, assertStrictEquals } from "@std/assert";
import { BF16, bf16FromF32Bits, bf16ToF32, decode, encode, f32ToBf16, roundToBf16 } from "./mod.ts";

/** Every upper half with the lower halves around the tie, and a spread of others. */
const LOWER = [0, 1, 0x7ffe, 0x7fff, 0x8000, 0x8001, 0xffff, 0x1234, 0xc0de];
const bits = new Uint32Array(0x10000 * LOWER.length);
for (let i = 0; i < bits.length; i++) {
  bits[i] = (i % 0x10000) * 0x10000 + LOWER[Math.floor(i / 0x10000)]!;
}
const values = new Float32Array(bits.buffer);

Deno.test("f32ToBf16() is encode() on 589,824 float32, NaN kept with its upper bits and quiet", () => {
  const codes = f32ToBf16(values);
  for (let i = 0; i < values.length; i++) {
    const word = bits[i]!;
    const expected = Number.isNaN(values[i]!) ? (word >>> 16) | 0x40 : encode(BF16, values[i]!);
    assertStrictEquals(codes[i], expected);
    assertStrictEquals(bf16FromF32Bits(word), expected);
    assertStrictEquals(bf16FromF32Bits(word | 0), expected); // signed words too
  }
});

Deno.test("roundToBf16() is f32ToBf16() and back, bit for bit, in place", () => {
  const rounded = values.slice();
  assertStrictEquals(roundToBf16(rounded), rounded);
  const back = bf16ToF32(f32ToBf16(values));
  assertEquals(new Uint32Array(rounded.buffer), new Uint32Array(back.buffer));
});

Deno.test("bf16ToF32() is decode() on all codes, and f32ToBf16() its inverse", () => {
  const codes = Uint16Array.from({ length: 0x10000 }, (_, code) => code);
  const decoded = bf16ToF32(codes);
  for (let code = 0; code < 0x10000; code++) {
    assertStrictEquals(decoded[code], decode(BF16, code));
  }
  const again = f32ToBf16(decoded);
  for (let code = 0; code < 0x10000; code++) {
    assertStrictEquals(again[code], Number.isNaN(decode(BF16, code)) ? code | 0x40 : code);
  }
});

Deno.test("f32ToBf16() and bf16ToF32() write into views with an offset", () => {
  const out = new Uint16Array(4).subarray(1, 3);
  f32ToBf16(new Float32Array([9, 1, 2]).subarray(1), out);
  assertEquals(out, new Uint16Array([0x3f80, 0x4000]));
  const floats = new Float32Array(4);
  bf16ToF32(out, floats.subarray(2));
  assertEquals(floats, new Float32Array([0, 0, 1, 2]));
});
