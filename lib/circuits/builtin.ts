import { nearestName } from "../text/mod.ts";
import { CircuitError } from "./circuit_error.ts";
import type { Instance, Netlist } from "./netlist.ts";

/** What a circuit must compute, in integers: from one value per input bus to one per output bus. */
export type Reference = (inputs: readonly number[]) => number[];

/** A built-in circuit: its netlist and, apart from it, its definition in integer arithmetic. */
export interface BuiltinCircuit {
  /** The instances and wires. */
  readonly netlist: Netlist;
  /** What they must compute. */
  readonly reference: Reference;
}

/** Widest adder: its 2·12 + 1 input wires make as many cases as are tried. */
const MAX_ADDER_WIDTH = 12;
const KINDS = ["adder"];

/**
 * The built-in circuit of a specification such as `adder:8`.
 *
 * @throws {CircuitError} When there is none, or its width is out of range.
 */
export function builtinCircuit(spec: string): BuiltinCircuit {
  const [, kind, digits] = /^([^:]*):(\d+)$/.exec(spec) ?? [];
  if (kind === undefined || !KINDS.includes(kind)) {
    const near = nearestName(kind ?? spec, KINDS);
    throw new CircuitError(
      `unknown circuit "${spec}"`,
      near === undefined
        ? "give a built-in circuit with its width, such as adder:8"
        : `did you mean "${near}:${digits ?? 8}"?`,
    );
  }
  const width = Number(digits);
  if (width < 1 || width > MAX_ADDER_WIDTH) {
    throw new CircuitError(
      width < 1
        ? "an adder of width 0 has nothing to add"
        : `an adder of width ${digits} has too many cases to try them all`,
      `choose a width from 1 to ${MAX_ADDER_WIDTH}`,
    );
  }
  return { netlist: rippleAdder(width), reference: adderReference(width) };
}

/** A ripple-carry adder: per bit one SUM and one CARRY. */
function rippleAdder(width: number): Netlist {
  const bit = (name: string, i: number): string => (width === 1 ? name : `${name}[${i}]`);
  const instances: Instance[] = [];
  let carry = "Cin";
  for (let i = 0; i < width; i++) {
    const inputs = [bit("A", i), bit("B", i), carry];
    const carryOut = i === width - 1 ? "Cout" : `C[${i}]`;
    instances.push(
      { name: `sum_${i}`, atom: "SUM", inputs, output: bit("Sum", i) },
      { name: `carry_${i}`, atom: "CARRY", inputs, output: carryOut },
    );
    carry = carryOut;
  }
  return {
    name: `adder:${width}`,
    description: `${width}-bit ripple-carry adder: Sum + 2^${width}·Cout = A + B + Cin`,
    inputs: [{ name: "A", width }, { name: "B", width }, { name: "Cin", width: 1 }],
    outputs: [{ name: "Sum", width }, { name: "Cout", width: 1 }],
    instances,
  };
}

function adderReference(width: number): Reference {
  return ([a, b, carryIn]) => {
    const total = a! + b! + carryIn!;
    return [total % 2 ** width, Math.floor(total / 2 ** width)];
  };
}
