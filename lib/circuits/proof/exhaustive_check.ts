import type { Gate, GateList } from "../gates.ts";
import type { BitFunction } from "./bit_algebra.ts";
import type { ExhaustiveCertificate } from "./certificate.ts";
import { demand, expandedAlgebra } from "./checker_kit.ts";

/** Words of 32 cases that are evaluated together. */
const WORDS = 1024;
/** The first five inputs in a word of cases. */
const PATTERNS = [0xaaaaaaaa, 0xcccccccc, 0xf0f0f0f0, 0xff00ff00, 0xffff0000];

/**
 * Runs a circuit and its specification again in every case, 32 cases a word, and compares them with
 * each other and with what the certificate saw. A gate's sum is counted here in binary, a word per
 * digit.
 *
 * @throws {Rejection} When something differs.
 */
export function checkExhaustive(
  list: GateList,
  specification: BitFunction,
  { inputs, ones, digests }: ExhaustiveCertificate,
): void {
  demand(inputs === list.inputs, "the number of inputs");
  const all = 2 ** Math.min(inputs, 5) === 32 ? -1 : 2 ** 2 ** inputs - 1;
  const total = 2 ** Math.max(inputs - 5, 0);
  const length = Math.min(total, WORDS);
  const make = (rule: (i: number) => number): Int32Array =>
    Int32Array.from({ length }, (_, i) => rule(i));
  const [zero, one] = [make(() => 0), make(() => all)];
  const not = (a: Int32Array): Int32Array => {
    const result = new Int32Array(length);
    for (let i = 0; i < length; i++) result[i] = ~a[i]! & all;
    return result;
  };
  const and = (a: Int32Array, b: Int32Array): Int32Array => {
    const result = new Int32Array(length);
    for (let i = 0; i < length; i++) result[i] = a[i]! & b[i]!;
    return result;
  };
  const algebra = expandedAlgebra(zero, one, not, and);
  const seen = list.outputs.map(() => ({ ones: 0, digest: 0 }));
  for (let first = 0; first < total; first += length) {
    const wires = Array.from(
      { length: inputs },
      (_, wire) =>
        make((i) =>
          wire < 5 ? PATTERNS[wire]! & all : -(Math.floor((first + i) / 2 ** (wire - 5)) & 1)
        ),
    );
    const signals = [...wires];
    for (const gate of list.gates) signals.push(countedGate(gate, signals, zero, one));
    const expected = specification(algebra, wires);
    demand(expected.length === list.outputs.length, "the number of outputs");
    for (const [output, signal] of list.outputs.entries()) {
      const word = signals[signal]!;
      const right = expected[output]!;
      let [differences, count, digest] = [0, 0, seen[output]!.digest];
      for (let i = 0; i < length; i++) {
        differences |= word[i]! ^ right[i]!;
        count += onesOf(word[i]!);
        digest = (digest + Math.imul(word[i]!, 2 * (first + i) + 1)) >>> 0;
      }
      demand(differences === 0, `output ${output} differs`);
      seen[output]!.ones += count;
      seen[output]!.digest = digest;
    }
  }
  for (const [output, { ones: count, digest }] of seen.entries()) {
    demand(count === ones[output], `output ${output}: its number of ones`);
    demand(digest === digests[output], `output ${output}: its digest`);
  }
}

function onesOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The gate's doubled sum in two's complement; the complement of its sign is the gate. */
function countedGate(
  { signals: read, weights, bias }: Gate,
  signals: readonly Int32Array[],
  zero: Int32Array,
  one: Int32Array,
): Int32Array {
  const terms = [2 * bias, ...weights.map((weight) => 2 * weight)];
  demand(terms.every(Number.isInteger), "a weight is no multiple of a half");
  const digits = 1 + Math.ceil(Math.log2(terms.reduce((sum, term) => sum + Math.abs(term), 1)));
  const sum = Array.from({ length: digits }, () => zero.slice());
  for (const [k, term] of terms.entries()) {
    const bit = k === 0 ? one : signals[read[k - 1]!]!;
    const carry = zero.slice();
    for (let digit = 0; digit < digits; digit++) {
      const added = term >> digit & 1 ? bit : zero;
      const place = sum[digit]!;
      for (let i = 0; i < place.length; i++) {
        const a = place[i]!;
        const b = added[i]!;
        const c = carry[i]!;
        place[i] = a ^ b ^ c;
        carry[i] = a & b | c & (a | b);
      }
    }
  }
  return sum.at(-1)!.map((word, i) => ~word & one[i]!);
}
