import { E2M1, encode } from "../../numerics/mod.ts";
import type { Atom } from "../atom.ts";
import { packLayer, type ThresholdLayer, unpackLayer } from "../threshold_layer.ts";
import { type AtomSpec, STANDARD_ATOMS } from "../truth_table.ts";

/**
 * Bytes that are no TriX `.fp4` file, or an atom that such a file cannot hold. `place.offset` is
 * the byte where reading stopped.
 */
export class Fp4FileError extends RangeError {
  /** Name of the class. */
  override readonly name = "Fp4FileError";

  /** An error that says what is wrong and, in `help`, how to mend it. */
  constructor(
    message: string,
    readonly help: string,
    readonly place: { readonly offset?: number } = {},
  ) {
    super(place.offset === undefined ? message : `${message} at byte ${place.offset}`);
  }
}

/** How strictly a file is read. */
export interface Fp4ReadOptions {
  /**
   * Also takes what the original reader takes: bytes behind the last layer, and padding nibbles
   * that are not 0. Default false.
   */
  readonly compat?: boolean;
  /** The function of the atom. Default: the standard atom of the file's name. */
  readonly spec?: AtomSpec;
}

const MAGIC = [...new TextEncoder().encode("TFP4")];
const VERSION = 1;
const FIXED_HEADER = 9;
const LAYER_HEADER = 6;
/** What the indices of a file stand for: tables of their own, not E2M1 (atoms specification, 2.4). */
const WEIGHTS = [-1, 0, 1] as const;
const BIASES = [-2.5, -1.5, -0.5, 0.5, 1.5] as const;
/** −2.5 is no E2M1 value: it takes two codes. */
const SPLIT_BIAS = [-2, -0.5] as const;

/**
 * Writes an atom as a TriX `.fp4` file, version 1 (atoms specification, 2.5). Nothing is rounded:
 * an atom with other values than the tables of the format hold is refused.
 *
 * @throws {Fp4FileError} When the format cannot hold the atom.
 */
export function encodeFp4(atom: Pick<Atom, "name" | "inputs" | "layers" | "skip">): Uint8Array {
  const problem = refusal(atom);
  if (problem !== undefined) {
    throw new Fp4FileError(`atom ${atom.name} ${problem}`, "write it to an atoms artifact instead");
  }
  const name = new TextEncoder().encode(atom.name);
  const bytes: number[] = [
    ...MAGIC,
    VERSION,
    atom.layers.length,
    name.length,
    atom.inputs.length,
    atom.layers.at(-1)!.gates,
    ...name,
  ];
  for (const layer of atom.layers) {
    const { weights, biases } = unpackLayer(layer, `atom ${atom.name}`);
    for (const size of [layer.gates, layer.inputs, layer.gates]) {
      bytes.push(size & 0xff, size >> 8);
    }
    bytes.push(...nibbles(weights, WEIGHTS), ...nibbles(biases, BIASES));
  }
  return Uint8Array.from(bytes);
}

/** Bytes of the `.fp4` file of an atom; nothing when the format cannot hold it. */
export function fp4FileBytes(
  atom: Pick<Atom, "inputs" | "layers" | "skip"> & { readonly name?: string },
): number | undefined {
  const { name = "" } = atom;
  if (refusal({ ...atom, name }) !== undefined) return undefined;
  return atom.layers.reduce(
    (sum, { gates, inputs }) =>
      sum + LAYER_HEADER + Math.ceil(gates * inputs / 2) + Math.ceil(gates / 2),
    FIXED_HEADER + name.length,
  );
}

/** Why the format cannot hold an atom; nothing when it can. */
function refusal(
  { name, inputs, layers, skip }: Pick<Atom, "name" | "inputs" | "layers" | "skip">,
): string | undefined {
  // The name's length is stored in characters, so names beyond ASCII would shift what follows.
  // deno-lint-ignore no-control-regex
  if (!/^[\x00-\x7f]{0,255}$/.test(name)) return "has a name that is not ASCII or is too long";
  if (skip === true) return "has connections that skip layers, which .fp4 files do not know";
  if (layers.length > 255 || inputs.length > 255) return "has too many layers or inputs";
  for (const [index, layer] of layers.entries()) {
    const { weights, biases } = unpackLayer(layer, `atom ${name}, layer ${index + 1}`);
    if (Math.max(layer.gates, layer.inputs) > 0xffff) return "has too wide a layer";
    const weight = weights.find((value) => !WEIGHTS.includes(value as -1));
    const bias = biases.find((value) => !BIASES.includes(value as 0.5));
    const [what, value] = weight !== undefined ? ["weight", weight] : ["bias", bias];
    if (value !== undefined) {
      return `has the ${what} ${value} in layer ${index + 1}, which .fp4 files have no index for`;
    }
  }
  return undefined;
}

/** Indices of values in a table, first one in the high nibble. */
function nibbles(values: Float64Array, table: readonly number[]): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < values.length; i += 2) {
    const low = i + 1 < values.length ? indexIn(table, values[i + 1]!) : 0;
    bytes.push(indexIn(table, values[i]!) << 4 | low);
  }
  return bytes;
}

/** `indexOf` takes −0 for 0, as it must here. */
function indexIn(table: readonly number[], value: number): number {
  return table.indexOf(value);
}

/**
 * Reads a TriX `.fp4` file, version 1. The codes become E2M1 codes of the same values. What the
 * atom computes is not looked at: {@linkcode verify} does that.
 *
 * @throws {Fp4FileError} When the bytes are not such a file, or it is not known which function the
 * atom is to compute.
 */
