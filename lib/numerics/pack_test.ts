import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type CodeOrder, NumericsError, packCodes, unpackCodes } from "./mod.ts";

/** The definition: all bits as text, each code written from its own end. */
function packAsText(codes: readonly number[], bits: number, order: CodeOrder): Uint8Array {
  const digits = codes.map((code) => code.toString(2).padStart(bits, "0"));
  const reverse = (text: string): string => [...text].reverse().join("");
  const stream = (order === "low-first" ? digits.map(reverse) : digits).join("");
  const bytes = stream.match(/.{1,8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => {
    const padded = byte.padEnd(8, "0");
    return parseInt(order === "low-first" ? reverse(padded) : padded, 2);
  });
}

for (let bits = 1; bits <= 8; bits++) {
  Deno.test(`packCodes() with ${bits} bits is the bit stream written out, and unpackCodes() reads it`, () => {
    const code = fc.nat({ max: 2 ** bits - 1 });
    fc.assert(
      fc.property(fc.array(code, { maxLength: 40 }), (codes) => {
        for (const order of ["low-first", "high-first"] as const) {
          const bytes = packCodes(codes, bits, order);
          assertEquals(bytes, packAsText(codes, bits, order));
          assertEquals(unpackCodes(bytes, bits, codes.length, order), Uint8Array.from(codes));
        }
      }),
      { numRuns: 300, seed: bits },
    );
  });
}

Deno.test("packCodes() packs FP6 four to three bytes, low bits first", () => {
  assertEquals(packCodes([0x3f, 0, 0, 0], 6, "low-first"), new Uint8Array([0x3f, 0, 0]));
  assertEquals(packCodes([0, 0x3f, 0, 0], 6, "low-first"), new Uint8Array([0xc0, 0x0f, 0]));
  assertEquals(packCodes([0, 0x3f, 0, 0], 6, "high-first"), new Uint8Array([0x03, 0xf0, 0]));
});

Deno.test("packCodes() in GGML halves puts element i and i + 16 into byte i of each block", () => {
  const codes = Uint8Array.from({ length: 64 }, (_, i) => (i * 7 + (i >> 5)) % 16);
  const bytes = packCodes(codes, 4, "ggml-halves");
  assertEquals(bytes.length, 32);
  for (let i = 0; i < 64; i++) {
    const byte = bytes[Math.floor(i / 32) * 16 + i % 16]!;
    assertEquals(i % 32 < 16 ? byte % 16 : Math.floor(byte / 16), codes[i]);
  }
  assertEquals(unpackCodes(bytes, 4, 64, "ggml-halves"), codes);
});

Deno.test("unpackCodes() ignores what follows the last code", () => {
  assertEquals(unpackCodes(new Uint8Array([0xf1, 0xff]), 4, 1, "low-first"), new Uint8Array([1]));
  assertEquals(
    unpackCodes(new Uint8Array([0xb7, 0xff]), 3, 2, "high-first"),
    new Uint8Array([5, 5]),
  );
});

Deno.test("packCodes() and unpackCodes() refuse what cannot be", () => {
  assertThrows(() => packCodes([1], 0, "low-first"), NumericsError, "0 bits");
  assertThrows(() => packCodes([1], 9, "low-first"), NumericsError, "9 bits");
  assertThrows(() => packCodes([3, 16], 4, "low-first"), NumericsError, "element 1");
  assertThrows(() => packCodes([-1], 4, "low-first"), NumericsError, "does not fit");
  assertThrows(() => packCodes([1], 4, "ggml-halves"), NumericsError, "ggml-halves");
  assertThrows(() => packCodes(new Array(32).fill(0), 3, "ggml-halves"), NumericsError, "3 bits");
  assertThrows(() => unpackCodes(new Uint8Array(1), 4, 3, "low-first"), NumericsError, "2 bytes");
});
