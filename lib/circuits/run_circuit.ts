import { didYouMean } from "../text/mod.ts";
import type { Circuit } from "./circuit.ts";
import { CircuitError } from "./circuit_error.ts";
import { compileEvaluator } from "./evaluator.ts";
import { flatten } from "./gates.ts";
import type { Port } from "./netlist.ts";

/** Evaluates a circuit on whole numbers. */
export interface CircuitRunner {
  /**
   * Evaluates one case.
   *
   * @param values A whole number per input bus, by name.
   * @returns One per output bus, by name.
   * @throws {CircuitError} When a bus has no value or one that does not fit it.
   */
  readonly run: (values: Readonly<Record<string, bigint | number>>) => Record<string, bigint>;
  /**
   * Evaluates many cases.
   *
   * @param vectors Per case one number per input bus, in the order of the buses.
   * @returns Per case one number per output bus.
   * @throws {CircuitError} When a case lacks a bus or has a number that does not fit it.
   */
  readonly runAll: (vectors: readonly (readonly bigint[])[]) => bigint[][];
}

/** Prepares a circuit to be run. */
export function circuitRunner(circuit: Circuit): CircuitRunner {
  const { inputs, outputs } = circuit;
  const evaluator = compileEvaluator(flatten(circuit));
  const runAll = (vectors: readonly (readonly bigint[])[]): bigint[][] => {
    checkVectors(inputs, vectors);
    return unslice(evaluator.evaluate(slice(inputs, vectors)), outputs, vectors.length);
  };
  const run = (values: Readonly<Record<string, bigint | number>>): Record<string, bigint> => {
    const names = inputs.map(({ name }) => name);
    for (const name of Object.keys(values)) {
      if (names.includes(name)) continue;
      throw new CircuitError(
        `circuit ${circuit.name} has no input ${name}`,
        `${didYouMean(name, names)}its inputs are ${names.join(", ")}`,
      );
    }
    const vector = inputs.map((port) => busValue(port, values[port.name]));
    const [result] = runAll([vector]);
    return Object.fromEntries(outputs.map(({ name }, i) => [name, result![i]!]));
  };
  return { run, runAll };
}

/**
 * Runs a circuit once: `runCircuit(adder, { A: 37n, B: 28n, Cin: 0n })`.
 *
 * @throws {CircuitError} When an input has no value, or one that does not fit its bus.
 */
export function runCircuit(
  circuit: Circuit,
  values: Readonly<Record<string, bigint | number>>,
): Record<string, bigint> {
  return circuitRunner(circuit).run(values);
}

/**
 * Checks that every case has a number for every input bus that fits it.
 *
 * @throws {CircuitError} Naming the bus.
 */
export function checkVectors(
  inputs: readonly Port[],
  vectors: readonly (readonly bigint[])[],
): void {
  for (const [index, vector] of vectors.entries()) {
    if (vector.length !== inputs.length) {
      throw new CircuitError(
        `case ${index} has ${vector.length} values for ${inputs.length} input buses`,
        `give one for each of ${inputs.map(({ name }) => name).join(", ")}`,
      );
    }
    inputs.forEach((port, i) => busValue(port, vector[i]));
  }
}

function busValue({ name, width }: Port, value: bigint | number | undefined): bigint {
  const range = width === 1
    ? "0 or 1"
    : `a whole number from 0 to ${width <= 16 ? 2 ** width - 1 : `2^${width} − 1`}`;
  if (value === undefined) throw new CircuitError(`input ${name} has no value`, `give ${range}`);
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  const number = isWhole ? BigInt(value) : -1n;
  if (number < 0n || number >> BigInt(width) !== 0n) {
    const wires = width === 1 ? "its one wire" : `its ${width} wires`;
    throw new CircuitError(
      `input ${name} is ${value}, which ${wires} cannot carry`,
      `give ${range}`,
    );
  }
  return number;
}

/** Numbers per case to words per wire. */
function slice(ports: readonly Port[], vectors: readonly (readonly bigint[])[]): Uint32Array[] {
  const words = Math.ceil(vectors.length / 32);
  const wires = ports.flatMap(({ width }) =>
    Array.from({ length: width }, () => new Uint32Array(words))
  );
  vectors.forEach((vector, index) => {
    let wire = 0;
    ports.forEach(({ width }, port) => {
      let rest = vector[port]!;
      for (let bit = 0; bit < width; bit += 32) {
        const digits = Number(BigInt.asUintN(32, rest));
        rest >>= 32n;
        for (let k = 0; k < Math.min(32, width - bit); k++) {
          if ((digits >>> k) & 1) wires[wire]![index >> 5]! |= 1 << (index & 31);
          wire++;
        }
      }
    });
  });
  return wires;
}

/** Words per wire to numbers per case. */
function unslice(
  wires: readonly Uint32Array[],
  ports: readonly Port[],
  cases: number,
): bigint[][] {
  return Array.from({ length: cases }, (_, index) => {
    let first = 0;
    return ports.map(({ width }) => {
      let value = 0n;
      for (let high = Math.floor((width - 1) / 32) * 32; high >= 0; high -= 32) {
        let digits = 0;
        for (let k = Math.min(32, width - high) - 1; k >= 0; k--) {
          const word = wires[first + high + k]![index >> 5]!;
          digits = digits * 2 + ((word >>> (index & 31)) & 1);
        }
        value = (value << 32n) | BigInt(digits);
      }
      first += width;
      return value;
    });
  });
}
