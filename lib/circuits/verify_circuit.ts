import type { Reference } from "./builtin.ts";
import { caseCount, caseValues, describeCase, referenceOutputs } from "./cases.ts";
import type { Circuit } from "./circuit.ts";
import { evaluateCases, flatten } from "./gates.ts";

/** The verdict on one output bus. */
export interface OutputVerdict {
  /** Name of the bus. */
  readonly name: string;
  /** Cases evaluated: all of them. */
  readonly rows: number;
  /** Cases in which the bus carries a wrong value. */
  readonly wrong: number;
  /** The first of them. */
  readonly firstWrong?: {
    /** Number of the case. */
    readonly row: number;
    /** The case in words: `A=3 B=250 Cin=1`. */
    readonly inputs: string;
    /** The value that the reference gives. */
    readonly expected: string;
    /** The value that the gates give. */
    readonly actual: string;
  };
}

/** The verdict on a circuit. */
export interface CircuitVerdict {
  /** Whether every output is right in every case. */
  readonly exact: boolean;
  /** Cases evaluated: all of them. */
  readonly cases: number;
  /** Per output bus. */
  readonly outputs: readonly OutputVerdict[];
}

/** Evaluates the gates of a circuit in every input case and compares them with a reference. */
export function verifyCircuit(circuit: Circuit, reference: Reference): CircuitVerdict {
  const cases = caseCount(circuit.inputs);
  const actual = evaluateCases(flatten(circuit), 0, cases);
  const expected = referenceOutputs(reference, circuit.inputs, circuit.outputs);
  let wire = 0;
  const outputs = circuit.outputs.map((port, index): OutputVerdict => {
    const wires = Array.from({ length: port.width }, () => wire++);
    let wrong = 0;
    let first = -1;
    for (let row = 0; row < cases; row++) {
      if (wires.every((w) => actual[w]![row] === expected[w]![row])) continue;
      if (wrong++ === 0) first = row;
    }
    if (wrong === 0) return { name: port.name, rows: cases, wrong };
    const value = wires.reduce((sum, w, bit) => sum + actual[w]![first]! * 2 ** bit, 0);
    return {
      name: port.name,
      rows: cases,
      wrong,
      firstWrong: {
        row: first,
        inputs: describeCase(first, circuit.inputs),
        expected: String(reference(caseValues(first, circuit.inputs))[index]),
        actual: String(value),
      },
    };
  });
  return { exact: outputs.every(({ wrong }) => wrong === 0), cases, outputs };
}
