/** From the times of a data sheet to cycles, and from the words of a timing table to numbers. */
import { MemoryError } from "./memory_error.ts";

/**
 * Cycles of `tickPs` that cover a time of a data sheet: rounded up, unless the excess is below
 * 0.026 of a cycle (the rule of JEDEC's module data, in thousandths of a cycle).
 */
export function jedecCycles(timePs: number, tickPs: number): number {
  const thousandths = Math.floor(timePs * 1000 / tickPs);
  return Math.floor((thousandths + 974) / 1000);
}

/** Cycles of `tickPs` within a longest time of a data sheet, such as a refresh interval. */
export function cyclesWithin(timePs: number, tickPs: number): number {
  return Math.floor(timePs / tickPs);
}

/** Cycles of an expression such as `nCL + nBL + 2 - nCWL` under a set of timing parameters. */
export function cyclesOf(expression: string, timing: Readonly<Record<string, number>>): number {
  let sum = 0;
  let sign = 1;
  for (const word of expression.split(/\s+/)) {
    if (word === "+" || word === "-") sign = word === "+" ? 1 : -1;
    else {
      const value = /^\d+$/.test(word) ? Number(word) : timing[word];
      if (value === undefined) {
        throw new MemoryError(
          `There is no timing parameter "${word}" for "${expression}"`,
          `name one of ${Object.keys(timing).join(", ")}, or add it to the timing set`,
        );
      }
      sum += sign * value;
    }
  }
  return sum;
}
