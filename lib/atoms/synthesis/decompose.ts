import { gatesNeeded, network } from "./database_lookup.ts";
import { permutations } from "./function_class.ts";
import { type GateNetwork, type Margin, maskOf, networkBits } from "./gate_network.ts";
import { NetworkBuilder } from "./network_builder.ts";
import { constantGate, staircase } from "./staircase.ts";
import { thresholdGate } from "./threshold_gate.ts";

/**
 * A network of a function of 1 to 6 inputs, from the database up to 4 inputs. Above, it is the
 * smallest of several ways, none of which is claimed to be minimal:
 *
 * - one gate, if the function is one, or one gate with a constant gate as its second bias;
 * - {@linkcode staircase}, for functions of a sum;
 * - h(g(bound inputs), free inputs), also with one bound input that h sees too (Ashenhurst);
 * - h(g1(bound), g2(bound), free), with all encodings of the columns (Curtis); with one free input
 *   this is Shannon's expansion and always possible for five inputs;
 * - a multiplexer of the two halves, for six inputs.
 *
 * Inputs on which the function does not depend are left out first.
 */
export function decompose(truthTable: string, inputs: number, margin: Margin): GateNetwork {
  return new Decomposer(margin).solve(truthTable, inputs);
}

/** Makes a network that may be the smallest. */
type Candidate = () => GateNetwork;

/** Chooses networks for functions, remembering those of more than 4 inputs that it met. */
class Decomposer {
  readonly #known = new Map<string, GateNetwork>();

  constructor(readonly margin: Margin) {}

  solve(table: string, inputs: number): GateNetwork {
    if (inputs <= 4) return network(maskOf(table), inputs, this.margin);
    const known = this.#known.get(table);
    if (known) return known;
    const solved = this.#solve(table, inputs);
    this.#known.set(table, solved);
    return solved;
  }

  #solve(table: string, inputs: number): GateNetwork {
    const support = [...Array(inputs).keys()].filter((i) => dependsOn(table, i));
    if (support.length < inputs) {
      const kept = support.length > 0 ? support : [0];
      const reduced = tabulate(kept.length, (row) => table[spread(row, kept)]!);
      const builder = new NetworkBuilder(inputs);
      return builder.build(builder.add(this.solve(reduced, kept.length), kept));
    }
    const single = thresholdGate(table, { margin: this.margin });
    if (single) {
      const { weightCodes, biasCodes } = single;
      return { inputs, gates: [{ weightCodes, biasCodes }] };
    }
    const helped = thresholdGate(table, { margin: this.margin, biasCodes: 2 });
    if (helped) {
      const { weightCodes, biasCodes: [bias, second] } = helped;
      const last = { weightCodes: [...weightCodes, second!], biasCodes: [bias!] };
      return { inputs, gates: [constantGate(inputs), last] };
    }
    let best = staircase(table, inputs, this.margin);
    const offer = (candidate: Candidate, atLeast: number): void => {
      if (best && atLeast > best.gates.length) return;
      const made = candidate();
      const fewer = !best || made.gates.length < best.gates.length ||
        (made.gates.length === best.gates.length && networkBits(made) < networkBits(best));
      if (fewer) best = made;
    };
    for (let bound = 3; bound < (1 << inputs) - 1; bound++) {
      this.#boundSet(table, inputs, bound, offer);
    }
    if (!best || (inputs === 6 && best.gates.length > 4)) {
      for (let input = 0; input < inputs; input++) {
        offer(() => this.#multiplex(table, inputs, input), 0);
      }
    }
    return best!;
  }