export function decodeFp4(bytes: Uint8Array, options: Fp4ReadOptions = {}): Atom {
  const reader = new Reader(bytes);
  for (const letter of MAGIC) {
    if (reader.byte("the magic TFP4") !== letter) {
      throw new Fp4FileError("no magic TFP4", "give a .fp4 file of TriX", { offset: 0 });
    }
  }
  const version = reader.byte("the version");
  if (version !== VERSION) {
    throw new Fp4FileError(`version ${version}`, `only version ${VERSION} is known`, { offset: 4 });
  }
  const layerCount = reader.byte("the number of layers");
  const nameLength = reader.byte("the length of the name");
  const inputs = reader.byte("the number of inputs");
  const outputs = reader.byte("the number of outputs");
  const name = reader.text(nameLength, "the name");
  const layers = Array.from(
    { length: layerCount },
    (_, index) => readLayer(reader, `layer ${index + 1}`, options.compat === true),
  );
  if (reader.left > 0 && options.compat !== true) {
    throw new Fp4FileError(
      `${reader.left} bytes behind the last layer`,
      "cut them off, or read the file in compat mode",
      { offset: reader.offset },
    );
  }
  const widths = [inputs, ...layers.map(({ gates }) => gates)];
  const misfit = layers.findIndex((layer, index) => layer.inputs !== widths[index]);
  if (misfit >= 0 || layerCount === 0 || widths.at(-1) !== outputs) {
    throw new Fp4FileError(
      misfit < 0
        ? `${outputs} outputs stated, found ${layerCount === 0 ? "no layers" : widths.at(-1)}`
        : `layer ${misfit + 1} has ${layers[misfit]!.inputs} inputs, expected ${widths[misfit]}`,
      "the file is damaged: write it again",
    );
  }
  return { ...specOf(name, inputs, outputs, options.spec), layers };
}

function readLayer(reader: Reader, owner: string, compat: boolean): ThresholdLayer {
  const start = reader.offset;
  const [gates, inputs, biasCount] = [1, 2, 3].map(() => reader.word(`the sizes of ${owner}`));
  if (biasCount !== gates || gates === 0 || inputs === 0) {
    throw new Fp4FileError(
      `${owner} has ${gates} rows, ${inputs} columns and ${biasCount} biases`,
      "the file is damaged: write it again",
      { offset: start },
    );
  }
  const weights = reader.indices(gates! * inputs!, WEIGHTS, `the weights of ${owner}`, compat);
  const biases = reader.indices(gates!, BIASES, `the biases of ${owner}`, compat);
  const code = (value: number): number => encode(E2M1, value);
  const isSplit = biases.includes(-2.5);
  const terms = isSplit ? biases.flatMap((bias) => bias === -2.5 ? SPLIT_BIAS : [bias, 0]) : biases;
  return packLayer(inputs!, weights.map(code), terms.map(code), isSplit ? 2 : 1);
}

function specOf(name: string, inputs: number, outputs: number, given?: AtomSpec): AtomSpec {
  const spec = given ?? STANDARD_ATOMS.find((atom) => atom.name === name);
  if (spec === undefined) {
    throw new Fp4FileError(
      `the file holds an atom "${name}", which is no standard one`,
      "say which function it is to compute: give its name, inputs and truth table",
    );
  }
  if (spec.inputs.length !== inputs || outputs !== 1) {
    throw new Fp4FileError(
      `the file's ${name} has ${inputs} inputs and ${outputs} outputs, ` +
        `the function ${spec.name} has ${spec.inputs.length} and 1`,
      "give the function that the file is to compute",
    );
  }
  const { truthTable } = spec;
  return { name, inputs: spec.inputs, truthTable };
}

/** Reads bytes in order and knows what it was reading when they end. */
class Reader {
  offset = 0;
  constructor(readonly bytes: Uint8Array) {}

  get left(): number {
    return this.bytes.length - this.offset;
  }

  take(count: number, what: string): Uint8Array {
    if (count > this.left) {
      throw new Fp4FileError(`the file ends within ${what}`, "the file is cut off: copy it again", {
        offset: this.bytes.length,
      });
    }
    this.offset += count;
    return this.bytes.subarray(this.offset - count, this.offset);
  }

  byte(what: string): number {
    return this.take(1, what)[0]!;
  }

  word(what: string): number {
    const [low, high] = this.take(2, what);
    return low! | high! << 8;
  }

  text(length: number, what: string): string {
    const start = this.offset;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
        .decode(this.take(length, what));
    } catch (error) {
      if (error instanceof Fp4FileError) throw error;
      throw new Fp4FileError(`${what} is not UTF-8`, "the file is damaged: write it again", {
        offset: start,
      });
    }
  }

  indices(count: number, table: readonly number[], what: string, compat: boolean): number[] {
    const start = this.offset;
    const bytes = this.take(Math.ceil(count / 2), what);
    const values: number[] = [];
    for (let i = 0; i < bytes.length * 2; i++) {
      const offset = start + (i >> 1);
      const index = i % 2 === 0 ? bytes[i >> 1]! >> 4 : bytes[i >> 1]! & 15;
      if (i >= count) {
        if (index === 0 || compat) continue;
        throw new Fp4FileError(
          `${what} end with the padding nibble ${index}, expected 0`,
          "the file is damaged: write it again, or read it in compat mode",
          { offset },
        );
      }
      if (index >= table.length) {
        throw new Fp4FileError(
          `${what} hold the index ${index}, which stands for no value`,
          `the file is damaged: indices run from 0 to ${table.length - 1}`,
          { offset },
        );
      }
      values.push(table[index]!);
    }
    return values;
  }
}
