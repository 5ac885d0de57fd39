import { assertEquals, assertThrows } from "@std/assert";
import { decodeTensor, encodeTensor, storedSize, type StoredType } from "./hbm_tensor.ts";
import { MemoryError } from "./memory_error.ts";

const E8M0 = { type: "Fp", sign: false, exponent: 8, mantissa: 0 } as const;
const MXFP8: StoredType = {
  kind: "mx",
  block: 8,
  element: { type: "Fp", sign: true, exponent: 4, mantissa: 3 },
  scale: E8M0,
};
const BF16: StoredType = {
  kind: "plain",
  element: { type: "Fp", sign: true, exponent: 8, mantissa: 7 },
};
const MXFP4: StoredType = {
  kind: "mx",
  block: 32,
  element: { type: "Fp", sign: true, exponent: 2, mantissa: 1 },
  scale: E8M0,
};

/** Every value of E2M1. */
const FP4 = [0, 0.5, 1, 1.5, 2, 3, 4, 6].flatMap((value) => (value === 0 ? [0] : [value, -value]));

Deno.test("storedSize() counts elements, then one scale per block", () => {
  assertEquals(storedSize(4, 64, MXFP8), { rowBytes: 64, elementBytes: 256, scaleBytes: 32 });
  assertEquals(storedSize(4, 64, BF16), { rowBytes: 128, elementBytes: 512, scaleBytes: 0 });
  assertEquals(storedSize(4, 64, MXFP4), { rowBytes: 32, elementBytes: 128, scaleBytes: 8 });
});

Deno.test("encodeTensor() writes the codes of the format tables, scale byte 127", () => {
  // E4M3, bias 7: 1 is 0 0111 000, -1.5 is 1 0111 100, 6 is 0 1001 100.
  assertEquals(
    [...encodeTensor([1, -1.5, 6, 0, 0, 0, 0, 0], 1, 8, MXFP8)],
    [0x38, 0xbc, 0x4c, 0, 0, 0, 0, 0, 127],
  );
  assertEquals([...encodeTensor([1, -2], 1, 2, BF16)], [0x80, 0x3f, 0x00, 0xc0]);
  const fp4 = [...encodeTensor([0.5, -6, ...Array<number>(30).fill(0)], 1, 32, MXFP4)];
  assertEquals(fp4.slice(0, 2), [0xf1, 0]);
  assertEquals(fp4[16], 127);
});

Deno.test("decodeTensor() gives back every FP4 value in every format", () => {
  const values = Array.from({ length: 2 * 32 }, (_, i) => FP4[i % FP4.length]!);
  for (const type of [MXFP8, BF16, MXFP4]) {
    assertEquals([...decodeTensor(encodeTensor(values, 2, 32, type), 2, 32, type)], values);
  }
});

Deno.test("decodeTensor() applies the scale of each block", () => {
  const bytes = encodeTensor(Array<number>(16).fill(1.5), 1, 16, MXFP8);
  bytes[17] = 129;
  assertEquals([...decodeTensor(bytes, 1, 16, MXFP8)], [
    ...Array<number>(8).fill(1.5),
    ...Array<number>(8).fill(6),
  ]);
});

Deno.test("encodeTensor() refuses values that the type cannot hold", () => {
  assertThrows(() => encodeTensor([2.5], 1, 1, MXFP4), MemoryError, "the value 2.5 has no code");
  assertThrows(() => encodeTensor([0.1], 1, 1, BF16), MemoryError, "the value 0.1 has no code");
});

Deno.test("decodeTensor() reads exponent 15 of E4M3 as infinite, or as OCP does", () => {
  const bytes = Uint8Array.of(0x78, 0x7e, 0x38, 0, 0, 0, 0, 0, 127);
  assertEquals([...decodeTensor(bytes, 1, 8, MXFP8)].slice(0, 3), [Infinity, NaN, 1]);
  const ocp = decodeTensor(bytes, 1, 8, MXFP8, { ocpE4m3: true });
  assertEquals([...ocp].slice(0, 3), [256, 448, 1]);
});
