import { E2M1, encode } from "../../numerics/mod.ts";
import { encodeBias } from "../builtin/threshold_code.ts";
import { type Circuit, compileCircuit } from "../circuit.ts";
import { CircuitError } from "../circuit_error.ts";
import type { Gate, GateList } from "../gates.ts";
import { allWires, type GateInstance, type Port } from "../netlist.ts";

/** What a circuit of gates is called. */
export interface CircuitNames {
  /** Name of the circuit. */
  readonly name: string;
  /** What it computes, in words. */
  readonly description: string;
  /** Input buses. */
  readonly inputs: readonly Port[];
  /** Output buses. */
  readonly outputs: readonly Port[];
}

/**
 * A flat list of gates as a circuit. Every output wire is driven by a gate of its own: a signal that
 * is an input wire or that two outputs share is copied by a gate, unless input and output have the
 * same name.
 *
 * @throws {CircuitError} When the buses have other numbers of wires than the list, or a weight or
 * bias is none of E2M1.
 */
export function circuitOfGates(names: CircuitNames, list: GateList): Circuit {
  const inputs = allWires(names.inputs);
  const outputs = allWires(names.outputs);
  if (inputs.length !== list.inputs || outputs.length !== list.outputs.length) {
    throw new CircuitError(
      `buses of ${inputs.length} input and ${outputs.length} output wires for gates with ` +
        `${list.inputs} and ${list.outputs.length}`,
      "give buses that fit the gates",
    );
  }
  const taken = new Set([...inputs, ...outputs]);
  let mark = "n";
  while ([...taken].some((wire) => wire.startsWith(mark))) mark += "_";
  const wires = [...inputs, ...list.gates.map((_, gate) => `${mark}${gate}`)];
  const copies: [from: number, wire: string][] = [];
  const isNamed = new Set<number>();
  for (const [i, signal] of list.outputs.entries()) {
    const wire = outputs[i]!;
    if (wires[signal] === wire) continue;
    if (signal < list.inputs || isNamed.has(signal)) copies.push([signal, wire]);
    else {
      isNamed.add(signal);
      wires[signal] = wire;
    }
  }
  const instances = list.gates.map((gate, number): GateInstance => ({
    name: `g${number}`,
    inputs: gate.signals.map((signal) => wires[signal]!),
    output: wires[list.inputs + number]!,
    gate: codesOf(gate, number),
  }));
  for (const [from, wire] of copies) {
    const gate = { signals: [from], weights: [1], bias: -0.5 };
    instances.push({
      name: `g${instances.length}`,
      inputs: [wires[from]!],
      output: wire,
      gate: codesOf(gate, instances.length),
    });
  }
  return compileCircuit({ ...names, instances }, []);
}

function codesOf({ weights, bias }: Gate, number: number): GateInstance["gate"] {
  const codes = weights.map((weight) => {
    if (VALUES.has(weight)) return encode(E2M1, weight);
    throw new CircuitError(`gate ${number} has the weight ${weight}`, "E2M1 holds no such value");
  });
  const biasCodes = encodeBias(bias);
  if (biasCodes !== undefined) return { weights: codes, bias: biasCodes };
  throw new CircuitError(`gate ${number} has the bias ${bias}`, "two E2M1 values do not make it");
}

const VALUES = new Set([0, 0.5, 1, 1.5, 2, 3, 4, 6].flatMap((value) => [value, -value]));
