import { assertEquals } from "@std/assert";
import { HBM_TYPES, type TensorType } from "../../boards/mod.ts";
import { plena, random } from "../../numerics/mod.ts";
import { quantiseRows } from "./encode_rows.ts";

const E8M0 = { type: "Fp", sign: false, exponent: 8, mantissa: 0 } as const;
const float = (exponent: number, mantissa: number): TensorType => ({
  kind: "mx",
  element: { type: "Fp", sign: true, exponent, mantissa },
  scale: E8M0,
  block: 8,
});
const TYPES: Readonly<Record<string, TensorType>> = {
  mxfp8: HBM_TYPES.mxfp8,
  "E5M2 blocks": float(5, 2),
  "E3M4 blocks": float(3, 4),
  mxfp4: HBM_TYPES.mxfp4,
};

/** Any bits, numbers of the sizes of weights, and those next to powers of two and ties. */
function hardNumbers(): Float32Array {
  const draw = random(7);
  const bits = new Uint32Array(2 ** 16);
  for (let i = 0; i < bits.length; i++) {
    const kind = Math.floor(i / 64) % 4;
    const any = Math.floor(draw() * 2 ** 32);
    const exponent = kind === 0 ? any & 0x7f800000 : (100 + (any >>> 25) % 40) << 23;
    const low = [0xffff, 0xfffe, 0, 1, any & 0xffff][any % 5]!;
    bits[i] = (any & 0x80000000) | exponent |
      (kind === 2 ? 0x7f0000 : kind === 3 ? (any & 0x70) << 16 : any & 0x7f0000) | low;
    if ((bits[i]! & 0x7f800000) === 0x7f800000) bits[i]! &= 0x80ffffff;
  }
  return new Float32Array(bits.buffer);
}

for (const [name, type] of Object.entries(TYPES)) {
  for (const rules of [{}, { initial: true }, { ocpE4m3: true }]) {
    Deno.test(`quantiseRows() gives the quantiser's own codes: ${name} ${JSON.stringify(rules)}`, () => {
      if (type.kind !== "mx" || type.scale.type !== "Fp") throw new Error();
      const values = hardNumbers();
      const { block } = type;
      const width = plena.codeWidth(type.element);
      const bytes = quantiseRows(values, 1, values.length, type, rules);
      const quantise = plena.blockQuantiser(type.element, type.scale, {
        ...rules,
        subByte: width < 8,
      });
      const codes = new Uint32Array(block);
      for (let k = 0; k * block < values.length; k++) {
        const scale = quantise(values, k * block, block, codes, 0);
        assertEquals(bytes[values.length * width / 8 + k], scale);
        for (let i = 0; i < block; i++) {
          const found = plena.codeAt(bytes, 0, width, k * block + i);
          if (found !== codes[i]) assertEquals(found, codes[i], `${values[k * block + i]}`);
        }
      }
    });
  }
}

Deno.test("quantiseRows() fills HBM as the public tools do: blocks of zeros have scale 97", () => {
  const zeros = new Float32Array(16);
  const stored = [...quantiseRows(zeros, 1, 16, HBM_TYPES.mxfp8)];
  assertEquals(stored, Array(18).fill(0));
  const filled = [...quantiseRows(zeros, 1, 16, HBM_TYPES.mxfp8, { initial: true })];
  assertEquals(filled, [...Array(16).fill(0), 97, 97]);
});
