import type { Gate, GateList } from "../gates.ts";
import type { BitFunction } from "./bit_algebra.ts";
import type { SatCertificate } from "./certificate.ts";
import { demand, isLiteral, isSurely, lookupAlgebra } from "./checker_kit.ts";

/** Branches after which a gate is rejected as too wide to be checked. */
const MAX_BRANCHES = 2 ** 20;
/** Nodes that are looked at to find how inputs of a gate depend on each other. */
const MAX_DETOUR = 256;

/**
 * Checks a refutation: that every gate is the and-gates that it is said to be, that every line
 * follows by unit propagation from the clauses of the and-gates and the lines before it, and that
 * lines say of every output that it is that of the specification.
 *
 * @throws {Rejection} When it is not so.
 */
export function checkSat(
  list: GateList,
  specification: BitFunction,
  { ands, gates, proof }: SatCertificate,
): void {
  const size = list.inputs + 1 + Math.floor(ands.length / 2);
  const clauses = new Map<number, readonly number[]>([[1, [-1]]]);
  const conjunctions = new Map<string, number>();
  const fanins = new Map<number, readonly [number, number]>();
  for (let node = list.inputs + 1; node < size; node++) {
    const at = 2 * (node - list.inputs - 1);
    const [a, b] = ands.slice(at, at + 2) as [number, number];
    demand(isLiteral(a, node) && isLiteral(b, node), `an operand of node ${node}`);
    const id = clauses.size;
    clauses.set(id + 1, [signed(2 * node + 1), signed(a)]);
    clauses.set(id + 2, [signed(2 * node + 1), signed(b)]);
    clauses.set(id + 3, [signed(2 * node), signed(a ^ 1), signed(b ^ 1)]);
    conjunctions.set(`${Math.min(a, b)} ${Math.max(a, b)}`, 2 * node);
    fanins.set(node, [a, b]);
  }
  const signals = Array.from({ length: list.inputs }, (_, wire) => 2 * (wire + 1));
  for (const [index, gate] of list.gates.entries()) {
    const root = gates[index];
    if (!isLiteral(root, size)) return demand(false, `gate ${index} is missing`);
    checkGate(index, gate, gate.signals.map((signal) => signals[signal]!), root, fanins);
    signals.push(root);
  }
  const derived = checkLines(proof, clauses, size);
  const expected = specification(lookupAlgebra(conjunctions), signals.slice(0, list.inputs));
  demand(expected.length === list.outputs.length, "the number of outputs");
  for (const [output, right] of expected.entries()) {
    const left = signals[list.outputs[output]!]!;
    const isDerived = derived.has(keyOf([left ^ 1, right].map(signed))) &&
      derived.has(keyOf([left, right ^ 1].map(signed)));
    demand(left === right || isDerived, `output ${output} is not derived`);
  }
}

/** A literal of the graph as one of the clauses. */
function signed(literal: number): number {
  return literal & 1 ? -(literal >> 1) - 1 : (literal >> 1) + 1;
}

function keyOf(clause: readonly number[]): string {
  return clause.toSorted((a, b) => a - b).join(" ");
}

/** Checks the nodes between a gate's inputs and its output, for all values of the inputs. */
function checkGate(
  index: number,
  gate: Gate,
  read: readonly number[],
  root: number,
  fanins: ReadonlyMap<number, readonly [number, number]>,
): void {
  const leaves = new Set(read.map((literal) => literal >> 1));
  /** The nodes between some nodes and the leaves; undefined where there are others or too many. */
  const between = (from: readonly number[], limit: number): number[] | undefined => {
    const found = new Set<number>();
    const open = [...from];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (found.has(node) || leaves.has(node) || node === 0) continue;
      if (!fanins.has(node) || found.size >= limit) return undefined;
      found.add(node);
      open.push(...fanins.get(node)!.map((literal) => literal >> 1));
    }
    return [...found];
  };
  const cone = between([root >> 1], Infinity);
  if (cone === undefined) return demand(false, `gate ${index} depends on what it does not read`);
  // How inputs of the gate depend on each other counts, too: not all values of them can happen.
  const others = [...leaves].flatMap((leaf) =>
    between(fanins.get(leaf)?.map((literal) => literal >> 1) ?? [], MAX_DETOUR) ?? []
  );
  const nodes = [...new Set([0, ...leaves, ...cone, ...others])].sort((a, b) => a - b);
  const places = new Map(nodes.map((node, place) => [node, place]));
  const local = (literal: number): number => {
    const place = places.get(literal >> 1);
    return place === undefined ? -1 : 2 * place + (literal & 1);
  };
  const operands = nodes.map((node) => (fanins.get(node) ?? []).map(local));
  const inputs = read.map(local);
  const output = local(root);
  const given = new Int8Array(nodes.length).fill(2); // 0, 1, or 2 for unknown
  const values = new Int8Array(nodes.length);
  const valueOf = (literal: number): number =>
    literal < 0 || values[literal >> 1] === 2 ? 2 : values[literal >> 1]! ^ (literal & 1);
  const order = [...new Set(inputs.toReversed().map((literal) => literal >> 1))].filter((p) =>
    p > 0
  );
  let branches = 0;
  const visit = (next: number): void => {
    demand(++branches <= MAX_BRANCHES, `gate ${index} is too wide`);
    for (let place = 1; place < nodes.length; place++) {
      const [x, y] = operands[place] as [number?, number?];
      const [a, b] = x === undefined ? [2, 2] : [valueOf(x), valueOf(y!)];
      const found = a === 0 || b === 0 ? 0 : a === 1 && b === 1 ? 1 : 2;
      const set = given[place]!;
      if (set !== 2 && found !== 2 && set !== found) return;
      values[place] = set === 2 ? found : set;
    }
    if (isSurely(gate, inputs.map(valueOf), valueOf(output))) return;
    demand(next < order.length, `gate ${index} is not its and-gates`);
    for (const value of [0, 1]) {
      given[order[next]!] = value;
      visit(next + 1);
    }
    given[order[next]!] = 2;
  };
  visit(0);
}

/** Checks lines of LRAT and adds their clauses; the keys of these. */
function checkLines(
  proof: readonly string[],
  clauses: Map<number, readonly number[]>,
  size: number,
): Set<string> {
  const derived = new Set<string>();
  const values = new Int8Array(2 * size + 1); // by literal + size: 1 true, −1 false
  for (const line of proof) {
    const [id, ...rest] = line.split(" ").map(Number) as [number, ...number[]];
    const end = rest.indexOf(0);
    const clause = rest.slice(0, end);
    demand(
      !clauses.has(id) && end >= 0 && end < rest.length - 1 && rest.at(-1) === 0,
      `line ${id}`,
    );
    demand(
      clause.every((literal) => Number.isInteger(literal) && Math.abs(literal) <= size),
      `a literal of line ${id}`,
    );
    const set: number[] = [];
    const assume = (literal: number): void => {
      values[size + literal] = 1;
      values[size - literal] = -1;
      set.push(literal);
    };
    for (const literal of clause) assume(-literal);
    let isRefuted = false;
    for (const hint of rest.slice(end + 1, -1)) {
      const open = clauses.get(hint)?.filter((literal) => values[size + literal] !== -1);
      demand(open !== undefined && open.length <= 1 && !isRefuted, `line ${id}: hint ${hint}`);
      if (open!.length === 0) isRefuted = true;
      else assume(open![0]!);
    }
    demand(isRefuted, `line ${id} does not follow`);
    for (const literal of set) values[size + literal] = values[size - literal] = 0;
    clauses.set(id, clause);
    derived.add(keyOf(clause));
  }
  return derived;
}
