import { CompileError } from "../compile_error.ts";
import type { CodeNode, Renewal } from "./code_tree.ts";
import type { Register, RegisterFile } from "./register.ts";

/** The numbers that may be given out; gp0 and f0 hold zero, a0 is as good as the others. */
const NUMBERS: Readonly<Record<RegisterFile, readonly [first: number, last: number]>> = {
  gp: [1, 15],
  f: [1, 7],
  a: [0, 7],
};

interface Range {
  readonly register: Register;
  first: number;
  last: number;
  stage: string;
}

/** What register allocation found. */
export interface RegisterAllocation {
  /** The number of every register. */
  readonly numbers: ReadonlyMap<Register, number>;
  /** How many registers of each file are in use at once, at the most. */
  readonly peak: Readonly<Record<RegisterFile, number>>;
}

/**
 * Gives every register a number. A register lives from its first mention to its last; one that is
 * mentioned before a loop and in it lives to the end of the loop, because the next iteration needs
 * it again. Of the free numbers the lowest is taken. Registers of renewals hold nothing between the
 * places where they are mentioned: they get numbers that are free at these places.
 *
 * @throws {CompileError} When more registers live at once than the machine has.
 */
export function allocateRegisters(nodes: readonly CodeNode[]): RegisterAllocation {
  const { ranges, places } = liveRanges(nodes);
  const numbers = new Map<Register, number>();
  const peak = { gp: 0, f: 0, a: 0 };
  const live: Record<RegisterFile, Range[]> = { gp: [], f: [], a: [] };
  for (const range of ranges) {
    const { file } = range.register;
    live[file] = live[file].filter((other) => other.last >= range.first);
    const taken = new Set(live[file].map((other) => numbers.get(other.register)));
    const [first, last] = NUMBERS[file];
    let number = first;
    while (taken.has(number)) number++;
    if (number > last) {
      const names = live[file].map((other) => other.register.name).join(", ");
      throw new CompileError(
        `stage ${range.stage} needs more than ${last - first + 1} ${file} registers at once ` +
          `(${names}, ${range.register.name})`,
        "this is a limit of the kernel: choose a larger MLEN, or report the shape",
      );
    }
    numbers.set(range.register, number);
    live[file].push(range);
    peak[file] = Math.max(peak[file], live[file].length);
  }
  for (const [register, at] of places) {
    const isFree = (number: number): boolean =>
      !ranges.some(({ register: other, first, last }) =>
        other.file === register.file && numbers.get(other) === number &&
        at.some((position) => first <= position && position <= last)
      ) &&
      // Loops in one another have registers of their own.
      !Array.from(places).some(([other, theirs]) =>
        numbers.get(other) === number && theirs[0]! <= at.at(-1)! && at[0]! <= theirs.at(-1)!
      );
    const [first, last] = NUMBERS[register.file];
    const candidates = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const number = candidates.find(isFree);
    if (number === undefined) {
      throw new CompileError(
        `no ${register.file} register is free wherever a long loop is renewed`,
        "this is a limit of the kernel: choose a larger MLEN, or write long loops out",
      );
    }
    numbers.set(register, number);
  }
  return { numbers, peak };
}

/** Ranges in the order of their beginnings, and the positions of registers of renewals. */
function liveRanges(nodes: readonly CodeNode[]): {
  readonly ranges: readonly Range[];
  readonly places: ReadonlyMap<Register, readonly number[]>;
} {
  const ranges = new Map<Register, Range>();
  const places = new Map<Register, number[]>();
  let position = 0;
  let stage = "start";
  const mention = (register: Register): void => {
    const range = ranges.get(register);
    if (range === undefined) {
      ranges.set(register, { register, first: position, last: position, stage });
    } else if (range.last < position) range.last = position;
  };
  const renew = ({ counter, back }: Renewal): void => {
    for (const register of [counter, back]) {
      places.set(register, [...places.get(register) ?? [], position]);
    }
  };
  const walk = (list: readonly CodeNode[], mentioned: Set<Register>): void => {
    for (const node of list) {
      position++;
      if (node.kind === "instruction") {
        for (const field in node.operands) {
          const value = node.operands[field]!;
          if (typeof value === "number") continue;
          mention(value);
          mentioned.add(value);
        }
      } else if (node.kind === "renewal") {
        node.loops.forEach(renew);
      } else if (node.kind === "stage") {
        const around = stage;
        stage = node.name;
        walk(node.body, mentioned);
        stage = around;
      } else {
        const start = position;
        const turn = (): void => {
          if (node.renewal === undefined) mention(node.counter);
          else renew(node.renewal);
        };
        turn();
        const inside = new Set<Register>();
        walk(node.body, inside);
        position++;
        turn();
        for (const register of inside) {
          if (ranges.get(register)!.first < start) mention(register);
          mentioned.add(register);
        }
      }
    }
  };
  walk(nodes, new Set());
  return { ranges: [...ranges.values()].sort((a, b) => a.first - b.first), places };
}
