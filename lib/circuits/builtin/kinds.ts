import type { Port } from "../netlist.ts";
import {
  adder,
  atomAdder,
  atomFullAdder,
  carrySelectAdder,
  koggeStoneAdder,
  NATIVE_CARRIES,
  subtractor,
} from "./adders.ts";
import { denseAlu, plainAlu } from "./alu.ts";
import type { AtomKit } from "./atom_kit.ts";
import { fastCarries, rippleCarries } from "./carries.ts";
import { comparator, extremum, NATIVE_COMPARISONS, rippleComparison } from "./comparators.ts";
import {
  arrayMultiplier,
  FULL_ADDER,
  layeredReduction,
  multiplier,
  NATIVE_COUNTERS,
  parityOf,
  populationCount,
  sequentialReduction,
} from "./counters.ts";
import type { Architecture, GateKit, Kit } from "./kit.ts";
import { LFSR_TAPS } from "./lfsr_taps.ts";
import type { REFERENCES } from "./references.ts";
import {
  barrelShifter,
  flatDecoder,
  indexBits,
  muxOfProducts,
  muxTree,
  priorityChain,
  priorityOfAll,
  shifterOfProducts,
  splitDecoder,
} from "./selectors.ts";

/** A family of built-in circuits, one per width. */
export interface Kind {
  /** Smallest and largest width. */
  readonly widths: readonly [number, number];
  /** What it computes, in words. */
  readonly description: string;
  /** Names and widths of the input buses. */
  readonly inputs: (width: number) => Readonly<Record<string, number>>;
  /** Names and widths of the output buses. */
  readonly outputs: (width: number) => Readonly<Record<string, number>>;
  /** How it is composed of the ten atoms. */
  readonly atoms: Architecture<AtomKit>;
  /** Ways to build it of E2M1 gates; the objective chooses. */
  readonly native: (width: number) => readonly Architecture<GateKit>[];
}

const NATIVE_REDUCTIONS = [
  ...NATIVE_COUNTERS.map((counter) => sequentialReduction(counter)),
  ...NATIVE_COUNTERS.map((counter) => layeredReduction(counter, fastCarries)),
];

const sumPorts = {
  inputs: (width: number) => ({ A: width, B: width, Cin: 1 }),
  outputs: (width: number) => ({ Sum: width, Cout: 1 }),
};
const onePort = (name: string) => ({
  inputs: (width: number) => ({ A: width, B: width }),
  outputs: (width: number) => ({ [name]: width }),
});
const countOf = { inputs: (width: number) => ({ A: width }) };

function parity<K extends Kit>(of: ReturnType<typeof parityOf<K>>): Architecture<K> {
  return (kit, [a]) => [[of(kit, a!)]];
}

function shiftRegister<K extends Kit>(of: ReturnType<typeof parityOf<K>>): Architecture<K> {
  return (kit, [state]) => {
    const taps = LFSR_TAPS[state!.length]!.map((tap) => state![tap - 1]!);
    return [[of(kit, taps), ...state!.slice(0, -1)]];
  };
}

