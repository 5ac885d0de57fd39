import type { Reference } from "./builtin.ts";
import { CircuitError } from "./circuit_error.ts";
import type { Port } from "./netlist.ts";

/** Input wires of the widest circuit whose cases are all tried. */
export const MAX_INPUT_WIRES = 25;

/**
 * Number of input cases of a circuit: two to the number of its input wires.
 *
 * @throws {CircuitError} When there are more than 2 ** {@linkcode MAX_INPUT_WIRES}.
 */
export function caseCount(inputs: readonly Port[]): number {
  const wires = inputs.reduce((sum, { width }) => sum + width, 0);
  if (wires > MAX_INPUT_WIRES) {
    throw new CircuitError(
      `${wires} input wires make too many cases to try them all`,
      `choose a circuit of at most ${MAX_INPUT_WIRES} input wires`,
    );
  }
  return 2 ** wires;
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
 * What a reference says in a range of cases.
 *
 * @returns One array per output wire, with a 0 or 1 per case.
 */
export function referenceOutputs(
  reference: Reference,
  inputs: readonly Port[],
  outputs: readonly Port[],
  first = 0,
  count: number = caseCount(inputs),
): Uint8Array[] {
  const wires = outputs.flatMap(({ width }) =>
    Array.from({ length: width }, () => new Uint8Array(count))
  );
  for (let index = 0; index < count; index++) {
    const values = reference(caseValues(first + index, inputs));
    let wire = 0;
    outputs.forEach(({ width }, port) => {
      for (let bit = 0; bit < width; bit++) {
        wires[wire++]![index] = Math.floor(values[port]! / 2 ** bit) & 1;
      }
    });
  }
  return wires;
}
