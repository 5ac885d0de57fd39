import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  decode,
  dequantizeBlocks,
  E2M1,
  MXFP4,
  NF4,
  NVFP4,
  packElements,
  quantizeBlocks,
  random,
} from "../numerics/mod.ts";
import { AtomError } from "./atom_error.ts";
import {
  dequantiseTensor,
  type Quantisation,
  quantiseTensor,
  SCALINGS,
  tensorBytes,
  WEIGHT_FORMATS,
} from "./quantised_tensor.ts";
import { fakeQuantise } from "./training/fake_quantise.ts";

function matrix(seed: number, count: number): Float64Array {
  const draw = random(seed);
  return Float64Array.from({ length: count }, () => (draw() - 0.5) * 2 ** (draw() * 6 - 3));
}

const VALUES = {
  e2m1: Array.from({ length: 16 }, (_, code) => decode(E2M1, code)),
  nf4: Array.from({ length: 16 }, (_, code) => decode(NF4, code)),
};

for (const format of ["e2m1", "nf4"] as const) {
  for (const scaling of SCALINGS) {
    Deno.test(`quantiseTensor() takes the nearest ${format} value, scaling ${scaling}`, () => {
      const [rows, columns] = [7, 5];
      const values = matrix(3, rows * columns);
      const tensor = quantiseTensor(values, rows, { format, scaling });
      const result = dequantiseTensor(tensor);
      const top = VALUES[format].reduce((a, b) => Math.max(a, b));
      for (let i = 0; i < values.length; i++) {
        const row = Math.floor(i / columns);
        const group = scaling === "row" ? values.slice(row * columns, (row + 1) * columns) : values;
        const largest = group.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        const scale = scaling === "none" ? 1 : Math.fround(largest / top);
        const distances = VALUES[format].map((value) => Math.abs(values[i]! - value * scale));
        assertAlmostEquals(Math.abs(values[i]! - result[i]!), Math.min(...distances), 1e-12);
        assert(VALUES[format].some((value) => value * scale === result[i]));
      }
    });
  }
}

Deno.test("quantiseTensor() makes the blocks of the standards for MXFP4 and NVFP4", () => {
  for (const [format, blocks] of [["mxfp4", MXFP4], ["nvfp4", NVFP4]] as const) {
    const values = matrix(5, 3 * 40);
    const expected = quantizeBlocks(Float32Array.from(values), blocks, { rowLength: 40 });
    const tensor = quantiseTensor(values, 3, { format, scaling: "none" });
    assertEquals(tensor.codes, packElements(expected).toHex());
    assertEquals([...dequantiseTensor(tensor)], [...dequantizeBlocks(expected)]);
  }
});

Deno.test("dequantiseTensor() gives float32 back bit for bit", () => {
  const values = Float32Array.from(matrix(9, 12));
  const tensor = quantiseTensor(Float64Array.from(values), 3, {
    format: "float32",
    scaling: "none",
  });
  assertEquals([...dequantiseTensor(tensor)], [...values]);
});

Deno.test("fakeQuantise() gives the values that the codes stand for, in every format", () => {
  for (const format of WEIGHT_FORMATS) {
    for (const scaling of SCALINGS) {
      for (const multiple of [0.5, 1, 1.7]) {
        for (let seed = 0; seed < 20; seed++) {
          const rows = 1 + seed % 4;
          const values = matrix(seed, rows * (3 + seed * 3));
          if (seed === 7) values.fill(0);
          const quantisation: Quantisation = { format, scaling, multiple };
          const fake = new Float64Array(values.length);
          fakeQuantise(values, rows, quantisation, fake);
          const real = dequantiseTensor(quantiseTensor(values, rows, quantisation));
          for (let i = 0; i < fake.length; i++) {
            const bound = 3e-7 * Math.abs(real[i]!);
            assertAlmostEquals(fake[i]!, real[i]!, Math.max(bound, 1e-30), `${format} ${scaling}`);
          }
        }
      }
    }
  }
});

Deno.test("tensorBytes() is what quantiseTensor() writes, and other sizes are refused", () => {
  for (const format of WEIGHT_FORMATS) {
    for (const scaling of SCALINGS) {
      const tensor = quantiseTensor(matrix(1, 3 * 35), 3, { format, scaling });
      const { codes, scales } = tensorBytes(tensor);
      assertEquals([tensor.codes.length / 2, tensor.scales.length / 2], [codes, scales]);
      assertThrows(
        () => dequantiseTensor({ ...tensor, codes: tensor.codes.slice(2) }, "W"),
        AtomError,
        `W: codes of ${codes - 1} bytes, expected ${codes}`,
      );
      assertThrows(
        () => dequantiseTensor({ ...tensor, scales: tensor.scales + "00" }, "W"),
        AtomError,
        `W: scales of ${scales + 1} bytes, expected ${scales}`,
      );
    }
  }
});