/** The built-in circuits, by the first part of their specification. */
export const KINDS: Readonly<Record<keyof typeof REFERENCES, Kind>> = {
  "full-adder": {
    widths: [1, 1],
    description: "full adder: Sum + 2·Cout = A + B + Cin",
    ...sumPorts,
    atoms: atomFullAdder,
    native: () => [adder(rippleCarries)],
  },
  adder: {
    widths: [1, 1024],
    description: "adder: Sum + 2^N·Cout = A + B + Cin",
    ...sumPorts,
    atoms: atomAdder,
    native: () => NATIVE_CARRIES.map((carries) => adder(carries)),
  },
  "carry-select": {
    widths: [1, 1024],
    description: "carry-select adder: Sum + 2^N·Cout = A + B + Cin",
    ...sumPorts,
    atoms: carrySelectAdder,
    native: () => [carrySelectAdder],
  },
  "kogge-stone": {
    widths: [1, 1024],
    description: "Kogge-Stone prefix adder: Sum + 2^N·Cout = A + B + Cin",
    ...sumPorts,
    atoms: koggeStoneAdder,
    native: () => [koggeStoneAdder],
  },
  sub: {
    widths: [1, 1024],
    description: "subtractor: Diff − 2^N·Bout = A − B − Bin",
    inputs: (width) => ({ A: width, B: width, Bin: 1 }),
    outputs: (width) => ({ Diff: width, Bout: 1 }),
    atoms: subtractor(rippleCarries),
    native: () => NATIVE_CARRIES.map((carries) => subtractor(carries)),
  },
  cmp: {
    widths: [1, 1024],
    description: "comparator: LT, EQ and GT say whether A < B, A = B and A > B",
    inputs: (width) => ({ A: width, B: width }),
    outputs: () => ({ LT: 1, EQ: 1, GT: 1 }),
    atoms: comparator(rippleComparison),
    native: () => NATIVE_COMPARISONS.map((compare) => comparator(compare)),
  },
  min: {
    widths: [1, 1024],
    description: "minimum: Min is the smaller of A and B",
    ...onePort("Min"),
    atoms: extremum("min", rippleComparison),
    native: () => NATIVE_COMPARISONS.map((compare) => extremum("min", compare)),
  },
  max: {
    widths: [1, 1024],
    description: "maximum: Max is the larger of A and B",
    ...onePort("Max"),
    atoms: extremum("max", rippleComparison),
    native: () => NATIVE_COMPARISONS.map((compare) => extremum("max", compare)),
  },
  mux: {
    widths: [2, 1024],
    description: "N:1 multiplexer: Y = D[Sel]; a Sel of N or more loses the bits that lead to no D",
    inputs: (width) => ({ D: width, Sel: indexBits(width) }),
    outputs: () => ({ Y: 1 }),
    atoms: muxTree,
    native: () => [muxTree, muxOfProducts],
  },
  decoder: {
    widths: [1, 12],
    description: "decoder: Y = 2^A, one wire per value of A",
    inputs: (width) => ({ A: width }),
    outputs: (width) => ({ Y: 2 ** width }),
    atoms: splitDecoder,
    native: () => [flatDecoder, splitDecoder],
  },
  shift: {
    widths: [1, 256],
    description: "shifter: Y = A·2^By without the overflow, or ⌊A / 2^By⌋ where Right is 1",
    inputs: (width) => ({ A: width, By: indexBits(width), Right: 1 }),
    outputs: (width) => ({ Y: width }),
    atoms: barrelShifter,
    native: (width) => width > 64 ? [barrelShifter] : [barrelShifter, shifterOfProducts],
  },
  mul: {
    widths: [1, 64],
    description: "multiplier: P = A·B",
    inputs: (width) => ({ A: width, B: width }),
    outputs: (width) => ({ P: 2 * width }),
    atoms: arrayMultiplier,
    native: () => [arrayMultiplier, ...NATIVE_REDUCTIONS.map((reduce) => multiplier(reduce))],
  },
  popcount: {
    widths: [1, 1024],
    description: "population count: Count is the number of ones in A",
    ...countOf,
    outputs: (width) => ({ Count: Math.floor(Math.log2(width)) + 1 }),
    atoms: populationCount(sequentialReduction(FULL_ADDER)),
    native: () => NATIVE_REDUCTIONS.map((reduce) => populationCount(reduce)),
  },
  parity: {
    widths: [1, 1024],
    description: "parity: P is 1 where the number of ones in A is odd",
    ...countOf,
    outputs: () => ({ P: 1 }),
    atoms: parity(parityOf(FULL_ADDER)),
    native: () => NATIVE_COUNTERS.map((counter) => parity(parityOf(counter))),
  },
  priority: {
    widths: [1, 1024],
    description: "priority encoder: Index is the highest one in A, Valid whether there is one",
    ...countOf,
    outputs: (width) => ({ Index: indexBits(width), Valid: 1 }),
    atoms: priorityChain,
    native: () => [priorityOfAll, priorityChain],
  },
  alu: {
    widths: [1, 1024],
    description:
      "ALU: Result is A + B + Cin, A and B, A or B, A xor B for Op 0, 1, 2, 3; Cout is " +
      "the carry of the sum for every Op",
    inputs: (width) => ({ A: width, B: width, Cin: 1, Op: 2 }),
    outputs: (width) => ({ Result: width, Cout: 1 }),
    atoms: plainAlu,
    native: () => NATIVE_CARRIES.map((carries) => denseAlu(carries)),
  },
  lfsr: {
    widths: [2, 64],
    description:
      "linear feedback shift register, its next state: the parity of the taps is shifted " +
      "in at bit 0; every state but 0 comes once in 2^N − 1 steps",
    inputs: (width) => ({ State: width }),
    outputs: (width) => ({ Next: width }),
    atoms: shiftRegister(parityOf(FULL_ADDER)),
    native: () => NATIVE_COUNTERS.map((counter) => shiftRegister(parityOf(counter))),
  },
};

/** A record of bus widths as ports. */
export function portsOf(widths: Readonly<Record<string, number>>): Port[] {
  return Object.entries(widths).map(([name, width]) => ({ name, width }));
}
