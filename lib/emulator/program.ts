import { latencyCycles, type MachineSettings } from "../boards/mod.ts";
import { BY_OPCODE, type CostTerm } from "../isa/mod.ts";

/** Clock of the recorded machine, MHz: a cycle is 1 ns. */
const RECORDED_CLOCK_MHZ = 1000;

/** The opcode of V_TOPK, whose cost depends on its policy. */
const TOP_K = 0x37;

/**
 * A program with the costs of its instructions. Words stay as they are: taking a field out of one
 * costs less than reading it from a table.
 */
export interface Program {
  readonly words: Uint32Array;
  /** Compute cost by opcode in picoseconds; 0 for memory instructions. */
  readonly costPs: Float64Array;
  /** Cost of V_TOPK with policy 1, in picoseconds. */
  readonly largeTopKPs: number;
  /** By opcode: {@linkcode COST_PLAIN}, {@linkcode COST_FREE_F0} or {@linkcode COST_TOP_K}. */
  readonly costRule: Uint8Array;
  /** The first instruction that must not occur, or -1. */
  readonly refused: number;
}

/** The cost is that of the opcode. */
export const COST_PLAIN = 0;
/** Nothing happens and nothing is charged if the destination is f0. */
export const COST_FREE_F0 = 1;
/** The cost depends on the policy. */
export const COST_TOP_K = 2;

/** The cycles of one summand of a cost. */
function cycles(term: CostTerm, settings: MachineSettings, experts: number): number {
  switch (term) {
    case "ONE":
      return 1;
    case "MLEN":
      return settings.config.mlen;
    case "VLEN":
      return settings.config.vlen;
    case "EXPERTS*VECTOR_MAX_CYCLES":
      return Math.min(latencyCycles(settings, "VECTOR_MAX_CYCLES") * experts, 2 ** 32 - 1);
    default:
      return latencyCycles(settings, term);
  }
}

/**
 * Prepares a program for a machine with these settings and this clock. A cycle is a whole number of
 * picoseconds, the nearest one.
 *
 * @throws {RangeError} If the clock is not above 0 and at most 1 THz.
 */
export function prepareProgram(
  words: Uint32Array,
  settings: MachineSettings,
  clockMhz = RECORDED_CLOCK_MHZ,
): Program {
  const cyclePs = Math.round(1e6 / clockMhz);
  if (!(cyclePs >= 1 && cyclePs <= 1e12)) {
    throw new RangeError(`a clock of ${clockMhz} MHz, expected more than 0 and at most 1,000,000`);
  }
  const costOf = (terms: readonly CostTerm[], experts: number): number => {
    let sum = 0;
    for (const term of terms) sum += cycles(term, settings, experts);
    return sum * cyclePs;
  };
  const costPs = new Float64Array(64);
  const costRule = new Uint8Array(64);
  for (const row of BY_OPCODE) {
    if (row === undefined || !row.implemented) continue;
    costPs[row.opcode] = costOf(row.cost, 32);
    costRule[row.opcode] = row.opcode === TOP_K
      ? COST_TOP_K
      : row.freeWhenRdIsF0
      ? COST_FREE_F0
      : COST_PLAIN;
  }
  const topK = BY_OPCODE[TOP_K];
  return {
    words,
    costPs,
    largeTopKPs: costOf(topK?.cost ?? [], 128),
    costRule,
    refused: firstRefused(words),
  };
}

/** M_BMM (0x03) and M_BTMM (0x04) with rd other than 0 are refused before the program starts. */
function firstRefused(words: Uint32Array): number {
  for (let pc = 0; pc < words.length; pc++) {
    const word = words[pc]!;
    const opcode = word & 0x3f;
    if ((opcode === 0x03 || opcode === 0x04) && (word & 0x3c0) !== 0) return pc;
  }
  return -1;
}
