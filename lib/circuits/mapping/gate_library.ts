import { decode, E2M1 } from "../../numerics/mod.ts";
import { type Margin, network } from "../../atoms/mod.ts";
import { encodeBias } from "../builtin/threshold_code.ts";
import { singleGate } from "./single_gates.ts";
import { isUnate, type Truth } from "./truth.ts";

/** One threshold gate of a network: E2M1 codes. */
export interface LibraryGate {
  /** A weight per input of the function and per gate before this one. */
  readonly weightCodes: readonly number[];
  /** One or two codes, whose values add up to the bias. */
  readonly biasCodes: readonly number[];
}

/** A function of a few inputs as threshold gates. */
export interface LibraryCell {
  /** The gates, the last one being the output. */
  readonly gates: readonly LibraryGate[];
  /** Gates on the longest path from each input to the output. */
  readonly pinDepth: readonly number[];
  /** What each gate but the last computes of the inputs: the output of row r at bit r. */
  readonly inner: readonly number[];
}

const LIBRARIES = new Map<Margin, GateLibrary>();

/** The library of gates that keep a margin; it remembers what it was asked for. */
export function gateLibrary(margin: Margin): GateLibrary {
  let library = LIBRARIES.get(margin);
  if (library === undefined) LIBRARIES.set(margin, library = new GateLibrary(margin));
  return library;
}

/**
 * Networks of few gates for functions: from the minimal database up to four inputs, single gates of
 * five and six. Where one gate with two bias codes does what the database, which has one code per
 * bias, needs more gates for, it is that gate.
 */
export class GateLibrary {
  readonly #small = [1, 2, 3, 4].map((inputs) =>
    new Array<LibraryCell | undefined>(inputs === 4 ? 65536 : 1 << (1 << inputs))
  );
  readonly #large = [new Map<string, LibraryCell | null>(), new Map<string, LibraryCell | null>()];
  readonly #variants = new Map<number, readonly LibraryCell[]>();

  /** A library whose gates keep a margin. */
  constructor(readonly margin: Margin) {}

  /** The network of a function of 1 to 6 inputs; nothing where the library has none. */
  cell(truth: Truth, inputs: number): LibraryCell | undefined {
    if (inputs <= 4) return this.#ofFour(truth.low, inputs);
    if (!isUnate(truth, inputs)) return undefined;
    const known = this.#large[inputs - 5]!;
    const key = `${truth.low},${truth.high}`;
    const found = known.get(key);
    if (found !== undefined) return found ?? undefined;
    const cell = this.#single(truth, inputs);
    known.set(key, cell ?? null);
    return cell;
  }

  /**
   * Other networks of as many gates for a function of up to four inputs that takes several: those of
   * the function with inputs or output complemented, with the complements taken into the weights.
   * Their inner gates are other ones, which may be there already: a difference shares its borrow as a
   * sum does its carry.
   */
  variants(truth: Truth, inputs: number): readonly LibraryCell[] {
    if (inputs > 4) return [];
    const mask = maskOf(truth.low, inputs);
    const key = 65536 * inputs + mask;
    let found = this.#variants.get(key);
    if (found === undefined) this.#variants.set(key, found = this.#findVariants(mask, inputs));
    return found;
  }

  #findVariants(mask: number, inputs: number): LibraryCell[] {
    const own = this.#ofFour(mask, inputs);
    if (own.gates.length < 2) return [];
    const seen = new Set([innerKey(own, inputs)]);
    const variants: LibraryCell[] = [];
    for (let choice = 1; choice < 2 << inputs && variants.length < MAX_VARIANTS; choice++) {
      const flips = choice & ((1 << inputs) - 1);
      const isComplement = choice >> inputs === 1;
      // The complement of a gate needs that it never decides at 0.
      if (isComplement && this.margin === 0) break;
      let flipped = 0;
      for (let row = 0; row < 1 << inputs; row++) {
        flipped |= (((mask >> (row ^ flips)) & 1) ^ +isComplement) << row;
      }
      const source = this.#ofFour(flipped, inputs);
      if (source.gates.length !== own.gates.length) continue;
      const gates: LibraryGate[] = [];
      for (const gate of source.gates) {
        const folded = foldInputs(gate, flips);
        if (folded !== undefined) gates.push(folded);
      }
      if (gates.length < source.gates.length) continue;
      if (isComplement) gates.push(complementGate(gates.pop()!));
      const { pinDepth } = source;
      const cell = { gates, pinDepth, inner: innerMasks(gates, inputs) };
      const key = innerKey(cell, inputs);
      if (seen.has(key)) continue;
      seen.add(key);
      variants.push(cell);
    }
    return variants;
  }

  #ofFour(rows: number, inputs: number): LibraryCell {
    const mask = maskOf(rows, inputs);
    const known = this.#small[inputs - 1]!;
    let cell = known[mask];
    if (cell === undefined) {
      const { gates } = network(mask, inputs, this.margin);
      cell = (gates.length > 1 ? this.#single({ low: mask, high: 0 }, inputs) : undefined) ??
        { gates, pinDepth: pinDepths(gates, inputs), inner: innerMasks(gates, inputs) };
      known[mask] = cell;
    }
    return cell;
  }

  #single(truth: Truth, inputs: number): LibraryCell | undefined {
    const gate = singleGate(truth, inputs, this.margin);
    if (gate === undefined) return undefined;
    const gates = [{ weightCodes: gate.weights, biasCodes: gate.bias }];
    return { gates, pinDepth: gate.weights.map(() => 1), inner: [] };
  }
}

