import type { GateKit } from "./kit.ts";
import { isInverted, not, ONE, type Signal, type SignalGraph, ZERO } from "./signal_graph.ts";
import { type CodePreference, encodeThreshold } from "./threshold_code.ts";

/** A threshold over whole numbers of uncomplemented wires: Σ weight·wire ≥ threshold. */
interface Threshold {
  readonly operands: readonly number[];
  readonly weights: readonly number[];
  readonly threshold: number;
}

/** A kit of E2M1 threshold gates. */
export class E2M1Kit implements GateKit {
  readonly #thresholds = new Map<number, Threshold>();

  /** A kit that builds into a graph, and codes biases by a preference. */
  constructor(readonly graph: SignalGraph, readonly prefer: CodePreference) {}

  threshold(signals: readonly Signal[], weights: readonly number[], threshold: number): Signal {
    const folded = fold(signals, weights, threshold);
    if (typeof folded === "number") return folded;
    const gate = this.#gate(folded);
    if (gate === undefined) {
      throw new RangeError(
        `E2M1 has no gate for weights ${folded.weights} and threshold ${folded.threshold}`,
      );
    }
    return gate;
  }

  and(signals: readonly Signal[]): Signal {
    return this.#wide(signals, (group) => [group.map(() => 1), group.length]);
  }

  or(signals: readonly Signal[]): Signal {
    return this.#wide(signals, (group) => [group.map(() => 1), 1]);
  }

  xor(a: Signal, b: Signal): Signal {
    if (a <= ONE || b <= ONE) return a ^ b;
    if (a >> 1 === b >> 1) return a === b ? ZERO : ONE;
    const both = this.threshold([a, b], [1, 1], 2);
    return this.threshold([a, b, both], [1, 1, -2], 1);
  }

  mux(select: Signal, a: Signal, b: Signal): Signal {
    if (a === b) return a;
    if (a <= ONE) return a === ONE ? this.or([not(select), b]) : this.and([select, b]);
    const picked = this.and([select, b]);
    return this.threshold([a, select, picked], [1, -1, 2], 1);
  }

  sum(a: Signal, b: Signal, c: Signal): Signal {
    return this.sumGiven(a, b, c, this.carry(a, b, c));
  }

  sumGiven(a: Signal, b: Signal, c: Signal, carry: Signal): Signal {
    return this.threshold([a, b, c, carry], [1, 1, 1, -2], 1);
  }

  carry(a: Signal, b: Signal, c: Signal): Signal {
    return this.threshold([a, b, c], [1, 1, 1], 2);
  }

  plain(signal: Signal): Signal {
    return signal > ONE && !isInverted(signal) ? signal : this.#driven(signal, false);
  }

  copy(signal: Signal): Signal {
    return this.#driven(signal, true);
  }

  /**
   * A gate for an uncomplemented signal: the same gate again, or the one that decides the reverse,
   * so that no pass is lost; a gate behind it where there is neither.
   */
  #driven(signal: Signal, fresh: boolean): Signal {
    const inverted = isInverted(signal);
    if (signal <= ONE) return this.graph.add(constant(signal), fresh);
    const known = this.#thresholds.get(signal >> 1);
    if (known !== undefined) {
      const { operands, weights, threshold } = known;
      const gate = this.#gate(
        inverted
          ? { operands, weights: weights.map((weight) => -weight), threshold: 1 - threshold }
          : known,
        fresh,
      );
      if (gate !== undefined) return gate;
    }
    const weights = [inverted ? -1 : 1];
    return this.#gate({ operands: [signal >> 1], weights, threshold: 1 - (signal & 1) }, fresh)!;
  }

  #gate(threshold: Threshold, fresh = false): Signal | undefined {
    const gate = encodeThreshold(threshold.weights, threshold.threshold, this.prefer);
    if (gate === undefined) return undefined;
    const signal = this.graph.add({ operands: threshold.operands, gate }, fresh);
    this.#thresholds.set(signal >> 1, threshold);
    return signal;
  }

  /** An AND or OR of many signals: one gate, or a tree where E2M1 has no such bias. */
  #wide(
    signals: readonly Signal[],
    rule: (group: readonly Signal[]) => readonly [readonly number[], number],
  ): Signal {
    const set = [...new Set(signals)];
    const folded = fold(set, ...rule(set));
    if (typeof folded === "number") return folded;
    const whole = this.#gate(folded);
    if (whole !== undefined) return whole;
    const half = Math.ceil(set.length / 2);
    return this.#wide(
      [this.#wide(set.slice(0, half), rule), this.#wide(set.slice(half), rule)],
      rule,
    );
  }
}

/** A gate without inputs: the sign of its bias, ±0.5, decides. */
function constant(signal: Signal): Parameters<SignalGraph["add"]>[0] {
  return { operands: [], gate: { weights: [], bias: [signal === ONE ? 1 : 9] } };
}

/**
 * A threshold without constants, complements, repetitions and common factors; a signal where that is
 * all that is left of it.
 */
function fold(
  signals: readonly Signal[],
  weights: readonly number[],
  threshold: number,
): Threshold | Signal {
  const weightOf = new Map<number, number>();
  signals.forEach((signal, i) => {
    const weight = weights[i]!;
    const node = signal >> 1;
    if (isInverted(signal)) threshold -= weight;
    if (node !== 0) {
      weightOf.set(node, (weightOf.get(node) ?? 0) + (isInverted(signal) ? -weight : weight));
    }
  });
  const kept = [...weightOf].filter(([, weight]) => weight !== 0).sort(([a], [b]) => a - b);
  const highest = kept.reduce((sum, [, weight]) => sum + Math.max(weight, 0), 0);
  const lowest = kept.reduce((sum, [, weight]) => sum + Math.min(weight, 0), 0);
  if (lowest >= threshold) return ONE;
  if (highest < threshold) return ZERO;
  if (kept.length === 1) return 2 * kept[0]![0] + (kept[0]![1] < 0 ? 1 : 0);
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  const factor = kept.map(([, weight]) => Math.abs(weight)).reduce(gcd);
  return {
    operands: kept.map(([node]) => node),
    weights: kept.map(([, weight]) => weight / factor),
    threshold: Math.ceil(threshold / factor),
  };
}
