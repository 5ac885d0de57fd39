import type { BitAlgebra, BitFunction } from "../proof/bit_algebra.ts";
import { FormatError, type ReadOptions } from "./format_error.ts";
import { busesOf, freeName, type LogicCircuit, nameFromFile } from "./logic_circuit.ts";

/** A conjunction: three literals, the first one even. */
type And = readonly [left: number, right0: number, right1: number];

/** The counts of a header. */
interface Header {
  readonly isBinary: boolean;
  readonly variables: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly ands: number;
  /** Bad states of version 1.9: what must never be 1, without latches outputs as others are. */
  readonly bad: number;
}

/** Variables that are more than any circuit which can be mapped has. */
const MAX_VARIABLES = 2 ** 22;

/**
 * Reads a combinational circuit in the AIGER format, ASCII (`aag`) or binary (`aig`), with or without
 * a symbol table (Biere 2007; headers of version 1.9 too, whose bad states become outputs behind the
 * others). Inputs, outputs and bad states without a symbol are called `i0`, `o0`, `b0` and so on;
 * names that are taken get underscores.
 *
 * @throws {FormatError} When the bytes are not such a circuit: with line or byte, and remedy. Latches,
 * constraints, justice and fairness properties, variables with two drivers or none and rings are
 * refused.
 */
export function readAiger(
  data: Uint8Array | string,
  { file = "input.aig" }: ReadOptions = {},
): LogicCircuit {
  const reader = new Reader(typeof data === "string" ? new TextEncoder().encode(data) : data, file);
  const header = readHeader(reader);
  const { isBinary, variables } = header;
  const owner = new Uint8Array(variables + 1); // 1: input, 2: and-gate
  const inputs: number[] = [];
  const define = (literal: number, kind: number): void => {
    const variable = literal >> 1;
    if (literal % 2 === 1 || variable === 0) {
      throw reader.fault(`literal ${literal} cannot be driven`, "drive an even literal above 0");
    }
    if (owner[variable] !== 0) {
      throw reader.fault(
        `literal ${literal} is driven twice`,
        "let one of them drive another literal",
      );
    }
    owner[variable] = kind;
  };
  for (let i = 0; i < header.inputs; i++) {
    const literal = isBinary ? 2 * (i + 1) : reader.numbers(1, `input ${i}`, variables)[0]!;
    define(literal, 1);
    inputs.push(literal);
  }
  const outputs: number[] = [];
  for (let i = 0; i < header.outputs; i++) {
    outputs.push(reader.numbers(1, `output ${i}`, variables)[0]!);
  }
  for (let i = 0; i < header.bad; i++) {
    outputs.push(reader.numbers(1, `bad state ${i}`, variables)[0]!);
  }
  const ands: And[] = [];
  for (let i = 0; i < header.ands; i++) {
    const and = isBinary
      ? reader.binaryAnd(2 * (header.inputs + i + 1), i)
      : reader.numbers(3, `and-gate ${i}`, variables) as [number, number, number];
    define(and[0], 2);
    ands.push(and);
  }
  const undriven = [...outputs, ...ands.flat()].find((l) => l > 1 && owner[l >> 1] === 0);
  if (undriven !== undefined) {
    throw reader.fault(
      `literal ${undriven} has no driver`,
      "list it as an input or drive it by an and-gate",
    );
  }
  const symbols = readSymbols(reader, header);
  const taken = new Set<string>();
  const inputNames = inputs.map((_, i) => freeName(symbols.get(`i${i}`) ?? `i${i}`, taken));
  const outputNames = outputs.map((_, i) => {
    const key = i < header.outputs ? `o${i}` : `b${i - header.outputs}`;
    return freeName(symbols.get(key) ?? key, taken);
  });
  return {
    name: nameFromFile(file),
    inputs: busesOf(inputNames),
    outputs: busesOf(outputNames),
    specification: andsFunction(inputs, inOrder(ands, reader), outputs, variables),
  };
}

function readHeader(reader: Reader): Header {
  const words = reader.line("the header").trimEnd().split(" ");
  const [magic, ...counts] = words;
  if (magic !== "aag" && magic !== "aig") {
    throw reader.fault(
      `the header begins with "${magic!.slice(0, 20)}", expected aag or aig`,
      "give an AIGER file: its first line is such as aag 3 2 0 1 1",
    );
  }
  if (counts.length < 5 || counts.length > 9 || counts.some((word) => !/^\d{1,9}$/.test(word))) {
    throw reader.fault(
      `the header has the counts "${counts.join(" ")}"`,
      "give the numbers of variables, inputs, latches, outputs and and-gates",
    );
  }
  const [variables, inputs, latches, outputs, ands, bad = 0, ...properties] = counts
    .map(Number) as [number, number, number, number, number, ...number[]];
  if (latches > 0) {
    throw reader.fault(
      `the circuit has ${latches} latch${latches === 1 ? "" : "es"}`,
      "give a combinational circuit: cut the latches open into inputs and outputs",
    );
  }
  if (properties.some((count) => count > 0)) {
    throw reader.fault(
      "the circuit has constraints, justice or fairness properties",
      "give a combinational circuit: list what it computes as outputs",
    );
  }
  if (outputs + bad === 0) {
    throw reader.fault("the circuit has no outputs", "count them in the header and list them");
  }
  const isBinary = magic === "aig";
  if (isBinary ? variables !== inputs + ands : variables < inputs + ands) {
    throw reader.fault(
      `${variables} variables for ${inputs} inputs and ${ands} and-gates`,
      `the first count of the header is at least their sum${isBinary ? ", here exactly" : ""}`,
    );
  }
  // Before anything of the size that a header claims is made: a line or two bytes each at least.
  if ((isBinary ? 0 : inputs) + outputs + bad + 2 * ands > reader.bytes.length) {
    throw reader.fault("the file ends before what its header counts", "copy the file again");
  }
  if (variables > MAX_VARIABLES) {
    throw reader.fault(
      `the circuit has ${variables} variables`,
      `give one of at most ${MAX_VARIABLES}`,
    );
  }
  return { isBinary, variables, inputs, outputs, ands, bad };
}

