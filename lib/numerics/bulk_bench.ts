import { assertEquals } from "@std/assert";
import {
  BF16,
  bf16ToF32,
  bulkDecoder,
  bulkEncoder,
  decode,
  E2M1,
  E4M3,
  E5M2,
  encode,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
  type Format,
  FP16,
  INT8,
  NF4,
  random,
  roundToBf16,
} from "./mod.ts";

const COUNT = 1 << 20;
const draw = random(1);
const values = Float32Array.from({ length: COUNT }, () => (draw() - 0.5) * 16);

/** The plain definitions on a part, which every fast path must reproduce before it is timed. */
function agree(format: Format, codes: ArrayLike<number>, decoded: Float32Array): void {
  for (let i = 0; i < COUNT; i += 7) {
    assertEquals(codes[i], encode(format, values[i]!));
    assertEquals(decoded[i], decode(format, codes[i]!));
  }
}

const f32 = new Float32Array(COUNT);
const u8 = new Uint8Array(COUNT);
const u16 = new Uint16Array(COUNT);

for (const format of [E4M3, E5M2, E2M1, NF4, INT8]) {
  const toCodes = bulkEncoder(format);
  const toValues = bulkDecoder(format);
  const codes = toCodes(values).slice();
  agree(format, codes, toValues(codes));
  const group = `${format.name}, 2^20 elements`;
  Deno.bench(`bulkEncoder ${format.name}`, { group }, () => void toCodes(values, u8));
  Deno.bench(`bulkDecoder ${format.name}`, { group }, () => void toValues(codes, f32));
}

const small = values.subarray(0, 1 << 14);
Deno.bench("encode E4M3, one by one, 2^14 elements", { group: "E4M3, 2^20 elements" }, () => {
  for (let i = 0; i < small.length; i++) u8[i] = encode(E4M3, small[i]!);
});

{
  const codes = f32ToBf16(values);
  agree(BF16, codes, bf16ToF32(codes));
  const general = bulkEncoder(BF16);
  assertEquals(general(values), codes);
  const group = "BF16, 2^20 elements";
  const inPlace = values.slice();
  Deno.bench("f32ToBf16", { group, baseline: true }, () => void f32ToBf16(values, u16));
  Deno.bench("roundToBf16", { group }, () => void roundToBf16(inPlace));
  Deno.bench("bf16ToF32", { group }, () => void bf16ToF32(codes, f32));
  Deno.bench("bulkEncoder BF16", { group }, () => void general(values, u16));
}

{
  const codes = f32ToF16(values);
  agree(FP16, codes, f16ToF32(codes));
  const native = new Float16Array(COUNT);
  const group = "FP16, 2^20 elements";
  Deno.bench("f32ToF16", { group, baseline: true }, () => void f32ToF16(values, u16));
  Deno.bench("f16ToF32", { group }, () => void f16ToF32(codes, f32));
  Deno.bench("Float16Array.set", { group }, () => native.set(values));
}
