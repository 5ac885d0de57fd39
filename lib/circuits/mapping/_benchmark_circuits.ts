/**
 * Test vocabulary: circuits of thousands of gates in BLIF and AIGER, written word by word from what
 * they are to compute, and that by whole numbers. Shares nothing with what writes circuits.
 *
 * @module
 */

/** A circuit in writing: wires are numbers, what they are called the format says. */
interface Writer {
  readonly not: (a: number) => number;
  readonly and: (a: number, b: number) => number;
  readonly xor: (a: number, b: number) => number;
}

/** Bits of a number, bit 0 first. */
type Word = readonly number[];

/** A circuit, and what it computes. */
export interface Benchmark {
  /** Name. */
  readonly name: string;
  /** Input buses: names and widths. */
  readonly inputs: readonly (readonly [name: string, width: number])[];
  /** Output buses. */
  readonly outputs: readonly (readonly [name: string, width: number])[];
  /** Builds it. */
  readonly build: (writer: Writer, inputs: readonly Word[]) => Word[];
  /** What it computes of whole numbers. */
  readonly compute: (...inputs: bigint[]) => bigint[];
}

/** The circuit as BLIF: a table per operation, in the reverse order. */
export function asBlif(circuit: Benchmark): string {
  const names = wireNames(circuit.inputs);
  const tables: string[] = [];
  const table = (inputs: readonly number[], rows: string): number => {
    const output = `t${names.length}`;
    tables.push(`.names ${inputs.map((wire) => names[wire]).join(" ")} ${output}\n${rows}`);
    return names.push(output) - 1;
  };
  const results = circuit.build({
    not: (a) => table([a], "0 1\n"),
    and: (a, b) => table([a, b], "0- 0\n-0 0\n"),
    xor: (a, b) => table([a, b], "10 1\n01 1\n"),
  }, words(circuit.inputs, (wire) => wire));
  const outputs = wireNames(circuit.outputs);
  results.flat().forEach((wire, i) => tables.push(`.names ${names[wire]} ${outputs[i]}\n1 1\n`));
  const inputs = wireNames(circuit.inputs);
  return `.model ${circuit.name}\n.inputs ${inputs.join(" \\\n ")}\n.outputs ${
    outputs.join(" ")
  }\n` +
    `${tables.reverse().join("")}.end\n`;
}

/** The circuit as ASCII AIGER. */
export function asAiger(circuit: Benchmark): string {
  const inputs = wireNames(circuit.inputs);
  const ands: string[] = [];
  let last = 2 * inputs.length;
  const and = (a: number, b: number): number => {
    last += 2;
    ands.push(`${last} ${Math.max(a, b)} ${Math.min(a, b)}\n`);
    return last;
  };
  const results = circuit.build({
    not: (a) => a ^ 1,
    and,
    xor: (a, b) => and(and(a, b) ^ 1, and(a ^ 1, b ^ 1) ^ 1),
  }, words(circuit.inputs, (wire) => 2 * wire + 2)).flat();
  const counts = `${last / 2} ${inputs.length} 0 ${results.length} ${ands.length}`;
  return `aag ${counts}\n${inputs.map((_, i) => `${2 * i + 2}\n`).join("")}` +
    results.map((literal) => `${literal}\n`).join("") + ands.join("") +
    inputs.map((name, i) => `i${i} ${name}\n`).join("") +
    wireNames(circuit.outputs).map((name, i) => `o${i} ${name}\n`).join("");
}

function wireNames(buses: Benchmark["inputs"]): string[] {
  return buses.flatMap(([name, width]) => Array.from({ length: width }, (_, i) => `${name}[${i}]`));
}

function words(buses: Benchmark["inputs"], wireOf: (index: number) => number): Word[] {
  let next = 0;
  return buses.map(([, width]) => Array.from({ length: width }, () => wireOf(next++)));
}

const bitwise = (f: (a: number, b: number) => number) => (a: Word, b: Word): Word =>
  a.map((bit, i) => f(bit, b[i]!));

/** a + b, of equal widths, and the carry. */
function add({ and, xor, not }: Writer, a: Word, b: Word): number[] {
  const or = (a: number, b: number): number => not(and(not(a), not(b)));
  let carry: number | undefined;
  const sum = a.map((bit, i) => {
    const half = xor(bit, b[i]!);
    const both = and(bit, b[i]!);
    const digit = carry === undefined ? half : xor(half, carry);
    carry = carry === undefined ? both : or(both, and(half, carry));
    return digit;
  });
  return [...sum, carry!];
}

