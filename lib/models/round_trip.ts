import { plena, roundToBf16 } from "../numerics/mod.ts";
import { didYouMean } from "../text/mod.ts";
import { ModelError } from "./model_error.ts";

/** Formats whose loss is known: MX with the machine's blocks of 8, and bfloat16. */
export const LOSSY_FORMATS = ["mxfp8", "mxfp4", "bf16"] as const;

/** Name of such a format. */
export type LossyFormat = (typeof LOSSY_FORMATS)[number];

/** Elements under one scale. */
const BLOCK = 8;
const E8M0 = { sign: false, exponent: 8, mantissa: 0 };

/** Rounds blocks of a format in place. */
interface Rounder {
  /** Rounds `BLOCK` numbers, from `offset` on, to what comes back from memory. */
  (values: Float32Array, offset: number): void;
}

function rounder(format: Exclude<LossyFormat, "bf16">): Rounder {
  const element = format === "mxfp8"
    ? { type: "Fp", sign: true, exponent: 4, mantissa: 3 } as const
    : { type: "Fp", sign: true, exponent: 2, mantissa: 1 } as const;
  const options = format === "mxfp4" ? { subByte: true } : {};
  const quantise = plena.blockQuantiser(element, E8M0, options);
  const values = new Float32Array(plena.decodeTable(element, options).buffer);
  const codes = new Uint32Array(BLOCK);
  return (numbers, offset) => {
    const scale = 2 ** (quantise(numbers, offset, BLOCK, codes, 0) - 127);
    for (let i = 0; i < BLOCK; i++) numbers[offset + i] = values[codes[i]!]! * scale;
  };
}

const rounders = new Map<LossyFormat, Rounder>();

/**
 * What comes back of numbers that were stored in a format and loaded again: rows of `columns`
 * numbers, in blocks of 8 along the row, the last one filled up with zeros. MXFP8 is the machine's
 * own (compiler specification, section 12), MXFP4 that of OCP. In place; returns `values`.
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
  const round = known ?? rounder(format);
  if (known === undefined) rounders.set(format, round);
  const whole = columns - columns % BLOCK;
  const rest = new Float32Array(BLOCK);
  for (let row = 0; row < values.length; row += columns) {
    for (let c = 0; c < whole; c += BLOCK) round(values, row + c);
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
