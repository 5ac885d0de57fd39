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

/** Widest adder whose cases can be numbered by a double and enumerated: 2·8 + 1 inputs and some. */
const MAX_ADDER_WIDTH = 12;

/** Kinds of built-in circuits: the word before the colon of a specification. */
export const BUILTIN_KINDS = ["adder"] as const;

/**
 * The built-in circuit of a specification such as `adder:8`.
 *
 * @throws {CircuitError} When there is none, or its width is out of range.
 */
export function builtinCircuit(spec: string): BuiltinCircuit {
  const match = /^([a-z-]+):(\d+)$/.exec(spec);
  if (match === null || match[1] !== "adder") {
    throw new CircuitError(
      `unknown circuit "${spec}"`,
      "give a built-in circuit with its width, such as adder:8",
    );
  }
  const width = Number(match[2]);
  if (width < 1 || width > MAX_ADDER_WIDTH) {
    throw new CircuitError(
      `adder of width ${match[2]}: the cases of such a circuit cannot all be tried`,
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
