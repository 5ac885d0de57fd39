import { CircuitError } from "../circuit_error.ts";
import type { GateList } from "../gates.ts";
import { Aig, type AigLiteral } from "./aig.ts";
import type { BitFunction } from "./bit_algebra.ts";
import { signalBits } from "./threshold_gate.ts";

/** A circuit and its specification in one graph of and-gates. */
export interface CircuitGraph {
  /** The graph, over the circuit's input wires. */
  readonly aig: Aig;
  /** The literal of every gate. */
  readonly gates: readonly AigLiteral[];
  /** The literal of every output wire as the gates have it. */
  readonly actual: readonly AigLiteral[];
  /** The literal of every output wire as the specification has it. */
  readonly expected: readonly AigLiteral[];
}

/**
 * Writes a circuit and its specification as and-gates.
 *
 * @throws {CircuitError} When the specification has another number of outputs.
 */
export function circuitGraph(list: GateList, specification: BitFunction): CircuitGraph {
  const aig = new Aig(list.inputs);
  const inputs = Array.from({ length: list.inputs }, (_, wire) => aig.input(wire));
  const expected = specification(aig.algebra, inputs);
  const signals = signalBits(aig.algebra, list, inputs);
  const actual = list.outputs.map((signal) => signals[signal]!);
  checkOutputs(actual.length, expected.length);
  return { aig, gates: signals.slice(list.inputs), actual, expected };
}

/**
 * Refuses a specification of another number of output wires than the circuit.
 *
 * @throws {CircuitError} When they differ.
 */
export function checkOutputs(actual: number, expected: number): void {
  if (actual === expected) return;
  throw new CircuitError(
    `the circuit has ${actual} output wires, its specification ${expected}`,
    "compare it with the specification that it was compiled from",
  );
}
