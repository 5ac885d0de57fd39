import type { BitFunction } from "../proof/bit_algebra.ts";
import type { Port } from "../netlist.ts";

/** A combinational circuit from elsewhere: its buses and what it computes, not yet in gates. */
export interface LogicCircuit {
  /** Name. */
  readonly name: string;
  /** Input buses; their wires in order are the inputs of the specification. */
  readonly inputs: readonly Port[];
  /** Output buses; their wires in order are the results of the specification. */
  readonly outputs: readonly Port[];
  /** What the circuit computes, over any algebra of bits. */
  readonly specification: BitFunction;
}

/**
 * Buses of wires in their order: names `a[0]`, `a[1]`, … that follow each other become the bus `a`,
 * every other name is a bus of one wire. The wires of the buses are the names again.
 */
export function busesOf(names: readonly string[]): Port[] {
  const plain = new Set(names);
  const ports: Port[] = [];
  for (let i = 0; i < names.length;) {
    const bus = /^(.+)\[0\]$/.exec(names[i]!)?.[1];
    let width = 1;
    while (bus !== undefined && names[i + width] === `${bus}[${width}]`) width++;
    if (bus !== undefined && width > 1 && !plain.has(bus)) ports.push({ name: bus, width });
    else {
      for (let k = 0; k < width; k++) ports.push({ name: names[i + k]!, width: 1 });
    }
    i += width;
  }
  return ports;
}

/** Part of a file's name that a circuit without a name is called by. */
export function nameFromFile(file: string): string {
  const stem = file.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "");
  return stem === "" ? "top" : stem;
}

/** A name that is not taken yet, and now is: the wished one, or that with underscores behind it. */
export function freeName(wished: string, taken: Set<string>): string {
  let name = wished;
  while (taken.has(name)) name += "_";
  taken.add(name);
  return name;
}

/** An operation over many operands as a tree that is as shallow as can be. */
export function balanced<B>(
  operands: readonly B[],
  empty: B,
  operation: (a: B, b: B) => B,
): B {
  if (operands.length === 0) return empty;
  let level = operands.slice();
  while (level.length > 1) {
    const next: B[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) next.push(operation(level[i]!, level[i + 1]!));
    if (level.length % 2 === 1) next.push(level.at(-1)!);
    level = next;
  }
  return level[0]!;
}
