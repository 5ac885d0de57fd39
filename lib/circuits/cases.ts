import { allWires, type Port } from "./netlist.ts";
import type { Reference } from "./builtin.ts";

/** Number of input cases of a circuit: two to the number of its input wires. */
export function caseCount(inputs: readonly Port[]): number {
  return 2 ** allWires(inputs).length;
}

/** The value on every bus in case `index`: the first bus takes the lowest binary digits. */
export function caseValues(index: number, ports: readonly Port[]): number[] {
  let rest = index;
  return ports.map(({ width }) => {
    const value = rest % 2 ** width;
    rest = Math.floor(rest / 2 ** width);
    return value;
  });
}

/** A case in words: `A=3 B=250 Cin=1`. */
export function describeCase(index: number, ports: readonly Port[]): string {
  const values = caseValues(index, ports);
  return ports.map(({ name }, i) => `${name}=${values[i]}`).join(" ");
}

/**
 * What a reference says in every case.
 *
 * @returns One array per output wire, with a 0 or 1 per case.
 */
export function referenceOutputs(
  reference: Reference,
  inputs: readonly Port[],
  outputs: readonly Port[],
): Uint8Array[] {
  const count = caseCount(inputs);
  const wires = allWires(outputs).map(() => new Uint8Array(count));
  for (let index = 0; index < count; index++) {
    const values = reference(caseValues(index, inputs));
    let wire = 0;
    outputs.forEach(({ width }, port) => {
      for (let bit = 0; bit < width; bit++) {
        wires[wire++]![index] = Math.floor(values[port]! / 2 ** bit) & 1;
      }
    });
  }
  return wires;
}
