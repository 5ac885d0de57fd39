import { assertEquals } from "@std/assert";
import { matrixProduct } from "./matrix_product.ts";

/** Values whose sums round: bfloat16 with many exponents. */
function values(count: number, seed: number): Float32Array {
  const bits = new Uint32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    bits[i] = (state & 0x807f0000) | ((120 + ((state >>> 8) & 15)) << 23);
  }
  return new Float32Array(bits.buffer);
}

Deno.test("matrixProduct() rounds after each k, for every shape of its blocks and any strides", () => {
  const x = values(400, 1);
  const w = values(400, 2);
  for (let rows = 1; rows <= 5; rows++) {
    for (let columns = 1; columns <= 9; columns++) {
      for (const [rowStep, xStep, wStep, columnStep] of [[20, 1, 11, 1], [17, 3, 1, 13]] as const) {
        const length = 19;
        const out = new Float32Array(rows * columns);
        // deno-fmt-ignore: operand by operand
        matrixProduct(x, 2, rowStep, xStep, w, 5, wStep, columnStep, length, rows, columns, out);
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) {
            let sum = 0;
            for (let k = 0; k < length; k++) {
              const product = x[2 + i * rowStep + k * xStep]! * w[5 + k * wStep + j * columnStep]!;
              sum = Math.fround(sum + product);
            }
            assertEquals(out[i * columns + j], sum, `${rows} x ${columns}, (${i}, ${j})`);
          }
        }
      }
    }
  }
});

Deno.test("matrixProduct() starts from +0, so that a sum of negative zeros is +0", () => {
  const out = Float32Array.of(1);
  matrixProduct(Float32Array.of(-0), 0, 1, 1, Float32Array.of(1), 0, 1, 1, 1, 1, 1, out);
  assertEquals(Object.is(out[0], 0), true);
});
