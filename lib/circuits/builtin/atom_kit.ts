import type { Kit } from "./kit.ts";
import { isInverted, not, ONE, type Signal, type SignalGraph, ZERO } from "./signal_graph.ts";

/** Names for an atom's instance and wire. */
export interface AtomNames {
  /** Name of the instance. */
  readonly name: string;
  /** Name of the wire that it drives. */
  readonly wire: string;
}

/** A kit of the ten standard atoms. */
export class AtomKit implements Kit {
  /** A kit that builds into a graph. */
  constructor(readonly graph: SignalGraph) {}

  /** An atom as it is; complements become NOT atoms. */
  atom(type: string, signals: readonly Signal[], names?: AtomNames): Signal {
    const operands = signals.map((signal) => this.plain(signal) >> 1);
    return this.graph.add({ atom: type, operands, ...names });
  }

  and(signals: readonly Signal[]): Signal {
    return this.#tree(
      signals,
      ZERO,
      ONE,
      (a, b) =>
        isInverted(a) && isInverted(b)
          ? this.atom("NOR", [not(a), not(b)])
          : this.atom("AND", [a, b]),
    );
  }

  or(signals: readonly Signal[]): Signal {
    return this.#tree(
      signals,
      ONE,
      ZERO,
      (a, b) =>
        isInverted(a) && isInverted(b)
          ? this.atom("NAND", [not(a), not(b)])
          : this.atom("OR", [a, b]),
    );
  }

  xor(a: Signal, b: Signal): Signal {
    if (a <= ONE) return b ^ a;
    if (b <= ONE) return a ^ b;
    if (a >> 1 === b >> 1) return a === b ? ZERO : ONE;
    const type = isInverted(a) === isInverted(b) ? "XOR" : "XNOR";
    return this.atom(type, [a & ~1, b & ~1].sort((x, y) => x - y));
  }

  mux(select: Signal, a: Signal, b: Signal): Signal {
    if (select <= ONE) return select === ONE ? b : a;
    if (a === b) return a;
    if (a <= ONE) return a === ONE ? this.or([not(select), b]) : this.and([select, b]);
    if (b <= ONE) return b === ONE ? this.or([select, a]) : this.and([not(select), a]);
    if (a === not(b)) return this.xor(select, a);
    return isInverted(select)
      ? this.atom("MUX", [not(select), b, a])
      : this.atom("MUX", [select, a, b]);
  }

  sum(a: Signal, b: Signal, c: Signal): Signal {
    if ([a, b, c].some((signal) => signal <= ONE) || new Set([a >> 1, b >> 1, c >> 1]).size < 3) {
      return this.xor(this.xor(a, b), c);
    }
    // Two complements cancel, and one of the whole is free.
    const parity = (a ^ b ^ c) & 1;
    return this.atom("SUM", [a & ~1, b & ~1, c & ~1]) ^ parity;
  }

  carry(a: Signal, b: Signal, c: Signal): Signal {
    if (a === b || b === c) return b;
    if (a === c) return a;
    if (a === not(b)) return c;
    if (b === not(c)) return a;
    if (a === not(c)) return b;
    const known = [a, b, c].find((signal) => signal <= ONE);
    const rest = [a, b, c].filter((signal) => signal !== known);
    if (known === ZERO) return rest.length < 2 ? ZERO : this.and(rest);
    if (known === ONE) return rest.length < 2 ? ONE : this.or(rest);
    return this.atom("CARRY", [a, b, c]);
  }

  sumGiven(a: Signal, b: Signal, c: Signal): Signal {
    return this.sum(a, b, c);
  }

  plain(signal: Signal): Signal {
    return signal > ONE && !isInverted(signal) ? signal : this.#driven(signal, false);
  }

  copy(signal: Signal): Signal {
    return this.#driven(signal, true);
  }

  /** A node that drives a signal: two atoms for a constant or a wire, NOT for a complement. */
  #driven(signal: Signal, fresh: boolean): Signal {
    const { graph } = this;
    const operands = [(signal > ONE ? signal : graph.firstInput) >> 1];
    if (signal > ONE && isInverted(signal)) return graph.add({ atom: "NOT", operands }, fresh);
    const inverse = graph.add({ atom: "NOT", operands }) >> 1;
    if (signal > ONE) return graph.add({ atom: "NOT", operands: [inverse] }, fresh);
    const atom = signal === ONE ? "OR" : "AND";
    return graph.add({ atom, operands: [...operands, inverse] }, fresh);
  }

  #tree(
    signals: readonly Signal[],
    absorbing: Signal,
    neutral: Signal,
    combine: (a: Signal, b: Signal) => Signal,
  ): Signal {
    const set = new Set(signals.filter((signal) => signal !== neutral));
    if (set.has(absorbing) || [...set].some((signal) => set.has(not(signal)))) return absorbing;
    let level = [...set];
    if (level.length === 0) return neutral;
    while (level.length > 1) {
      const next: Signal[] = [];
      for (let i = 0; i + 1 < level.length; i += 2) {
        next.push(combine(level[i]!, level[i + 1]!));
      }
      if (level.length % 2 === 1) next.push(level.at(-1)!);
      level = next;
    }
    return level[0]!;
  }
}
