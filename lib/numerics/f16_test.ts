import { assertEquals, assertStrictEquals } from "@std/assert";
import { decode, encode, f16ToF32, f32ToF16, FP16 } from "./mod.ts";

Deno.test("f16ToF32() is decode() on all codes, and f32ToF16() its inverse", () => {
  const codes = Uint16Array.from({ length: 0x10000 }, (_, code) => code);
  const decoded = f16ToF32(codes);
  for (let code = 0; code < 0x10000; code++) {
    assertStrictEquals(decoded[code], decode(FP16, code));
  }
  const again = f32ToF16(decoded);
  for (let code = 0; code < 0x10000; code++) {
    assertStrictEquals(again[code], Number.isNaN(decode(FP16, code)) ? code | 0x200 : code);
  }
});

Deno.test("f32ToF16() is encode() and Float16Array at every halfway point and just beside it", () => {
  const bits = new Uint32Array(3 * 0x20000);
  const values = new Float32Array(bits.buffer);
  let count = 0;
  for (let code = 0; code < 0x7c00; code++) {
    const low = decode(FP16, code);
    const high = code === 0x7bff ? 65536 : decode(FP16, code + 1);
    for (const sign of [1, -1]) {
      values[count] = sign * (low + high) / 2;
      const word = bits[count]!;
      bits.set([word, word - 1, word + 1], count);
      count += 3;
    }
  }
  const codes = f32ToF16(values.subarray(0, count));
  const native = new Uint16Array(new Float16Array(values.subarray(0, count)).buffer);
  for (let i = 0; i < count; i++) {
    assertStrictEquals(codes[i], encode(FP16, values[i]!), `at ${values[i]}`);
    assertStrictEquals(codes[i], native[i], `at ${values[i]}`);
  }
  assertEquals(count, 6 * 0x7c00);
});

Deno.test("f32ToF16() keeps NaN and infinities with their signs", () => {
  const values = new Float32Array(new Uint32Array([0x7f800001, 0xffc02000, 0x7f800000]).buffer);
  assertEquals(f32ToF16(values), new Uint16Array([0x7e00, 0xfe01, 0x7c00]));
});
