import type { CircuitVerdict, OutputVerdict } from "./verify_circuit.ts";
import type { GateList } from "./gates.ts";
import type { Netlist, Port } from "./netlist.ts";
import { type BitFunction, BOOLEANS } from "./proof/bit_algebra.ts";
import type { ExhaustiveTally } from "./proof/exhaustive_plan.ts";
import { signalBits } from "./proof/threshold_gate.ts";
import type { Counterexample } from "./proof/verdict.ts";

/** Values of buses in words: `A=3 B=250 Cin=1`. */
export function describeBuses(ports: readonly Port[], values: readonly bigint[]): string {
  return ports.map(({ name }, i) => `${name}=${values[i]}`).join(" ");
}

/** The number on every bus, from the digits of its wires, bit 0 first. */
export function busValues(ports: readonly Port[], digits: readonly number[]): bigint[] {
  let wire = 0;
  return ports.map(({ width }) => {
    let value = 0n;
    for (let bit = 0; bit < width; bit++) value |= BigInt(digits[wire++]!) << BigInt(bit);
    return value;
  });
}

/** What a run over all cases found, bus by bus, the first wrong case of each in words. */
export function exhaustiveVerdict(
  ports: Pick<Netlist, "inputs" | "outputs">,
  list: GateList,
  specification: BitFunction,
  tally: ExhaustiveTally,
): CircuitVerdict {
  const outputs = ports.outputs.map(({ name }, bus): OutputVerdict => {
    const wrong = tally.wrong[bus]!;
    const verdict = { name, rows: tally.cases, wrong };
    if (wrong === 0) return verdict;
    const row = tally.firstWrong[bus]!;
    const digits = Array.from({ length: list.inputs }, (_, i) => Math.floor(row / 2 ** i) % 2);
    const bits = digits.map((digit) => digit === 1);
    const signals = signalBits(BOOLEANS, list, bits);
    const actual = list.outputs.map((signal) => Number(signals[signal]!));
    const expected = specification(BOOLEANS, bits).map(Number);
    return {
      ...verdict,
      firstWrong: {
        row,
        inputs: describeBuses(ports.inputs, busValues(ports.inputs, digits)),
        expected: String(busValues(ports.outputs, expected)[bus]),
        actual: String(busValues(ports.outputs, actual)[bus]),
      },
    };
  });
  return { exact: outputs.every(({ wrong }) => wrong === 0), cases: tally.cases, outputs };
}

/** A counterexample in words, and the output buses that are wrong in it. */
export interface DescribedCounterexample {
  /** Values of the input buses: `A=3 B=250 Cin=1`. */
  readonly inputs: string;
  /** Whether no case of a lower number is wrong. */
  readonly isSmallest: boolean;
  /** The output buses that are wrong. */
  readonly outputs: readonly {
    /** Name of the bus. */
    readonly name: string;
    /** What the specification says. */
    readonly expected: string;
    /** What the gates give. */
    readonly actual: string;
  }[];
}

/** Puts a counterexample in words. */
export function describeCounterexample(
  ports: Pick<Netlist, "inputs" | "outputs">,
  { inputs, expected, actual, isSmallest }: Counterexample,
): DescribedCounterexample {
  const [wanted, found] = [busValues(ports.outputs, expected), busValues(ports.outputs, actual)];
  return {
    inputs: describeBuses(ports.inputs, busValues(ports.inputs, inputs)),
    isSmallest,
    outputs: ports.outputs.flatMap(({ name }, bus) =>
      wanted[bus] === found[bus]
        ? []
        : { name, expected: String(wanted[bus]), actual: String(found[bus]) }
    ),
  };
}
