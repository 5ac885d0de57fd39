import { allWires, type Instance, type Port } from "../netlist.ts";
import { CircuitError } from "../circuit_error.ts";
import type { GateCost } from "./objective.ts";
import type { GateCodes } from "./threshold_code.ts";

/**
 * A wire of a circuit under construction, or its complement: twice the number of its node, plus one
 * when it is complemented. Node 0 is the constant 0.
 */
export type Signal = number;

/** The constant 0. */
export const ZERO: Signal = 0;
/** The constant 1. */
export const ONE: Signal = 1;

/** The complement of a signal. */
export function not(signal: Signal): Signal {
  return signal ^ 1;
}

/** Whether a signal is the complement of a wire. */
export function isInverted(signal: Signal): boolean {
  return (signal & 1) === 1;
}

/** A gate or an atom whose operands are the uncomplemented wires of other nodes. */
export type Node = {
  readonly operands: readonly number[];
  /** Names of its instance and of its wire; a running number unless given. */
  readonly name?: string | undefined;
  readonly wire?: string | undefined;
} & ({ readonly atom: string } | { readonly gate: GateCodes });

/** Nodes of a circuit under construction; what is built twice is there once. */
export class SignalGraph {
  readonly #nodes = new Map<number, Node>();
  readonly #known = new Map<string, number>();
  readonly #inputWires: readonly string[];
  #next: number;

  /** A graph of nothing but the input wires. */
  constructor(readonly inputs: readonly Port[]) {
    this.#inputWires = allWires(inputs);
    this.#next = 1 + this.#inputWires.length;
  }

  /** The signals of the input buses. */
  inputBuses(): Signal[][] {
    let node = 1;
    return this.inputs.map(({ width }) => Array.from({ length: width }, () => 2 * node++));
  }

  /** The first input wire. */
  get firstInput(): Signal {
    return 2;
  }

  /** Adds a node, or finds the one that is like it unless it must be fresh. */
  add(node: Node, fresh = false): Signal {
    const key = JSON.stringify(
      "atom" in node ? [node.atom, node.operands] : [
        node.gate,
        node.operands,
      ],
    );
    let index = fresh ? undefined : this.#known.get(key);
    if (index === undefined) {
      index = this.#next++;
      this.#nodes.set(index, node);
      this.#known.set(key, index);
    }
    return 2 * index;
  }

  /** The gate or atom that drives a signal; nothing for input wires. */
  driver(signal: Signal): Node | undefined {
    return this.#nodes.get(signal >> 1);
  }

  /**
   * The instances that the outputs need, each output wire driven by an instance of its own.
   *
   * @param signals The signals of every output bus; see {@linkcode separate}.
   */
  instances(outputs: readonly Port[], signals: readonly (readonly Signal[])[]): Instance[] {
    const wireOf = new Map(this.#inputWires.map((wire, i) => [i + 1, wire]));
    const outputWires = allWires(outputs);
    const wanted = signals.flat();
    if (wanted.length !== outputWires.length) {
      throw new CircuitError(
        `${wanted.length} signals for ${outputWires.length} output wires`,
        "give every output wire a signal",
      );
    }
    wanted.forEach((signal, i) => wireOf.set(signal >> 1, outputWires[i]!));
    return this.#reachable(wanted.map((signal) => signal >> 1)).map((index) => {
      const node = this.#nodes.get(index)!;
      const kind = "atom" in node ? node.atom.toLowerCase() : "gate";
      const name = node.name ?? `${kind}_${index}`;
      const wire = (operand: number): string =>
        wireOf.get(operand) ?? this.#nodes.get(operand)!.wire ??
          `n${operand}`;
      const common = { name, inputs: node.operands.map(wire), output: wire(index) };
      return "atom" in node ? { ...common, atom: node.atom } : { ...common, gate: node.gate };
    });
  }

  /**
   * The same signals, every one uncomplemented and driven by a node of its own.
   *
   * @param plain Finds or makes a node with the uncomplemented signal.
   * @param copy Makes one even where there is one.
   */
  separate(
    signals: readonly Signal[],
    plain: (signal: Signal) => Signal,
    copy: (signal: Signal) => Signal,
  ): Signal[] {
    const taken = new Set<Signal>();
    return signals.map((signal) => {
      let own = plain(signal);
      if (taken.has(own) || this.driver(own) === undefined) own = copy(signal);
      taken.add(own);
      return own;
    });
  }

  /** What the gates below some signals cost; atoms count as one gate. */
  cost(signals: readonly Signal[]): GateCost {
    const depth = new Map<number, number>();
    let [gates, bits] = [0, 0];
    const reachable = this.#reachable(signals.map((signal) => signal >> 1));
    for (const index of reachable) {
      const node = this.#nodes.get(index)!;
      depth.set(index, 1 + Math.max(0, ...node.operands.map((o) => depth.get(o) ?? 0)));
      gates++;
      if ("gate" in node) bits += 4 * (node.gate.weights.length + node.gate.bias.length);
    }
    return { gates, depth: Math.max(0, ...depth.values()), bits };
  }

  /** The nodes below some nodes, those included, operands first. */
  #reachable(roots: readonly number[]): number[] {
    const seen = new Set<number>();
    const waiting = [...roots];
    while (waiting.length > 0) {
      const index = waiting.pop()!;
      if (seen.has(index) || !this.#nodes.has(index)) continue;
      seen.add(index);
      waiting.push(...this.#nodes.get(index)!.operands);
    }
    return [...seen].sort((a, b) => a - b);
  }
}
