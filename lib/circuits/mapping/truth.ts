/**
 * Functions of up to six variables as 64 bits in two words: row r is bit r of `low`, or bit r − 32 of
 * `high`. Variables that a function does not have repeat it.
 */
export interface Truth {
  /** Rows 0 to 31. */
  low: number;
  /** Rows 32 to 63. */
  high: number;
}

/** Rows in which variable 0 to 4 is 1, in each word. */
const ONES = [0xaaaaaaaa | 0, 0xcccccccc | 0, 0xf0f0f0f0 | 0, 0xff00ff00 | 0, 0xffff0000 | 0];
/** The variable 0. */
export const FIRST_VARIABLE: Readonly<Truth> = { low: ONES[0]!, high: ONES[0]! };

/** Exchanges the variables v and v + 1. */
function swapNext(truth: Truth, v: number): void {
  if (v === 4) {
    const { low, high } = truth;
    truth.low = (low & 0xffff) | (high << 16);
    truth.high = (low >>> 16) | (high & 0xffff0000);
    return;
  }
  // Rows where v is 1 and v + 1 is 0 go up, those with v 0 and v + 1 is 1 down.
  const shift = 1 << v;
  const up = ONES[v]! & ~ONES[v + 1]!;
  const down = ~ONES[v]! & ONES[v + 1]!;
  const stay = ~(up | down);
  const { low, high } = truth;
  truth.low = (low & stay) | ((low & up) << shift) | ((low & down) >>> shift);
  truth.high = (high & stay) | ((high & up) << shift) | ((high & down) >>> shift);
}

/**
 * Moves variables up: variable i of a function of `count` becomes `places[i]`, where places ascend.
 */
export function stretch(truth: Truth, count: number, places: Int32Array): void {
  for (let i = count - 1; i >= 0; i--) {
    for (let v = i; v < places[i]!; v++) swapNext(truth, v);
  }
}

/** Whether a function depends on a variable. */
export function dependsOn({ low, high }: Truth, v: number): boolean {
  if (v === 5) return low !== high;
  const shift = 1 << v;
  return (((low >>> shift) ^ low) & ~ONES[v]!) !== 0 ||
    (((high >>> shift) ^ high) & ~ONES[v]!) !== 0;
}

/** Moves variable `v` behind the last one of `count`, the others close up. */
export function moveLast(truth: Truth, v: number, count: number): void {
  for (let at = v; at + 1 < count; at++) swapNext(truth, at);
}

/** Whether the function rises or falls with every variable, but with none does both. */
export function isUnate({ low, high }: Truth, count: number): boolean {
  for (let v = 0; v < count; v++) {
    let rises: number;
    let falls: number;
    if (v === 5) {
      rises = high & ~low;
      falls = low & ~high;
    } else {
      const shift = 1 << v;
      const zeros = ~ONES[v]!;
      const [lowUp, highUp] = [low >>> shift, high >>> shift];
      rises = (lowUp & ~low & zeros) | (highUp & ~high & zeros);
      falls = (low & ~lowUp & zeros) | (high & ~highUp & zeros);
    }
    if (rises !== 0 && falls !== 0) return false;
  }
  return true;
}
