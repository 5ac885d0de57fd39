import { encodeBias } from "../builtin/threshold_code.ts";
import type { Gate, GateList } from "../gates.ts";

/**
 * Turns gates that are read by an inverter into their complements, where every reader can take the
 * complement: w·x = w − w·(1 − x), so its bias must stay what two E2M1 codes hold. The inverter then
 * only passes a signal on.
 *
 * Negated weights and bias give the complement only where no sum is 0: for gates with a margin.
 */
export function absorbInverters(list: GateList): GateList {
  const gates: Gate[] = [...list.gates];
  const isOutput = new Uint8Array(list.inputs + gates.length);
  for (const signal of list.outputs) isOutput[signal] = 1;
  const readers: number[][] = Array.from({ length: isOutput.length }, () => []);
  gates.forEach(({ signals }, gate) => signals.forEach((signal) => readers[signal]!.push(gate)));
  for (let inverter = 0; inverter < gates.length; inverter++) {
    const { signals: [signal], signals, weights: [weight] } = gates[inverter]!;
    if (signals.length !== 1 || weight! > 0) continue;
    if (signal! < list.inputs || isOutput[signal!] === 1) continue;
    const flipped = readers[signal!]!.map((reader) => flip(gates[reader]!, signal!));
    if (flipped.some(({ bias }) => encodeBias(bias) === undefined)) continue;
    readers[signal!]!.forEach((reader, i) => gates[reader] = flipped[i]!);
    const own = gates[signal! - list.inputs]!;
    const negated = own.weights.map((weight) => -weight);
    gates[signal! - list.inputs] = { signals: own.signals, weights: negated, bias: -own.bias };
  }
  return { ...list, gates };
}

/** The same gate for the complement of a signal. */
function flip({ signals, weights, bias }: Gate, signal: number): Gate {
  let sum = bias;
  const opposite = weights.map((weight, i) => {
    if (signals[i] !== signal) return weight;
    sum += weight;
    return -weight;
  });
  return { signals, weights: opposite, bias: sum };
}
