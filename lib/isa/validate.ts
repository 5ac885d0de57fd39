import { checkRun } from "./check_run.ts";
import { checkWords } from "./check_words.ts";
import { type Finding, Findings } from "./finding.ts";
import type { MachineDimensions, ValidateOptions } from "./machine_dimensions.ts";

/**
 * Checks a program: each word for itself, then the run. There are no branches but loops, so the run
 * is followed with the values of the integer registers, as far as they are known: what comes out
 * of the INT SRAM without having been put there is unknown, and addresses made from it are not
 * checked. The run goes on behind an error, so all are found.
 *
 * It finds loops that do not nest and counters that are written or shared, loop iterations beyond
 * the instruction limit, misaligned or out-of-range addresses, transfers before SCALE or STRIDE
 * is set, reads of vector rows and matrix tiles that nothing has written, operands out of range,
 * and words that are no instruction.
 *
 * @returns The findings in the order of the program; empty when there is nothing to say.
 */
export function validate(
  words: Uint32Array,
  dimensions: MachineDimensions,
  options: ValidateOptions = {},
): Finding[] {
  const findings = new Findings();
  checkWords(words, dimensions, options.machine ?? "plena", findings);
  checkRun(words, dimensions, options, findings);
  return findings.list();
}
