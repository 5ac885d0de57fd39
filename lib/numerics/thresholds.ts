import { decode } from "./decode.ts";
import { encode, type Rounding } from "./encode.ts";
import type { Format } from "./format.ts";
import { codeCount } from "./format.ts";
import { nextUp } from "./next_double.ts";
import { NumericsError } from "./numerics_error.ts";

/** So many cells that few hold a decision point and the comparison is mostly foreseen. */
const FEWEST_CELLS = 1 << 10;
/** Cells beyond which the values are too uneven for a uniform grid. */
const MOST_CELLS = 1 << 16;

/**
 * A fast equivalent of `encode` for doubles (not NaN), for formats of at most 8 bits in which every
 * code is a finite number, 0 is among them, and the values lie about evenly: NF4, E2M1, E2M3, E3M2.
 *
 * The codes are taken in the order of their values. One look at a uniform grid, in which no cell
 * holds two decision points, and one comparison with a decision point give the place in that order.
 * It is exact because the decision points are: each is the smallest double of the upper code.
 *
 * @throws {NumericsError} if the values are too uneven
 */
export function thresholdEncoder(
  format: Format,
  rounding: Exclude<Rounding, "stochastic">,
): (value: number) => number {
  const values = Array.from({ length: codeCount(format) }, (_, code) => decode(format, code));
  // A stable sort in which −0 comes before +0.
  const order = Uint8Array.from(values.keys()).sort((a, b) =>
    values[a]! - values[b]! || Number(Object.is(values[b], -0)) - Number(Object.is(values[a], -0))
  );
  const last = order.length - 1;
  const points = new Float64Array(order.length + 1).fill(Infinity);
  for (let i = 1; i <= last; i++) {
    const low = values[order[i - 1]!]!;
    const high = values[order[i]!]!;
    if (rounding === "toward-zero") {
      points[i] = low < 0 ? nextUp(low) : high;
    } else {
      const middle = (low + high) / 2;
      points[i] = encode(format, middle) === order[i] ? middle : nextUp(middle);
    }
  }
  const start = points[1]!;
  const end = points[last]!;
  const { grid, perUnit } = makeGrid(format, points, last);
  const negativeZero = encode(format, -0);
  return (value: number): number => {
    // The decision point between the zeros cannot tell them apart.
    if (value === 0 && 1 / value < 0) return negativeZero;
    const place = grid[((Math.min(Math.max(value, start), end) - start) * perUnit) | 0]!;
    return order[value >= points[place + 1]! ? place + 1 : place]!;
  };
}

/** For each cell the place below the decision point in it, or below the next one. */
function makeGrid(
  format: Format,
  points: Float64Array,
  last: number,
): { grid: Uint8Array; perUnit: number } {
  const start = points[1]!;
  const range = points[last]! - start;
  for (let cells = FEWEST_CELLS; cells <= MOST_CELLS; cells *= 2) {
    const perUnit = (cells - 1) / range;
    // The same expression as in the search, so rounding cannot separate the two.
    const cellOf = (i: number): number => ((points[i]! - start) * perUnit) | 0;
    let separate = true;
    for (let i = 2; i <= last; i++) separate &&= cellOf(i) > cellOf(i - 1);
    if (!separate) continue;
    const grid = new Uint8Array(cells).fill(last);
    for (let i = last; i >= 1; i--) grid.fill(i - 1, 0, cellOf(i) + 1);
    return { grid, perUnit };
  }
  throw new NumericsError(
    `The values of ${format.name} lie too unevenly for a code book`,
    "keep neighbours further apart than 1 / 65,536 of the whole range",
  );
}