/** Variants of a function that are kept. */
const MAX_VARIANTS = 4;

/** The rows of a function of up to four inputs. */
function maskOf(rows: number, inputs: number): number {
  return inputs === 4 ? rows & 0xffff : rows & ((1 << (1 << inputs)) - 1);
}

/** What the inner gates of a cell compute, complemented or not. */
function innerKey({ inner }: LibraryCell, inputs: number): string {
  return inner.map((mask) => maskOf((mask & 1) === 1 ? ~mask : mask, inputs)).sort().join();
}

/** The gate over complements of some inputs: w·(1 − x) = w − w·x. */
function foldInputs(
  { weightCodes, biasCodes }: LibraryGate,
  flips: number,
): LibraryGate | undefined {
  let bias = biasCodes.reduce((sum, code) => sum + decode(E2M1, code), 0);
  const codes = weightCodes.map((code, source) => {
    if (((flips >> source) & 1) === 0) return code;
    bias += decode(E2M1, code);
    return negative(code);
  });
  const folded = encodeBias(bias);
  return folded === undefined ? undefined : { weightCodes: codes, biasCodes: folded };
}

/** A gate that gives the complement, provided that it never decides at 0. */
export function complementGate({ weightCodes, biasCodes }: LibraryGate): LibraryGate {
  return { weightCodes: weightCodes.map(negative), biasCodes: biasCodes.map(negative) };
}

function negative(code: number): number {
  return (code & 7) === 0 ? 0 : code ^ 8;
}

function pinDepths(gates: readonly LibraryGate[], inputs: number): number[] {
  // From the output back: how many gates lie from each source to the end of the output gate.
  const depths = new Array<number>(inputs + gates.length).fill(0);
  depths[inputs + gates.length - 1] = 1;
  for (let gate = gates.length - 1; gate >= 0; gate--) {
    const own = depths[inputs + gate]!;
    if (own === 0) continue;
    gates[gate]!.weightCodes.forEach((code, source) => {
      if ((code & 7) === 0) return;
      const steps = source < inputs ? own : own + 1;
      depths[source] = Math.max(depths[source]!, steps);
    });
  }
  return depths.slice(0, inputs);
}

function innerMasks(gates: readonly LibraryGate[], inputs: number): number[] {
  const masks: number[] = new Array(Math.max(0, gates.length - 1)).fill(0);
  for (let row = 0; row < 1 << inputs; row++) {
    for (let gate = 0; gate < masks.length; gate++) {
      const { weightCodes, biasCodes } = gates[gate]!;
      let sum = biasCodes.reduce((sum, code) => sum + decode(E2M1, code), 0);
      weightCodes.forEach((code, source) => {
        const bit = source < inputs ? row >> source : masks[source - inputs]! >> row;
        if (bit & 1) sum += decode(E2M1, code);
      });
      if (sum >= 0) masks[gate]! |= 1 << row;
    }
  }
  return masks;
}
