import { decode, E2M1 } from "../../numerics/mod.ts";
import { encodeBias } from "../builtin/threshold_code.ts";
import type { Gate, GateList } from "../gates.ts";
import type { Aig, AigLiteral } from "../proof/aig.ts";
import type { Cut } from "./cuts.ts";
import { gateKeys } from "./gate_keys.ts";
import { complementGate, type GateLibrary, type LibraryCell } from "./gate_library.ts";

const VALUES = Float64Array.from({ length: 16 }, (_, code) => decode(E2M1, code));

/** A signal of the list, or its complement: twice the number of the signal, plus 1. */
type Literal = number;

/** The gates of a cover. A node that only outputs need, complemented, is built complemented. */
export function emitGates(
  aig: Aig,
  cover: readonly (Cut | undefined)[],
  outputs: readonly AigLiteral[],
  library: GateLibrary,
): GateList {
  const isWanted = new Uint8Array(2 * aig.size);
  for (const cut of cover) for (const leaf of cut?.leaves ?? []) isWanted[2 * leaf] = 1;
  for (const output of outputs) isWanted[output] = 1;

  const builder = new GateBuilder(aig.inputs);
  const literalOf = new Int32Array(aig.size).fill(-1);
  for (let input = 0; input < aig.inputs; input++) literalOf[aig.input(input) >> 1] = 2 * input;
  if (isWanted[0] || isWanted[1]) literalOf[0] = 2 * builder.add([], [], -0.5);
  cover.forEach((cut, node) => {
    if (cut === undefined) return;
    const { leaves, truth, cell } = cut;
    const literals = leaves.map((leaf) => literalOf[leaf]!);
    if (cell !== undefined) {
      const complement = { ...cut, truth: { low: ~truth.low, high: ~truth.high } };
      const other = isWanted[2 * node] ? undefined : complementOf(cut, library);
      literalOf[node] = other === undefined
        ? builder.build(cut, literals)
        : builder.build({ ...complement, cell: other }, literals) ^ 1;
    } else if (leaves.length === 1) literalOf[node] = literals[0]!;
    else literalOf[node] = 2 * builder.add([], [], truth.low === 0 ? -0.5 : 0.5);
  });
  const signals = outputs.map((output) => builder.plain(literalOf[output >> 1]! ^ (output & 1)));
  return { inputs: aig.inputs, gates: builder.gates, outputs: signals };
}

/** The gates of a cut's complement: the same but for the last, where it has a margin. */
function complementOf({ cell, leaves, truth }: Cut, library: GateLibrary): LibraryCell | undefined {
  if (library.margin > 0) {
    const gates = cell!.gates.map((gate, i) =>
      i + 1 < cell!.gates.length ? gate : complementGate(gate)
    );
    return { ...cell!, gates };
  }
  return library.cell({ low: ~truth.low, high: ~truth.high }, leaves.length);
}

class GateBuilder {
  readonly gates: Gate[] = [];
  /** Signals by what they compute of the nodes, complemented or not. */
  readonly #known = new Map<string, Literal>();
  readonly #inverters = new Map<number, number>();

  constructor(readonly inputs: number) {}

  /** Adds the gates of a cut that are not there yet. */
  build(cut: Cut, leaves: readonly Literal[]): Literal {
    const sources = [...leaves];
    const keys = gateKeys(cut);
    for (const [index, { weightCodes, biasCodes }] of cut.cell!.gates.entries()) {
      const { name, complemented } = keys[index]!;
      const known = this.#known.get(name);
      if (known !== undefined) {
        sources.push(known ^ +complemented);
        continue;
      }
      const used = [...sources.keys()].filter((i) => (weightCodes[i]! & 7) !== 0);
      const signal = this.add(
        used.map((i) => sources[i]!),
        used.map((i) => VALUES[weightCodes[i]!]!),
        biasCodes.reduce((sum, code) => sum + VALUES[code]!, 0),
      );
      this.#known.set(name, 2 * signal + +complemented);
      sources.push(2 * signal);
    }
    return sources.at(-1)!;
  }

  /**
   * Adds a gate. What it reads complemented it reads plainly with the opposite weight, since
   * w·(1 − x) = w − w·x, where two codes hold the bias that this makes; else through an inverter.
   */
  add(sources: readonly Literal[], weights: readonly number[], bias: number): number {
    const signals: number[] = [];
    const signed: number[] = [];
    let sum = bias;
    sources.forEach((source, i) => {
      if (source & 1) sum += weights[i]!;
    });
    const folds = encodeBias(sum) !== undefined;
    sources.forEach((source, i) => {
      const isFolded = folds && (source & 1) === 1;
      signals.push(isFolded ? source >> 1 : this.plain(source));
      signed.push(isFolded ? -weights[i]! : weights[i]!);
    });
    this.gates.push({ signals, weights: signed, bias: folds ? sum : bias });
    return this.inputs + this.gates.length - 1;
  }

  /** The signal of a literal; complements get an inverter. */
  plain(literal: Literal): number {
    const signal = literal >> 1;
    if (literal % 2 === 0) return signal;
    let inverter = this.#inverters.get(signal);
    if (inverter === undefined) {
      this.gates.push({ signals: [signal], weights: [-1], bias: 0.5 });
      this.#inverters.set(signal, inverter = this.inputs + this.gates.length - 1);
    }
    return inverter;
  }
}
