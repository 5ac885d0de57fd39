import type { Circuit } from "../circuit.ts";
import { flatten, type GateList } from "../gates.ts";
import { allWires } from "../netlist.ts";
import { freeName } from "./logic_circuit.ts";

/** The gates of a circuit with names for all signals, as a format can spell them. */
export interface NamedGates {
  /** The gates. */
  readonly list: GateList;
  /** Name of every signal: inputs first, then gates; gates that are outputs are called so. */
  readonly signals: readonly string[];
  /** Names of the output wires. */
  readonly outputs: readonly string[];
  /** Output wires that no gate of their own drives: they are equal to a signal. */
  readonly copies: readonly (readonly [output: string, signal: number])[];
}

/**
 * Names the signals of a circuit.
 *
 * @param spell The name of a wire in the format; where two are equal, one gets underscores.
 */
export function nameGates(circuit: Circuit, spell: (wire: string) => string): NamedGates {
  const list = flatten(circuit);
  const taken = new Set<string>();
  const inputWires = allWires(circuit.inputs);
  const signals = inputWires.map((wire) => freeName(spell(wire), taken));
  const gateNames = new Map<number, string>();
  const copies: [string, number][] = [];
  const outputs = allWires(circuit.outputs).map((wire, i) => {
    const signal = list.outputs[i]!;
    if (signal < list.inputs && inputWires[signal] === wire) return signals[signal]!;
    const name = freeName(spell(wire), taken);
    if (signal < list.inputs || gateNames.has(signal)) copies.push([name, signal]);
    else gateNames.set(signal, name);
    return name;
  });
  list.gates.forEach((_, gate) => {
    const signal = list.inputs + gate;
    signals.push(gateNames.get(signal) ?? freeName(`n${gate}`, taken));
  });
  return { list, signals, outputs, copies };
}
