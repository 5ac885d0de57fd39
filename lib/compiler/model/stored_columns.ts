import { decodeTensor } from "../../memory/mod.ts";
import type { Contraction } from "../../models/mod.ts";
import type { TensorType } from "../../boards/mod.ts";
import type { WeightTiling } from "../kernels/linear.ts";
import { type CodeRules, quantiseRows } from "./encode_rows.ts";
import type { ColumnMap } from "./geometry.ts";
import type { Through } from "./terms.ts";

/** What comes back of rows that are stored in a type. */
export function lossOf(type: TensorType, rules: CodeRules): Through {
  return (rows, columns) => {
    const count = rows.length / columns;
    const bytes = quantiseRows(rows, count, columns, type, rules);
    return decodeTensor(bytes, count, columns, type, { ocpE4m3: rules.ocpE4m3 ?? false });
  };
}

/** The tiles of a contraction over columns that are padded and ordered by a map. */
export function tileOrder({ parts }: WeightTiling, map: ColumnMap, mlen: number): Contraction {
  return parts.map(({ firstDepth, depth }) =>
    Array.from({ length: depth }, (_, t) => {
      const from = (firstDepth + t) * mlen;
      return map.subarray(from, from + mlen).filter((column) => column >= 0);
    })
  );
}

/** Changes (rows, width) in place to what becomes of it in its padded layout. */
export function throughColumns(
  tensor: Float32Array,
  width: number,
  map: ColumnMap,
  through: Through,
): Float32Array {
  const rows = tensor.length / width;
  const padded = new Float32Array(rows * map.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < map.length; i++) {
      if (map[i]! >= 0) padded[row * map.length + i] = tensor[row * width + map[i]!]!;
    }
  }
  const read = through(padded, map.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < map.length; i++) {
      if (map[i]! >= 0) tensor[row * width + map[i]!] = read[row * map.length + i]!;
    }
  }
  return tensor;
}

/** The same for a matrix (outputs, inputs), which is stored with a row per input. */
export function throughTransposed(
  tensor: Float32Array,
  inputs: number,
  map: ColumnMap,
  through: Through,
): Float32Array {
  const outputs = tensor.length / inputs;
  const turned = new Float32Array(tensor.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) turned[i * outputs + o] = tensor[o * inputs + i]!;
  }
  throughColumns(turned, outputs, map, through);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) tensor[o * inputs + i] = turned[i * outputs + o]!;
  }
  return tensor;
}
