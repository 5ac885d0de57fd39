import type { GateList } from "../gates.ts";
import type { BitFunction } from "./bit_algebra.ts";
import type { BddCertificate } from "./certificate.ts";
import { demand, isLiteral, isSurely, lookupAlgebra } from "./checker_kit.ts";

/** Findings that are kept at a time. */
const MAX_KNOWN = 2 ** 22;
/** Nodes whose values are all tried at once, before they are decided one level after the other. */
const MAX_FREE = 3;

/**
 * Checks a decision diagram of a circuit: that the nodes are ordered, that every gate and every
 * conjunction is the diagram that it is said to be, wherever the decisions lead, and that outputs
 * and specification have the same.
 *
 * @throws {Rejection} When it is not so.
 */
export function checkBdd(
  list: GateList,
  specification: BitFunction,
  { order, nodes, gates, ands }: BddCertificate,
): void {
  const count = Math.floor(nodes.length / 3) + 1;
  const levels = [order.length];
  const inputs = new Array<number>(list.inputs).fill(-1);
  demand(order.length === list.inputs, "the order of the inputs");
  for (let node = 1; node < count; node++) {
    const [level, low, high] = nodes.slice(3 * node - 3, 3 * node);
    demand(isLiteral(low, node) && isLiteral(high, node), `a successor of node ${node}`);
    demand(
      level! >= 0 && level! < levels[low! >> 1]! && level! < levels[high! >> 1]!,
      `level ${node}`,
    );
    levels.push(level!);
    if (low === 0 && high === 1) inputs[order[level!]!] = 2 * node;
  }
  demand(inputs.length === list.inputs && inputs.every((ref) => ref > 0), "an input is missing");
  const successor = (ref: number, high: number): number =>
    nodes[3 * (ref >> 1) - 2 + high]! ^ (ref & 1);

  const known = new Set<string>();
  /**
   * Whether `output` is step(Σ weight·ref + bias) wherever the decisions lead. Decided references go
   * into the bias, so that gates are looked at by what is left of them.
   */
  const holds = (
    given: readonly number[],
    givenWeights: readonly number[],
    bias: number,
    output: number,
  ): boolean => {
    const refs: number[] = [];
    const weights: number[] = [];
    for (const [i, ref] of given.entries()) {
      if (ref === 1) bias += givenWeights[i]!;
      if (ref < 2) continue;
      refs.push(ref);
      weights.push(givenWeights[i]!);
    }
    const key = `${bias} ${output} ${refs} ${weights}`;
    if (known.has(key)) return true;
    const isRight = (values: readonly number[], value: number): boolean =>
      isSurely({ signals: [], weights, bias }, values, value);
    const free = [...new Set([...refs, output].map((ref) => ref >> 1))].filter((node) => node > 0);
    // Enough, and necessary where no node is left: it holds whatever values the nodes have.
    let always = isRight(refs.map(() => 2), output);
    if (!always && free.length <= MAX_FREE) {
      always = true;
      for (let row = 0; always && row < 2 ** free.length; row++) {
        const valueOf = (ref: number): number =>
          ref < 2 ? ref : ((row >> free.indexOf(ref >> 1)) & 1) ^ (ref & 1);
        always = isRight(refs.map(valueOf), valueOf(output));
      }
    }
    if (!always) {
      if (free.length === 0) return false;
      const level = Math.min(...free.map((node) => levels[node]!));
      for (const high of [0, 1]) {
        const next = (ref: number): number =>
          levels[ref >> 1] === level ? successor(ref, high) : ref;
        if (!holds(refs.map(next), weights, bias, next(output))) return false;
      }
    }
    if (known.size >= MAX_KNOWN) known.clear();
    known.add(key);
    return true;
  };

  const signals = [...inputs];
  for (const [index, gate] of list.gates.entries()) {
    const ref = gates[index];
    if (!isLiteral(ref, count)) return demand(false, `gate ${index} is missing`);
    const read = gate.signals.map((signal) => signals[signal]!);
    demand(holds(read, gate.weights, gate.bias, ref), `gate ${index} is not its diagram`);
    signals.push(ref);
  }
  const conjunctions = new Map<string, number>();
  for (let i = 0; i < ands.length; i += 3) {
    const refs = ands.slice(i, i + 3);
    demand(refs.length === 3 && refs.every((ref) => isLiteral(ref, count)), `conjunction ${i / 3}`);
    const isAnd = holds(refs.slice(0, 2), [1, 1], -1.5, refs[2]!);
    demand(isAnd, `conjunction ${i / 3} is not its diagram`);
    conjunctions.set(`${refs[0]} ${refs[1]}`, refs[2]!);
  }
  const expected = specification(lookupAlgebra(conjunctions), inputs);
  demand(expected.length === list.outputs.length, "the number of outputs");
  expected.forEach((ref, i) => demand(ref === signals[list.outputs[i]!], `output ${i} differs`));
}
