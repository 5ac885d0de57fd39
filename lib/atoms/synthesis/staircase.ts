import type { GateNetwork, Margin, NetworkGate } from "./gate_network.ts";
import { CODES, UNITS, VALUES } from "./linear_forms.ts";
import { thresholdGate } from "./threshold_gate.ts";

/**
 * Networks of functions that depend only on a sum of the inputs with weights ±1, as symmetric
 * functions do: each first gate tells whether the sum has reached a step, and the last gate takes an
 * amount off the sum for each of them. 2m + 1 changes of the output along the sum need m first gates.
 * Where E2M1 lacks a bias, a gate that always gives 1 supplies all others with a second one.
 *
 * @returns The network with the fewest gates that this way gives, or undefined.
 */
export function staircase(
  truthTable: string,
  inputs: number,
  margin: Margin,
): GateNetwork | undefined {
  let best: GateNetwork | undefined;
  for (let signs = 0; signs < 1 << inputs; signs++) {
    const steps = outputBySum(truthTable, inputs, signs);
    if (!steps) continue;
    const falls = fallsOf(steps);
    if (falls.length > 3) continue;
    for (const helped of [false, true]) {
      if (best && falls.length + (helped ? 2 : 1) >= best.gates.length) break;
      best = climb(steps, falls, inputs, signs, margin, helped) ?? best;
    }
  }
  return best;
}

/** Sum of a row in which the inputs with a bit in `signs` count −1, plus their number. */
function sumOf(row: number, inputs: number, signs: number): number {
  let sum = 0;
  for (let i = 0; i < inputs; i++) sum += ((row ^ signs) >> i) & 1;
  return sum;
}

/** The output for each sum from 0 to `inputs`, or undefined if it depends on more. */
function outputBySum(table: string, inputs: number, signs: number): number[] | undefined {
  const outputs: number[] = [];
  for (let row = 0; row < table.length; row++) {
    const sum = sumOf(row, inputs, signs);
    const output = Number(table[row]);
    if ((outputs[sum] ??= output) !== output) return undefined;
  }
  return outputs;
}

/** Sums at which the output falls from 1 to 0. */
function fallsOf(outputs: readonly number[]): number[] {
  const falls: number[] = [];
  for (let sum = 1; sum < outputs.length; sum++) {
    if (outputs[sum - 1] && !outputs[sum]) falls.push(sum);
  }
  return falls;
}

/** At every fall a first gate pulls the sum down, so that the last gate may rise again. */
function climb(
  outputs: readonly number[],
  falls: readonly number[],
  inputs: number,
  signs: number,
  margin: Margin,
  helped: boolean,
): GateNetwork | undefined {
  const gates: NetworkGate[] = helped ? [constantGate(inputs)] : [];
  for (const [earlier, fall] of falls.entries()) {
    const table = Array.from(
      { length: 1 << inputs },
      (_, row) => sumOf(row, inputs, signs) >= fall ? "1" : "0",
    ).join("");
    const gate = thresholdGate(table, { margin, biasCodes: helped ? 2 : 1 });
    if (!gate) return undefined;
    const [bias, ...second] = gate.biasCodes;
    const weightCodes = [...gate.weightCodes, ...second, ...Array<number>(earlier).fill(0)];
    gates.push({ weightCodes, biasCodes: [bias!] });
  }
  const least = margin > 0 ? 1 : 0;
  let negatives = 0;
  for (let i = 0; i < inputs; i++) if ((signs >> i) & 1) negatives++;
  for (const code of CODES) {
    const unit = UNITS[code]!;
    if (unit <= 0) continue;
    // Shifts that each stretch between two falls allows the last gate, in units of 0.5.
    const low = Array<number>(falls.length + 1).fill(-1000);
    const high = Array<number>(falls.length + 1).fill(1000);
    for (const [sum, output] of outputs.entries()) {
      const stretch = falls.filter((fall) => sum >= fall).length;
      const value = unit * (sum - negatives);
      if (output) low[stretch] = Math.max(low[stretch]!, least - value);
      else high[stretch] = Math.min(high[stretch]!, -1 - value);
    }
    const weightCodes = Array.from(
      { length: inputs },
      (_, i) => (signs >> i) & 1 ? code ^ 8 : code,
    );
    for (const second of helped ? CODES : [0]) {
      const shifts = chooseShifts(low, high, 0, UNITS[second]!);
      if (!shifts) continue;
      const [bias, ...pulls] = shifts;
      const seconds = helped ? [second] : [];
      gates.push({ weightCodes: [...weightCodes, ...seconds, ...pulls], biasCodes: [bias!] });
      return { inputs, gates };
    }
  }
  return undefined;
}

/** A gate that gives 1 whatever its inputs are: connected to another gate it is a second bias. */
export function constantGate(inputs: number): NetworkGate {
  return { weightCodes: Array<number>(inputs).fill(0), biasCodes: [1] };
}

/** Codes of the bias and of the weights of the first gates whose sums lie within the limits. */
function chooseShifts(
  low: readonly number[],
  high: readonly number[],
  stretch: number,
  shift: number,
): number[] | undefined {
  if (stretch === low.length) return [];
  for (let i = 0; i < VALUES.length; i++) {
    const next = shift + VALUES[i]!;
    if (next < low[stretch]! || next > high[stretch]!) continue;
    const rest = chooseShifts(low, high, stretch + 1, next);
    if (rest) return [CODES[i]!, ...rest];
  }
  return undefined;
}
