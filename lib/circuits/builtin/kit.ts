import type { Signal, SignalGraph } from "./signal_graph.ts";

/**
 * The parts that built-in circuits are made of. Complements and constants are free everywhere: a
 * kit folds constants, and makes an inverter where its parts need one.
 */
export interface Kit {
  /** What is built. */
  readonly graph: SignalGraph;
  /** 1 when every signal is; of nothing, 1. */
  and(signals: readonly Signal[]): Signal;
  /** 1 when any signal is; of nothing, 0. */
  or(signals: readonly Signal[]): Signal;
  /** 1 when an odd number of two signals is. */
  xor(a: Signal, b: Signal): Signal;
  /** `a` where the selector is 0, `b` where it is 1. */
  mux(select: Signal, a: Signal, b: Signal): Signal;
  /** 1 when an odd number of three signals is. */
  sum(a: Signal, b: Signal, c: Signal): Signal;
  /** 1 when two or three of three signals are. */
  carry(a: Signal, b: Signal, c: Signal): Signal;
  /** The sum of three signals whose carry is at hand. */
  sumGiven(a: Signal, b: Signal, c: Signal, carry: Signal): Signal;
  /** The same value uncomplemented, on a wire that may have other readers. */
  plain(signal: Signal): Signal;
  /** The same value uncomplemented, on a wire of its own. */
  copy(signal: Signal): Signal;
}

/** A kit of E2M1 threshold gates of any fan-in. */
export interface GateKit extends Kit {
  /**
   * One gate that is 1 when Σ weight·signal ≥ threshold, all whole numbers.
   *
   * @throws {RangeError} When E2M1 has no such weights and bias.
   */
  threshold(signals: readonly Signal[], weights: readonly number[], threshold: number): Signal;
}

/** The signals of several buses, bit 0 first. */
export type Buses = readonly (readonly Signal[])[];

/** How a circuit is built from one kind of parts: from the input buses to the output buses. */
export type Architecture<K extends Kit = Kit> = (kit: K, buses: Buses) => Signal[][];
