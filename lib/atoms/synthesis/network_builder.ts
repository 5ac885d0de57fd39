import type { GateNetwork, NetworkGate } from "./gate_network.ts";

/** Puts networks together to one. Gates that are equal are kept once. */
export class NetworkBuilder {
  readonly #gates: NetworkGate[] = [];
  readonly #known = new Map<string, number>();

  /** @param inputs Inputs of the whole network. Sources below this number are inputs. */
  constructor(readonly inputs: number) {}

  /**
   * Adds a network.
   *
   * @param sources What each input of the network is: an input of the whole, or an earlier result.
   * @returns Its output as a source.
   */
  add({ inputs, gates }: GateNetwork, sources: readonly number[]): number {
    const signals = sources.slice(0, inputs);
    for (const { weightCodes, biasCodes } of gates) {
      const weights = new Map<number, number>();
      let mergeable = true;
      for (const [i, code] of weightCodes.entries()) {
        if ((code & 7) === 0) continue;
        if (weights.has(signals[i]!)) mergeable = false;
        weights.set(signals[i]!, code);
      }
      if (!mergeable) throw new Error("Two inputs of a network are the same source");
      signals.push(this.#addGate(weights, biasCodes));
    }
    return signals.at(-1)!;
  }

  #addGate(weights: ReadonlyMap<number, number>, biasCodes: readonly number[]): number {
    const sorted = [...weights].sort(([a], [b]) => a - b);
    const key = `${sorted.flat()};${biasCodes}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const source = this.inputs + this.#gates.length;
    const weightCodes = Array.from({ length: source }, (_, i) => weights.get(i) ?? 0);
    this.#gates.push({ weightCodes, biasCodes });
    this.#known.set(key, source);
    return source;
  }

  /** The network whose output is a source that `add()` gave: gates it does not need are left out. */
  build(output: number): GateNetwork {
    const { inputs } = this;
    const needed = new Set<number>();
    const mark = (source: number): void => {
      if (source < inputs || needed.has(source)) return;
      needed.add(source);
      this.#gates[source - inputs]!.weightCodes.forEach((code, i) => {
        if (code & 7) mark(i);
      });
    };
    mark(output);
    const kept = [...needed].sort((a, b) => a - b); // the output comes after all that it needs
    const order = [...Array(inputs).keys(), ...kept];
    const gates = kept.map((source, gate) => {
      const { weightCodes, biasCodes } = this.#gates[source - inputs]!;
      const weights = order.slice(0, inputs + gate).map((i) => weightCodes[i] ?? 0);
      return { weightCodes: weights, biasCodes };
    });
    return { inputs, gates };
  }
}
