import { CompileError } from "../compile_error.ts";
import { roundUp } from "../round_up.ts";

/** A tensor of the vector SRAM and when it is alive. */
export interface VectorRequest {
  /** Its name. */
  readonly name: string;
  /** Rows of MLEN elements. */
  readonly rows: number;
  /** What its first row is a multiple of. */
  readonly alignment: number;
  /** First step that touches it. */
  readonly first: number;
  /** Last step that touches it. */
  readonly last: number;
}

/** Where tensors of the vector SRAM lie. */
export interface VectorPlacement {
  /** First row of every tensor. */
  readonly rowOf: ReadonlyMap<string, number>;
  /** Rows that are used at the most. */
  readonly rows: number;
}

/**
 * Places tensors in the vector SRAM: each at the lowest rows that no tensor has that is alive at the
 * same time, the longest-lived and largest first.
 *
 * @throws {CompileError} Naming the first tensor that does not fit.
 */
export function placeVectors(
  requests: readonly VectorRequest[],
  capacityRows: number,
): VectorPlacement {
  const rowOf = new Map<string, number>();
  const placed: (VectorRequest & { readonly row: number })[] = [];
  let rows = 0;
  const life = ({ first, last }: VectorRequest): number => last - first;
  const order = [...requests].sort((a, b) => life(b) - life(a) || b.rows - a.rows);
  for (const request of order) {
    const others = placed
      .filter(({ first, last }) => first <= request.last && request.first <= last)
      .sort((a, b) => a.row - b.row);
    let row = 0;
    for (const other of others) {
      if (row + request.rows <= other.row) break;
      row = Math.max(row, roundUp(other.row + other.rows, request.alignment));
    }
    if (row + request.rows > capacityRows) {
      throw new CompileError(
        `${request.name} needs ${request.rows} rows of the vector SRAM from row ${row} on, ` +
          `the machine has ${capacityRows}`,
        "choose a shorter sequence, or raise VECTOR_SRAM_SIZE in the settings",
      );
    }
    rowOf.set(request.name, row);
    placed.push({ ...request, row });
    rows = Math.max(rows, row + request.rows);
  }
  return { rowOf, rows };
}