  /** Decompositions in which only g1 and g2 see the bound inputs, or one of them is shared. */
  #boundSet(
    table: string,
    inputs: number,
    bound: number,
    offer: (candidate: Candidate, atLeast: number) => void,
  ): void {
    const inside = bitsOf(bound, inputs);
    const outside = bitsOf(~bound, inputs);
    if (inside.length < 2) return;
    const columns = tabulateColumns(table, inside, outside);
    const kinds = [...new Set(columns)];
    if (kinds.length === 2) this.#one(table, inputs, inside, outside, columns, offer);
    else if (outside.length <= 2) {
      for (const shared of inside) {
        this.#one(table, inputs, inside, [...outside, shared], columns, offer, shared);
      }
    }
    if (kinds.length > 2 && kinds.length <= 4 && outside.length <= 2 && inside.length <= 4) {
      this.#two(inputs, inside, outside, columns, kinds, offer);
    }
  }

  /** h(g(bound), free); with a shared input there may be two kinds of columns per value of it. */
  #one(
    table: string,
    inputs: number,
    inside: readonly number[],
    free: readonly number[],
    columns: readonly string[],
    offer: (candidate: Candidate, atLeast: number) => void,
    shared?: number,
  ): void {
    const at = shared === undefined ? -1 : inside.indexOf(shared);
    const valueOf = (row: number): number => at < 0 ? 0 : (row >> at) & 1;
    const kinds = [new Map<string, number>(), new Map<string, number>()];
    for (const [row, column] of columns.entries()) {
      const own = kinds[valueOf(row)]!;
      if (!own.has(column)) own.set(column, own.size);
      if (own.size > 2) return;
    }
    // Either polarity of g, for each value of the shared input.
    for (let polarity = 0; polarity < (at < 0 ? 2 : 4); polarity++) {
      const digit = (row: number): number =>
        kinds[valueOf(row)]!.get(columns[row]!)! ^ ((polarity >> valueOf(row)) & 1);
      const g = tabulate(inside.length, (row) => String(digit(row)));
      const rowOf = new Map<string, number>();
      for (let row = 0; row < columns.length; row++) {
        rowOf.set(`${digit(row)}${valueOf(row)}`, spread(row, inside));
      }
      // h sees g as its first input, then the free inputs, the shared one last.
      const h = tabulate(free.length + 1, (row) => {
        const value = at < 0 ? 0 : row >> free.length;
        const from = rowOf.get(`${row & 1}${value}`) ?? rowOf.get(`${~row & 1}${value}`)!;
        return table[from | spread(row >> 1, free)]!;
      });
      offer(() => {
        const builder = new NetworkBuilder(inputs);
        const g0 = builder.add(this.solve(g, inside.length), inside);
        return builder.build(builder.add(this.solve(h, free.length + 1), [g0, ...free]));
      }, this.#atLeast(g, inside.length) + this.#atLeast(h, free.length + 1));
    }
  }

  /** h(g1(bound), g2(bound), free) for three or four kinds of columns. */
  #two(
    inputs: number,
    inside: readonly number[],
    free: readonly number[],
    columns: readonly string[],
    kinds: readonly string[],
    offer: (candidate: Candidate, atLeast: number) => void,
  ): void {
    for (const codes of permutations(4)) {
      const codeOf = new Map(kinds.map((kind, i) => [kind, codes[i]!]));
      const g1 = tabulate(inside.length, (row) => String(codeOf.get(columns[row]!)! & 1));
      const g2 = tabulate(inside.length, (row) => String(codeOf.get(columns[row]!)! >> 1));
      const kindOf = new Map(kinds.map((kind, i) => [codes[i]!, kind]));
      const unused = codes.find((code) => !kindOf.has(code));
      // A code that no column has may stand for any column.
      const fillers = unused === undefined ? [""] : [...kinds];
      for (const filler of fillers) {
        const h = tabulate(free.length + 2, (row) => (kindOf.get(row & 3) ?? filler)[row >> 2]!);
        offer(
          () => {
            const builder = new NetworkBuilder(inputs);
            const a = builder.add(this.solve(g1, inside.length), inside);
            const b = builder.add(this.solve(g2, inside.length), inside);
            return builder.build(builder.add(this.solve(h, free.length + 2), [a, b, ...free]));
          },
          this.#atLeast(g1, inside.length) + this.#atLeast(g2, inside.length) +
            this.#atLeast(h, free.length + 2),
        );
      }
    }
  }

  /** input ? one : zero. */
  #multiplex(table: string, inputs: number, input: number): GateNetwork {
    const rest = bitsOf(~(1 << input), inputs);
    const [zero, one] = [0, 1].map((value) =>
      tabulate(rest.length, (row) => table[spread(row, rest) | (value << input)]!)
    );
    const builder = new NetworkBuilder(inputs);
    const a = builder.add(this.solve(zero!, rest.length), rest);
    const b = builder.add(this.solve(one!, rest.length), rest);
    if (a === b) return builder.build(a);
    return builder.build(builder.add(network(0xe4, 3, this.margin), [input, a, b]));
  }

  #atLeast(table: string, inputs: number): number {
    return inputs <= 4 ? gatesNeeded(maskOf(table), inputs, this.margin) : 1;
  }
}

/** A truth table from its rows. */
function tabulate(inputs: number, output: (row: number) => string): string {
  let table = "";
  for (let row = 0; row < 1 << inputs; row++) table += output(row);
  return table;
}

/** For every row of the inputs inside the outputs in all rows of those outside. */
function tabulateColumns(
  table: string,
  inside: readonly number[],
  outside: readonly number[],
): string[] {
  return Array.from({ length: 1 << inside.length }, (_, row) => {
    const from = spread(row, inside);
    return tabulate(outside.length, (other) => table[from | spread(other, outside)]!);
  });
}

/** Puts bit i of a row at place `places[i]`. */
function spread(row: number, places: readonly number[]): number {
  let image = 0;
  for (let i = 0; i < places.length; i++) if ((row >> i) & 1) image |= 1 << places[i]!;
  return image;
}

function bitsOf(set: number, inputs: number): number[] {
  const bits: number[] = [];
  for (let i = 0; i < inputs; i++) if ((set >> i) & 1) bits.push(i);
  return bits;
}

function dependsOn(table: string, input: number): boolean {
  for (let row = 0; row < table.length; row++) {
    if (table[row] !== table[row ^ (1 << input)]) return true;
  }
  return false;
}
