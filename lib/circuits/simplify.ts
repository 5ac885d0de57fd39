import { decode, E2M1 } from "../numerics/mod.ts";
import { encodeBias, encodeThreshold } from "./builtin/threshold_code.ts";
import type { Gate, GateList } from "./gates.ts";

/** What a signal turns out to be: a signal of the new list, or a constant. */
type Found = number | "0" | "1";

/**
 * The same circuit with fewer gates: what a gate reads that is constant or given twice is folded into
 * it; gates that are always 0 or 1, that only pass a signal on, or that are there already are
 * replaced; gates that no output needs are left out. An output can then be an input wire.
 *
 * Weights and biases stay what E2M1 can hold: a gate that folding would take out of it stays as it is.
 */
export function simplifyGates(list: GateList): GateList {
  /** What every old signal is now: a signal, or a constant. */
  const now: Found[] = Array.from({ length: list.inputs }, (_, wire) => wire);
  const known = new Map<string, number>();
  const gates: Gate[] = [];
  const add = (gate: Gate): number => {
    const key = `${gate.signals}|${gate.weights}|${gate.bias}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const signal = list.inputs + gates.length;
    gates.push(gate);
    known.set(key, signal);
    return signal;
  };
  const wire = (found: Found): number =>
    typeof found === "number"
      ? found
      : add({ signals: [], weights: [], bias: found === "1" ? 0.5 : -0.5 });
  for (const gate of list.gates) {
    const signals = gate.signals.map((signal) => now[signal]!);
    const folded = foldGate(gate, signals);
    if (folded === undefined) now.push(add({ ...gate, signals: signals.map(wire) }));
    else now.push(typeof folded === "object" ? add(folded) : folded);
  }
  const outputs = list.outputs.map((signal) => wire(now[signal]!));
  return withoutDeadGates({ inputs: list.inputs, gates, outputs });
}

/** Leaves out the gates that no output needs. */
export function withoutDeadGates(list: GateList): GateList {
  const needed = new Uint8Array(list.inputs + list.gates.length);
  for (const signal of list.outputs) needed[signal] = 1;
  for (let gate = list.gates.length - 1; gate >= 0; gate--) {
    if (needed[list.inputs + gate] === 0) continue;
    for (const signal of list.gates[gate]!.signals) needed[signal] = 1;
  }
  const now = Int32Array.from(needed, (_, signal) => signal);
  const gates: Gate[] = [];
  list.gates.forEach((gate, index) => {
    if (needed[list.inputs + index] === 0) return;
    now[list.inputs + index] = list.inputs + gates.length;
    gates.push({ ...gate, signals: gate.signals.map((signal) => now[signal]!) });
  });
  return { inputs: list.inputs, gates, outputs: list.outputs.map((signal) => now[signal]!) };
}

/** What a gate is over signals some of which are constants; nothing when E2M1 has no such gate. */
function foldGate(gate: Gate, signals: readonly Found[]): Gate | Found | undefined {
  const weightOf = new Map<number, number>();
  let bias = gate.bias;
  signals.forEach((signal, i) => {
    const weight = gate.weights[i]!;
    if (signal === "1") bias += weight;
    else if (signal !== "0") weightOf.set(signal, (weightOf.get(signal) ?? 0) + weight);
  });
  const pairs = [...weightOf].filter(([, weight]) => weight !== 0).sort(([a], [b]) => a - b);
  let [least, most] = [bias, bias];
  for (const [, weight] of pairs) {
    least += Math.min(weight, 0);
    most += Math.max(weight, 0);
  }
  if (least >= 0) return "1";
  if (most < 0) return "0";
  if (pairs.length === 1 && pairs[0]![1] > 0) return pairs[0]![0];
  const kept = pairs.map(([signal]) => signal);
  const weights = pairs.map(([, weight]) => weight);
  if (weights.every((weight) => VALUES.has(weight)) && encodeBias(bias) !== undefined) {
    return { signals: kept, weights, bias };
  }
  // The same decision with other weights: sums of E2M1 values are whole numbers of halves.
  const codes = encodeThreshold(weights.map((weight) => 2 * weight), -2 * bias);
  return codes === undefined ? undefined : {
    signals: kept,
    weights: codes.weights.map((code) => decode(E2M1, code)),
    bias: codes.bias.reduce((sum, code) => sum + decode(E2M1, code), 0),
  };
}

const VALUES = new Set(Array.from({ length: 16 }, (_, code) => decode(E2M1, code)));
