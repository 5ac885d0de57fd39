/**
 * A small matrix product in the machine's order: for each output from +0 on, for k = 0, 1, ...,
 * product and sum in binary64, rounded to binary32 after each k. That is a fused multiply-add
 * wherever the product of two elements has at most 24 bits, as of bfloat16 and every 8-bit type.
 *
 * Operands may lie anywhere: element (i, k) of the left one at `left + i * leftRow + k * leftStep`,
 * element (k, j) of the right one at `right + k * rightStep + j * rightColumn`. Output (i, j) goes
 * to `out[i * columns + j]`.
 */
export function matrixProduct(
  x: Float32Array,
  left: number,
  leftRow: number,
  leftStep: number,
  w: Float32Array,
  right: number,
  rightStep: number,
  rightColumn: number,
  length: number,
  rows: number,
  columns: number,
  out: Float32Array,
): void {
  const fround = Math.fround;
  let i = 0;
  // Eight sums at a time: enough to hide the latency of one behind the others.
  for (; i + 2 <= rows; i += 2) {
    const x0 = left + i * leftRow;
    const x1 = x0 + leftRow;
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      let xk = 0;
      let w0 = right + j * rightColumn;
      let a0 = 0;
      let a1 = 0;
      let a2 = 0;
      let a3 = 0;
      let b0 = 0;
      let b1 = 0;
      let b2 = 0;
      let b3 = 0;
      for (let k = 0; k < length; k++) {
        const a = x[x0 + xk]!;
        const b = x[x1 + xk]!;
        const c0 = w[w0]!;
        const c1 = w[w0 + rightColumn]!;
        const c2 = w[w0 + 2 * rightColumn]!;
        const c3 = w[w0 + 3 * rightColumn]!;
        a0 = fround(a0 + a * c0);
        a1 = fround(a1 + a * c1);
        a2 = fround(a2 + a * c2);
        a3 = fround(a3 + a * c3);
        b0 = fround(b0 + b * c0);
        b1 = fround(b1 + b * c1);
        b2 = fround(b2 + b * c2);
        b3 = fround(b3 + b * c3);
        xk += leftStep;
        w0 += rightStep;
      }
      const at = i * columns + j;
      out[at] = a0;
      out[at + 1] = a1;
      out[at + 2] = a2;
      out[at + 3] = a3;
      out[at + columns] = b0;
      out[at + columns + 1] = b1;
      out[at + columns + 2] = b2;
      out[at + columns + 3] = b3;
    }
    for (; j < columns; j++) {
      let xk = 0;
      let w0 = right + j * rightColumn;
      let a0 = 0;
      let b0 = 0;
      for (let k = 0; k < length; k++) {
        const c0 = w[w0]!;
        a0 = fround(a0 + x[x0 + xk]! * c0);
        b0 = fround(b0 + x[x1 + xk]! * c0);
        xk += leftStep;
        w0 += rightStep;
      }
      out[i * columns + j] = a0;
      out[(i + 1) * columns + j] = b0;
    }
  }
  for (; i < rows; i++) {
    const x0 = left + i * leftRow;
    for (let j = 0; j < columns; j++) {
      let xk = x0;
      let w0 = right + j * rightColumn;
      let a0 = 0;
      for (let k = 0; k < length; k++) {
        a0 = fround(a0 + x[xk]! * w[w0]!);
        xk += leftStep;
        w0 += rightStep;
      }
      out[i * columns + j] = a0;
    }
  }
}