/** An array multiplier. */
export function multiplier(width: number): Benchmark {
  return {
    name: `multiplier${width}`,
    inputs: [["a", width], ["b", width]],
    outputs: [["p", 2 * width]],
    build: (writer, [a, b]) => {
      const product: number[] = [];
      let rest = a!.map((bit) => writer.and(bit, b![0]!));
      const zero = writer.and(a![0]!, writer.not(a![0]!));
      let high = zero;
      for (const digit of b!.slice(1)) {
        product.push(rest[0]!);
        const shifted = [...rest.slice(1), high];
        const sum = add(writer, shifted, a!.map((bit) => writer.and(bit, digit)));
        high = sum.pop()!;
        rest = sum;
      }
      return [[...product, ...rest, high]];
    },
    compute: (a, b) => [a * b],
  };
}

/** Sum, conjunction, difference in bits and majority of two words, chosen by two bits. */
export function alu(width: number): Benchmark {
  return {
    name: `alu${width}`,
    inputs: [["a", width], ["b", width], ["op", 2]],
    outputs: [["y", width]],
    build: (writer, [a, b, op]) => {
      const { and, xor, not } = writer;
      const mux = (s: number, one: Word, zero: Word): Word =>
        one.map((bit, i) => not(and(not(and(s, bit)), not(and(not(s), zero[i]!)))));
      const sum = add(writer, a!, b!).slice(0, width);
      const low = mux(op![0]!, bitwise(and)(a!, b!), sum);
      const either = bitwise((x, y) => not(and(not(x), not(y))))(a!, b!);
      return [mux(op![1]!, mux(op![0]!, either, bitwise(xor)(a!, b!)), low)];
    },
    compute: (a, b, op) => [
      [BigInt.asUintN(width, a + b), a & b, a ^ b, a | b][Number(op)]!,
    ],
  };
}

/** A round of SHA-256 (FIPS 180-4, 6.2.2) of the words a to h, a constant and a word of the message. */
export const SHA256_ROUND: Benchmark = {
  name: "sha256_round",
  inputs: ["a", "b", "c", "d", "e", "f", "g", "h", "k", "w"].map((name) => [name, 32] as const),
  outputs: [["newA", 32], ["newE", 32]],
  build: (writer, inputs) => {
    const [a, b, c, d, e, f, g, h, k, w] = inputs as [
      ...[Word, Word, Word, Word, Word, Word, Word, Word, Word, Word],
    ];
    const { and, xor, not } = writer;
    const xors = (...words: Word[]): Word => words.reduce((x, y) => bitwise(xor)(x, y));
    const sum = (...words: Word[]): Word => words.reduce((x, y) => add(writer, x, y).slice(0, 32));
    const rotate = (x: Word, by: number): Word => [...x.slice(by), ...x.slice(0, by)];
    const sigma = (x: Word, by: readonly number[]): Word => xors(...by.map((n) => rotate(x, n)));
    const choice = xors(bitwise(and)(e, f), bitwise(and)(e.map(not), g));
    const majority = xors(bitwise(and)(a, b), bitwise(and)(a, c), bitwise(and)(b, c));
    const t1 = sum(h, sigma(e, [6, 11, 25]), choice, k, w);
    return [sum(t1, sigma(a, [2, 13, 22]), majority), sum(d, t1)];
  },
  compute: (...inputs) => {
    const [a, b, c, d, e, f, g, h, k, w] = inputs.map(Number) as [
      ...[number, number, number, number, number, number, number, number, number, number],
    ];
    const rotate = (x: number, by: number): number => (x >>> by) | (x << (32 - by));
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + k + w) | 0;
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    return [BigInt((t1 + t2) >>> 0), BigInt((d + t1) >>> 0)];
  },
};

/** The S-box of AES (FIPS 197, 5.1.1) as eight tables of minterms. */
export function aesSbox(): { readonly blif: string; readonly values: readonly number[] } {
  const times = (a: number, b: number): number => {
    let product = 0;
    for (let i = 0; i < 8; i++) {
      if ((b >> i) & 1) product ^= a << i;
    }
    for (let i = 14; i > 7; i--) if ((product >> i) & 1) product ^= 0x11b << (i - 8);
    return product;
  };
  const values = Array.from({ length: 256 }, (_, x) => {
    let inverse = 1; // x to the 254th
    for (let i = 0; i < 254; i++) inverse = times(inverse, x);
    let value = 0x63;
    for (let turn = 0; turn < 5; turn++) value ^= (inverse << turn) | (inverse >> (8 - turn));
    return value & 255;
  });
  const bits = (letter: string): string =>
    Array.from({ length: 8 }, (_, i) => `${letter}[${i}]`).join(" ");
  const tables = Array.from({ length: 8 }, (_, bit) => {
    const rows = values.flatMap((value, x) =>
      (value >> bit) & 1 ? [`${[...x.toString(2).padStart(8, "0")].reverse().join("")} 1\n`] : []
    );
    return `.names ${bits("x")} y[${bit}]\n${rows.join("")}`;
  });
  return {
    blif: `.model aes\n.inputs ${bits("x")}\n.outputs ${bits("y")}\n${tables.join("")}.end\n`,
    values,
  };
}
