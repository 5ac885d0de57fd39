import type { Reference } from "./builtin/references.ts";
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

/**
 * The value on every bus in case `index`: the first bus takes the lowest binary digits. For at most
 * {@linkcode MAX_INPUT_WIRES} input wires.
 */
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
  const wires = wireArrays(outputs, count);
  // Numbers of a narrow bus are looked up: to make one takes longer than to add it.
  const known = inputs.map(({ width }) =>
    width > 12 ? undefined : Array.from({ length: 2 ** width }, (_, value) => BigInt(value))
  );
  const values: bigint[] = inputs.map(() => 0n);
  for (let index = 0; index < count; index++) {
    let rest = first + index;
    for (let port = 0; port < inputs.length; port++) {
      const size = 2 ** inputs[port]!.width;
      const value = rest % size;
      rest = (rest - value) / size;
      values[port] = known[port]?.[value] ?? BigInt(value);
    }
    writeWires(wires, outputs, reference(values), index);
  }
  return wires;
}

/**
 * What a reference says of given inputs.
 *
 * @param vectors One value per input bus each.
 * @returns One array per output wire, with a 0 or 1 per vector.
 */
export function referenceVectors(
  reference: Reference,
  vectors: readonly (readonly bigint[])[],
  outputs: readonly Port[],
): Uint8Array[] {
  const wires = wireArrays(outputs, vectors.length);
  vectors.forEach((values, index) => writeWires(wires, outputs, reference(values), index));
  return wires;
}

/**
 * Values of buses as wires.
 *
 * @param vectors One value per bus each.
 * @returns One array per wire, with a 0 or 1 per vector.
 */
export function wireValues(
  vectors: readonly (readonly bigint[])[],
  ports: readonly Port[],
): Uint8Array[] {
  return referenceVectors((values) => [...values], vectors, ports);
}

function wireArrays(ports: readonly Port[], count: number): Uint8Array[] {
  return ports.flatMap(({ width }) => Array.from({ length: width }, () => new Uint8Array(count)));
}

function writeWires(
  wires: readonly Uint8Array[],
  ports: readonly Port[],
  values: readonly bigint[],
  index: number,
): void {
  let wire = 0;
  for (let port = 0; port < ports.length; port++) {
    const { width } = ports[port]!;
    let value = values[port]!;
    for (let bit = 0; bit < width; bit += 30) {
      const digits = Number(width <= 30 ? value : BigInt.asUintN(30, value));
      if (width > 30) value >>= 30n;
      const end = Math.min(width - bit, 30);
      for (let digit = 0; digit < end; digit++) wires[wire++]![index] = (digits >> digit) & 1;
    }
  }
}
