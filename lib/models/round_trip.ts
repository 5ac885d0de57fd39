import { plena, roundToBf16 } from "../numerics/mod.ts";
import { didYouMean } from "../text/mod.ts";
import { ModelError } from "./model_error.ts";

/**
 * Formats whose loss is known: MXFP8 with the public machine's blocks of 8, MXFP4 with the 32 of OCP
 * MX 1.0, as `STORAGE_FORMATS` has them, and bfloat16.
 */
export const LOSSY_FORMATS = ["mxfp8", "mxfp4", "bf16"] as const;

/** Name of such a format. */
export type LossyFormat = (typeof LOSSY_FORMATS)[number];

const E8M0 = { sign: false, exponent: 8, mantissa: 0 };

/** Elements of a block format, and how many are under one scale. */
const BLOCKS = {
  mxfp8: { block: 8, element: { type: "Fp", sign: true, exponent: 4, mantissa: 3 } },
  mxfp4: { block: 32, element: { type: "Fp", sign: true, exponent: 2, mantissa: 1 } },
} as const;

/** Rounds blocks of a format in place. */
interface Rounder {
  /** Elements of a block. */
  readonly block: number;
  /** Rounds a block of numbers, from `offset` on, to what comes back from memory. */
  round(values: Float32Array, offset: number): void;
}

function rounder(format: keyof typeof BLOCKS): Rounder {
  const { block, element } = BLOCKS[format];
  // Repaired are only the elements of 4 bits, which the public machine does not have.
  const options = { subByte: true };
  const quantise = plena.blockQuantiser(element, E8M0, options);
  const values = new Float32Array(plena.decodeTable(element, options).buffer);
  const codes = new Uint32Array(block);
  return {
    block,
    round: (numbers, offset) => {
      const scale = 2 ** (quantise(numbers, offset, block, codes, 0) - 127);
      for (let i = 0; i < block; i++) numbers[offset + i] = values[codes[i]!]! * scale;
    },
  };
}

const rounders = new Map<LossyFormat, Rounder>();

/**
 * What comes back of numbers that were stored in a format and loaded again: rows of `columns`
 * numbers, in blocks along the row, the last one filled up with zeros. MXFP8 is the machine's own, with
 * blocks of 8 (compiler specification, section 12), MXFP4 that of OCP MX 1.0, with blocks of 32. In
 * place; returns `values`.
 *
 * @throws {ModelError} If the format is not one of {@linkcode LOSSY_FORMATS}.
 */
export function roundTrip(
  values: Float32Array,
  columns: number,
  format: LossyFormat,
): Float32Array {
  if (format === "bf16") return roundToBf16(values);
  if (!LOSSY_FORMATS.includes(format)) {
    throw new ModelError(
      `The loss of the format ${JSON.stringify(format)} is not known`,
      `${didYouMean(format, LOSSY_FORMATS)}known are ${LOSSY_FORMATS.join(", ")}`,
    );
  }
  const known = rounders.get(format);
  const found = known ?? rounder(format);
  if (known === undefined) rounders.set(format, found);
  const { block, round } = found;
  const whole = columns - columns % block;
  const rest = new Float32Array(block);
  for (let row = 0; row < values.length; row += columns) {
    for (let c = 0; c < whole; c += block) round(values, row + c);
    if (whole === columns) continue;
    rest.fill(0);
    rest.set(values.subarray(row + whole, row + columns));
    round(rest, 0);
    values.set(rest.subarray(0, columns - whole), row + whole);
  }
  return values;
}

/**
 * The same for a matrix (outputs, inputs) that is stored transposed, as the machine has its weights:
 * blocks run over the outputs of one input. Blocks do not reach from one group of `group` outputs (a
 * head) into the next. In place; returns `matrix`.
 */
export function roundTripWeight(
  matrix: Float32Array,
  inputs: number,
  format: LossyFormat,
  group: number = matrix.length / inputs,
): Float32Array {
  if (format === "bf16") return roundToBf16(matrix);
  const outputs = matrix.length / inputs;
  const row = new Float32Array(outputs);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) row[o] = matrix[o * inputs + i]!;
    roundTrip(row, group, format);
    for (let o = 0; o < outputs; o++) matrix[o * inputs + i] = row[o]!;
  }
  return matrix;
}
