import { assert } from "@std/assert";
import { type MachineSettings, SHIPPED_SETTINGS } from "../../boards/mod.ts";
import { type Machine, run } from "../../emulator/mod.ts";
import { idealMemory, SparseMemory } from "../../memory/mod.ts";
import { random, roundToBf16 } from "../../numerics/mod.ts";
import {
  attentionProgram,
  feedForwardProgram,
  type KernelProgram,
  linearProgram,
} from "./kernel_program.ts";

const BF16 = SHIPPED_SETTINGS.precision.VECTOR_SRAM_TYPE;

/** Settings with bfloat16 everywhere, so that nothing is lost on the way to the machine. */
const EXACT: MachineSettings = {
  ...SHIPPED_SETTINGS,
  precision: {
    ...SHIPPED_SETTINGS.precision,
    HBM_M_WEIGHT_TYPE: BF16,
    HBM_M_KV_TYPE: BF16,
    HBM_V_ACT_TYPE: BF16,
    HBM_V_KV_TYPE: BF16,
  },
};

function numbers(count: number, scale: number, seed: number): Float32Array {
  const draw = random(seed);
  return roundToBf16(Float32Array.from({ length: count }, () => (2 * draw() - 1) * scale));
}

/** The result of a program: (rows, columns). */
function resultOf(program: KernelProgram): Float32Array {
  const hbm = new SparseMemory(EXACT.config.hbmSizeBytes);
  for (const { address, bytes } of program.hbm) hbm.write(address, bytes);
  const { words, fpSram, intSram, output } = program;
  const settings = EXACT;
  const memory = idealMemory();
  const result = run({ program: words, settings, memory, hbm, fpSram, intSram });
  assert(result.fault === undefined, result.fault?.reason);
  return rowsOf(result.machine, output);
}

function rowsOf(machine: Machine, tensor: KernelProgram["output"]): Float32Array {
  const { rows, blocks, address, rowPitch, blockPitch } = tensor;
  const values = new Float32Array(rows * blocks * 64);
  for (let r = 0; r < rows; r++) {
    for (let b = 0; b < blocks; b++) {
      const row = machine.readRow((address + r * rowPitch + b * blockPitch) / 64);
      values.set(row, (r * blocks + b) * 64);
    }
  }
  return values;
}

/** (rows, inputs) times (inputs, outputs), rounded once. */
function times(x: Float32Array, w: Float32Array, rows: number): Float32Array {
  const inputs = x.length / rows;
  const outputs = w.length / inputs;
  const y = new Float32Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    for (let n = 0; n < outputs; n++) {
      let sum = 0;
      for (let k = 0; k < inputs; k++) sum += x[r * inputs + k]! * w[k * outputs + n]!;
      y[r * outputs + n] = sum;
    }
  }
  return roundToBf16(y);
}

function assertClose(values: Float32Array, truth: Float32Array, bound: number): void {
  let error = 0;
  let power = 0;
  for (const [i, value] of truth.entries()) {
    error += (values[i]! - value) ** 2;
    power += value ** 2;
  }
  const relative = Math.sqrt(error / power);
  assert(values.length === truth.length && relative <= bound, `relative RMS ${relative}`);
}

Deno.test("linearProgram() multiplies, whatever the unrolling", () => {
  const shapes = [[12, 128, 192], [4, 1408, 64], [68, 64, 256], [64, 384, 256], [64, 128, 192]];
  for (const [rows, inputs, outputs] of shapes as [number, number, number][]) {
    const x = numbers(rows * inputs, 1, 1);
    const w = numbers(inputs * outputs, 0.1, 2);
    const truth = times(x, w, rows);
    for (const budget of [1, 13, 54, 216]) {
      assertClose(resultOf(linearProgram(EXACT, x, w, rows, budget)), truth, 1e-4);
    }
  }
});

Deno.test("feedForwardProgram() gates with silu", () => {
  for (const [rows, hidden, inner] of [[8, 64, 128], [64, 128, 64]] as const) {
    const x = numbers(rows * hidden, 1, 1);
    const gateUp = numbers(hidden * 2 * inner, 0.3, 2);
    const down = numbers(inner * hidden, 0.1, 3);
    const both = times(x, gateUp, rows);
    const gated = new Float32Array(rows * inner);
    const round = (value: number): number => roundToBf16(Float32Array.of(value))[0]!;
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < inner; i++) {
        const gate = both[r * 2 * inner + i]!;
        const up = both[r * 2 * inner + inner + i]!;
        // The matrices are negated: -g / (1 + exp(-g)) · -u.
        const share = round(1 / round(round(Math.exp(gate)) + 1));
        gated[r * inner + i] = round(round(share * gate) * up);
      }
    }
    const program = feedForwardProgram(EXACT, x, gateUp, down, rows);
    assertClose(resultOf(program), times(gated, down, rows), 1e-3);
  }
});

Deno.test("attentionProgram() is causal softmax attention over several blocks of keys", () => {
  const rows = 192;
  const [q, k, v] = [1, 2, 3].map((seed) => numbers(rows * 64, 0.5, seed));
  const truth = new Float32Array(rows * 64);
  for (let r = 0; r < rows; r++) {
    const weights = Array.from({ length: r + 1 }, (_, key) => {
      let score = 0;
      for (let d = 0; d < 64; d++) score += q![r * 64 + d]! * k![key * 64 + d]!;
      return Math.exp(score);
    });
    const sum = weights.reduce((a, b) => a + b);
    for (const [key, weight] of weights.entries()) {
      for (let d = 0; d < 64; d++) truth[r * 64 + d]! += weight / sum * v![key * 64 + d]!;
    }
  }
  // The truth is not rounded; bfloat16 scores and weights are.
  assertClose(resultOf(attentionProgram(EXACT, q!, k!, v!)), truth, 1e-2);
});
