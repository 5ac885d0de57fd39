import { tileIndex, type WeightTiling } from "../kernels/linear.ts";
import type { RowWriter } from "./encode_rows.ts";
import type { ColumnMap } from "./geometry.ts";

/** Columns of a projection's weights. */
export interface WeightColumns {
  /** Reads the matrix, (out, in), as Hugging Face stores it. */
  readonly weight: () => Float32Array;
  /** For each padded column the model's output. */
  readonly map: ColumnMap;
  /** Factor on all of them. */
  readonly scale: number;
}

/** A matrix, of which parts are read one after the other. */
export interface TiledMatrix {
  /** For each padded input the model's. */
  readonly inputs: ColumnMap;
  /** Inputs of the model. */
  readonly features: number;
  /** Factor of each input. */
  readonly gain: Float64Array | undefined;
  /** The outputs. */
  readonly columns: readonly WeightColumns[];
}

/** Writes a weight matrix as tiles in the order in which the program fetches them. */
export function fillTiles(
  writer: RowWriter,
  tiling: WeightTiling,
  mlen: number,
  { inputs, features, gain, columns }: TiledMatrix,
): void {
  const tile = new Float32Array(mlen * mlen);
  let block = 0;
  for (const { weight: read, map, scale } of columns) {
    const weight = read();
    for (let from = 0; from < map.length; from += mlen, block++) {
      for (const part of tiling.parts) {
        const { firstDepth, depth } = part;
        for (let t = 0; t < depth; t++) {
          tile.fill(0);
          for (let k = 0; k < mlen; k++) {
            const input = inputs[(firstDepth + t) * mlen + k]!;
            if (input < 0) continue;
            const factor = scale * (gain === undefined ? 1 : gain[input]!);
            for (let n = 0; n < mlen; n++) {
              const output = map[from + n]!;
              if (output >= 0) tile[k * mlen + n] = weight[output * features + input]! * factor;
            }
          }
          writer.write(tile, tileIndex(part, block, t) * mlen);
        }
      }
    }
  }
}