function readSymbols(reader: Reader, { inputs, outputs, bad }: Header): Map<string, string> {
  const counts: Readonly<Record<string, number>> = { i: inputs, o: outputs, b: bad };
  const symbols = new Map<string, string>();
  while (!reader.isAtEnd) {
    const line = reader.line("the symbol table").replace(/\r$/, "");
    if (line === "c" || line === "") break;
    const [, kind, digits, name] = /^([iob])(\d+) (.+)$/.exec(line) ?? [];
    if (kind === undefined || Number(digits) >= counts[kind]!) {
      throw reader.fault(
        `"${line.slice(0, 40)}" is no symbol of an input or output`,
        "write i, o or b, its number, a space and its name; comments follow a line c",
      );
    }
    const key = `${kind}${Number(digits)}`;
    if (symbols.has(key)) throw reader.fault(`${key} has two names`, "give it one");
    symbols.set(key, name!);
  }
  return symbols;
}

/** Sorts and-gates so that every variable is driven before it is read. */
function inOrder(ands: readonly And[], reader: Reader): And[] {
  if (ands.every(([left, a, b]) => a < left && b < left)) {
    return ands.toSorted(([a], [b]) => a - b);
  }
  const driver = new Map(ands.map((and) => [and[0] >> 1, and]));
  const state = new Map<And, "open" | "done">();
  const order: And[] = [];
  for (const root of ands) {
    const stack = [root];
    while (stack.length > 0) {
      const and = stack.at(-1)!;
      if (state.get(and) === undefined) {
        state.set(and, "open");
        for (const literal of [and[1], and[2]]) {
          const below = driver.get(literal >> 1);
          if (below === undefined) continue;
          if (state.get(below) === "open") {
            throw reader.fault(
              `and-gates depend on each other in a ring, through literal ${below[0]}`,
              "break the ring: the circuit must be combinational",
            );
          }
          if (state.get(below) === undefined) stack.push(below);
        }
        continue;
      }
      stack.pop();
      if (state.get(and) === "done") continue;
      state.set(and, "done");
      order.push(and);
    }
  }
  return order;
}

function andsFunction(
  inputs: readonly number[],
  ands: readonly And[],
  outputs: readonly number[],
  variables: number,
): BitFunction {
  return <B>({ zero, and, not }: BitAlgebra<B>, wires: readonly B[]): B[] => {
    const bits = new Array<B>(variables + 1);
    bits[0] = zero;
    const bit = (literal: number): B =>
      literal % 2 === 0 ? bits[literal >> 1]! : not(bits[literal >> 1]!);
    inputs.forEach((literal, i) => bits[literal >> 1] = wires[i]!);
    for (const [left, a, b] of ands) bits[left >> 1] = and(bit(a), bit(b));
    return outputs.map(bit);
  };
}

/** Reads lines and bytes and knows where it is. */
class Reader {
  #offset = 0;
  #line = 0;
  #inBytes = false;

  constructor(readonly bytes: Uint8Array, readonly file: string) {}

  get isAtEnd(): boolean {
    return this.#offset >= this.bytes.length;
  }

  fault(message: string, help: string): FormatError {
    const { file } = this;
    return new FormatError(
      message,
      help,
      this.#inBytes ? { file, offset: this.#offset } : { file, line: this.#line, column: 1 },
    );
  }

  line(what: string): string {
    this.#inBytes = false;
    this.#line++;
    if (this.isAtEnd) throw this.fault(`the file ends before ${what}`, "copy the file again");
    let end = this.bytes.indexOf(10, this.#offset);
    if (end < 0) end = this.bytes.length;
    const text = new TextDecoder().decode(this.bytes.subarray(this.#offset, end));
    this.#offset = end + 1;
    return text;
  }

  /** The literals of a line. */
  numbers(count: number, what: string, variables: number): number[] {
    const line = this.line(what).trimEnd();
    const words = line.split(" ");
    if (words.length !== count || words.some((word) => !/^\d{1,10}$/.test(word))) {
      throw this.fault(
        `"${line.slice(0, 40)}" for ${what}`,
        `write ${count === 1 ? "one literal" : `${count} literals`}`,
      );
    }
    const literals = words.map(Number);
    const high = literals.find((literal) => literal > 2 * variables + 1);
    if (high === undefined) return literals;
    throw this.fault(
      `literal ${high} is above the highest variable ${variables}`,
      "the first count of the header is the highest variable",
    );
  }

  /** An and-gate as two differences of seven bits a byte, the lowest first. */
  binaryAnd(left: number, index: number): And {
    this.#inBytes = true;
    const first = this.#difference(index);
    const second = this.#difference(index);
    const [right0, right1] = [left - first, left - first - second];
    if (first === 0 || right1 < 0) {
      throw this.fault(
        `and-gate ${index} reads literals ${right0} and ${right1}, which it may not`,
        "the file is damaged: copy it again",
      );
    }
    return [left, right0, right1];
  }

  #difference(index: number): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.bytes[this.#offset++];
      if (byte === undefined) {
        throw this.fault(`the file ends within and-gate ${index}`, "copy the file again");
      }
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw this.fault(`and-gate ${index} has too large a number`, "copy the file again");
  }
}
