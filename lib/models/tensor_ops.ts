/**
 * y = x · wᵀ (+ bias): x is (rows, inputs), w (outputs, inputs) as Hugging Face stores it. Sums are
 * float64. Four rows of x share a pass over a row of w.
 */
export function linear(
  x: Float64Array,
  w: Float32Array,
  inputs: number,
  bias?: Float32Array,
): Float64Array {
  const rows = x.length / inputs;
  const outputs = w.length / inputs;
  const y = new Float64Array(rows * outputs);
  const whole = rows - rows % 4;
  for (let o = 0; o < outputs; o++) {
    const row = o * inputs;
    const b = bias === undefined ? 0 : bias[o]!;
    for (let r = 0; r < whole; r += 4) {
      const x0 = r * inputs;
      const x1 = x0 + inputs;
      const x2 = x1 + inputs;
      const x3 = x2 + inputs;
      let s0 = b;
      let s1 = b;
      let s2 = b;
      let s3 = b;
      for (let i = 0; i < inputs; i++) {
        const f = w[row + i]!;
        s0 += f * x[x0 + i]!;
        s1 += f * x[x1 + i]!;
        s2 += f * x[x2 + i]!;
        s3 += f * x[x3 + i]!;
      }
      const at = r * outputs + o;
      y[at] = s0;
      y[at + outputs] = s1;
      y[at + 2 * outputs] = s2;
      y[at + 3 * outputs] = s3;
    }
    for (let r = whole; r < rows; r++) {
      const start = r * inputs;
      let s0 = b;
      let s1 = 0;
      let i = 0;
      for (; i + 1 < inputs; i += 2) {
        s0 += w[row + i]! * x[start + i]!;
        s1 += w[row + i + 1]! * x[start + i + 1]!;
      }
      if (i < inputs) s0 += w[row + i]! * x[start + i]!;
      y[r * outputs + o] = s0 + s1;
    }
  }
  return y;
}

/** Every group of `width` numbers divided by its root mean square, times the gain. */
export function rmsNorm(
  x: Float64Array,
  gain: Float32Array,
  width: number,
  epsilon: number,
): Float64Array {
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += x[start + i]! ** 2;
    const factor = 1 / Math.sqrt(sum / width + epsilon);
    for (let i = 0; i < width; i++) out[start + i] = x[start + i]! * factor * gain[i]!;
  }
  return out;
}

/** silu(gate) · up, in place of `gate`. */
export function gatedSilu(gate: Float64Array, up: Float64Array): void {
  for (let i = 0; i < gate.length; i++) {
    const g = gate[i]!;
    gate[i] = g / (1 + Math.exp(-g)) * up[i]!;
  }
}

/** x += y. */
export function addTo(x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i] = x[i]! + y[i]!;
}
