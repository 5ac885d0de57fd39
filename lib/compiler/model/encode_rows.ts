import type { TensorType } from "../../boards/mod.ts";
import { storedSize } from "../../memory/mod.ts";
import { f32ToBf16, plena } from "../../numerics/mod.ts";
import { CompileError } from "../compile_error.ts";

/** How the machine that will read a tensor reads codes. */
export interface CodeRules {
  /** E4M3 as in OCP MX. */
  readonly ocpE4m3?: boolean | undefined;
}

/**
 * Quantises a tensor to a type of the machine, with the machine's own quantiser: elements row by row,
 * then the scales.
 *
 * @param values rows × columns, row by row.
 * @throws {CompileError} When the scales are integers.
 */
export function quantiseRows(
  values: Float32Array,
  rows: number,
  columns: number,
  type: TensorType,
  rules: CodeRules = {},
): Uint8Array {
  const { elementBytes, scaleBytes } = storedSize(rows, columns, type);
  const bytes = new Uint8Array(elementBytes + scaleBytes);
  const width = plena.codeWidth(type.element);
  if (type.kind === "plain") {
    const { element } = type;
    const isBf16 = element.type === "Fp" && element.sign && element.exponent === 8 &&
      element.mantissa === 7;
    if (isBf16) {
      const codes = f32ToBf16(values);
      for (let i = 0; i < codes.length; i++) {
        bytes[2 * i] = codes[i]! & 0xff;
        bytes[2 * i + 1] = codes[i]! >>> 8;
      }
      return bytes;
    }
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < values.length; i++) {
      plena.putCode(bytes, 0, width, i, plena.encodeFromF32Bits(bits[i]!, element));
    }
    return bytes;
  }
  if (type.scale.type !== "Fp") {
    throw new CompileError(
      "a tensor type with integer scales cannot be stored",
      "choose E8M0 scales in the settings",
    );
  }
  const quantise = plena.blockQuantiser(type.element, type.scale, {
    ocpE4m3: rules.ocpE4m3 ?? false,
    subByte: width < 8,
  });
  const { block } = type;
  const codes = new Uint32Array(block);
  const scaleWidth = plena.codeWidth(type.scale);
  for (let k = 0; k * block < values.length; k++) {
    const scale = quantise(values, k * block, block, codes, 0);
    if (scaleWidth === 8) bytes[elementBytes + k] = scale;
    else plena.putCode(bytes, elementBytes, scaleWidth, k, scale);
    for (let i = 0; i < block; i++) {
      if (width === 8) bytes[k * block + i] = codes[i]!;
      else plena.putCode(bytes, 0, width, k * block + i, codes[i]!);
    }
  }
  return bytes;
}
