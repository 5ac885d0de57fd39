import type { GateList } from "../gates.ts";
import type { BitFunction } from "./bit_algebra.ts";
import {
  BLOCK_CASES,
  MAX_EXHAUSTIVE_INPUTS,
  planExhaustive,
  runExhaustive,
} from "./exhaustive_plan.ts";
import { type Counterexample, counterexample } from "./verdict.ts";

/** Cases that are tried in search of a smaller one: some seconds. */
const MAX_CASES = 2 ** 28;

/**
 * The smallest wrong case, given one that may not be it: found by trying all cases below.
 *
 * @returns Nothing when there are too many of them.
 */
export function smallestCase(
  list: GateList,
  specification: BitFunction,
  { number, inputs }: Counterexample,
): Counterexample | undefined {
  if (inputs.length > MAX_EXHAUSTIVE_INPUTS || number >= MAX_CASES) return undefined;
  const plan = planExhaustive(list, specification);
  const { firstWrong } = runExhaustive(plan, 0, Math.floor(Number(number) / BLOCK_CASES) + 1);
  const digits = inputs.map((_, wire) => Math.floor(firstWrong[0]! / 2 ** wire) % 2);
  return counterexample(list, specification, digits, true);
}
