import type { BuiltinCircuit } from "./builtin.ts";
import { caseCount, describeCase, referenceOutputs } from "./cases.ts";
import type { Circuit } from "./circuit.ts";
import { CircuitError } from "./circuit_error.ts";
import { evaluateCases, flatten } from "./gates.ts";
import type { Port } from "./netlist.ts";

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

/** Cases that are evaluated together: enough for long loops, few enough for the caches. */
const CHUNK = 2 ** 14;

/**
 * Evaluates the gates of a circuit in every input case and compares them with integer arithmetic.
 *
 * @param builtin The definition: the circuit must have its ports.
 * @param onProgress Told how many cases are done, now and then.
 * @throws {CircuitError} When the circuit has other ports, too many cases, or is not in order.
 */
export function verifyCircuit(
  circuit: Circuit,
  { netlist, reference }: BuiltinCircuit,
  onProgress: (cases: number) => void = () => {},
): CircuitVerdict {
  checkPorts("inputs", circuit.inputs, netlist.inputs);
  checkPorts("outputs", circuit.outputs, netlist.outputs);
  const cases = caseCount(circuit.inputs);
  const list = flatten(circuit);
  const tallies = circuit.outputs.map(() => ({ wrong: 0, first: -1, actual: 0n, expected: 0n }));
  for (let start = 0; start < cases; start += CHUNK) {
    const count = Math.min(CHUNK, cases - start);
    const actual = evaluateCases(list, start, count);
    const expected = referenceOutputs(reference, circuit.inputs, circuit.outputs, start, count);
    let wire = 0;
    circuit.outputs.forEach(({ width }, port) => {
      const tally = tallies[port]!;
      const wires = Array.from({ length: width }, () => wire++);
      for (let row = 0; row < count; row++) {
        if (wires.every((w) => actual[w]![row] === expected[w]![row])) continue;
        if (tally.wrong++ > 0) continue;
        tally.first = start + row;
        tally.actual = valueOf(actual, wires, row);
        tally.expected = valueOf(expected, wires, row);
      }
    });
    onProgress(start + count);
  }
  const outputs = circuit.outputs.map(({ name }, port): OutputVerdict => {
    const { wrong, first, actual, expected } = tallies[port]!;
    if (wrong === 0) return { name, rows: cases, wrong };
    const inputs = describeCase(first, circuit.inputs);
    const firstWrong = {
      row: first,
      inputs,
      expected: String(expected),
      actual: String(actual),
    };
    return { name, rows: cases, wrong, firstWrong };
  });
  return { exact: outputs.every(({ wrong }) => wrong === 0), cases, outputs };
}

function valueOf(digits: readonly Uint8Array[], wires: readonly number[], row: number): bigint {
  return wires.reduce((sum, wire, bit) => sum | BigInt(digits[wire]![row]!) << BigInt(bit), 0n);
}

function checkPorts(side: string, found: readonly Port[], expected: readonly Port[]): void {
  const list = (ports: readonly Port[]): string =>
    ports.map(({ name, width }) => `${name}:${width}`).join(" ");
  if (list(found) === list(expected)) return;
  throw new CircuitError(
    `the circuit's ${side} are ${list(found)}, its definition has ${list(expected)}`,
    "compile the circuit again with: deno task circuit:compile",
  );
}
