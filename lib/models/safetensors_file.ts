import { bf16ToF32, decode, E4M3, E5M2, f16ToF32, type FloatFormat } from "../numerics/mod.ts";
import { isLfsPointer, LFS_HELP, LFS_PROBE } from "./lfs_pointer.ts";
import { ModelError } from "./model_error.ts";

/** Bytes that can be read in pieces: a file that a task has opened, or memory. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /** Reads exactly `length` bytes from `offset`. */
  read(offset: number, length: number): Uint8Array;
}

/** A source over bytes that are in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** What a safetensors header says about one tensor. */
export interface TensorEntry {
  /** Element type, such as `BF16`. */
  readonly dtype: string;
  /** Length of each axis, the slowest first. */
  readonly shape: readonly number[];
  /** First byte, counted from the beginning of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly bytes: number;
}

/** A safetensors file of which only the header has been read. */
export interface SafetensorsFile {
  /** Name of the file, for messages. */
  readonly file: string;
  /** Its tensors by name. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The free text that the file carries. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * The elements of a tensor as float32, row-major; only this tensor is read.
   *
   * @throws {ModelError} If there is no such tensor, its type is not F32, F16, BF16, F8_E4M3 or
   * F8_E5M2, or an element is infinite or no number.
   */
  read(name: string): Float32Array;
  /** Like {@linkcode read}, but only `count` elements from element `first`. */
  readPart(name: string, first: number, count: number): Float32Array;
}

/** The header may not be longer, as in the library of Hugging Face. */
const HEADER_LIMIT = 100_000_000;

/** Bits of an element of every type that the format knows. */
const BITS: Readonly<Record<string, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F8_E8M0: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  I64: 64,
  U64: 64,
  F64: 64,
  C64: 64,
};

/** The types that can be read as floats. */
export const FLOAT_TYPES: readonly string[] = ["F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"];

/**
 * Reads the header of a safetensors file and checks it: offsets in order without holes or overlaps,
 * sizes that fit the shapes, everything inside the file. `file` is only for messages.
 *
 * @throws {ModelError} If something is wrong with it.
 */
export function openSafetensors(source: ByteSource, file = "model.safetensors"): SafetensorsFile {
  const fail = (what: string, path?: string): ModelError =>
    new ModelError(
      what,
      "the file is damaged or no safetensors file; download it again",
      path === undefined ? { file } : { file, path },
    );
  if (source.size < 8) throw fail(`Only ${source.size} bytes, a header needs 8`);
  const start = source.read(0, 8);
  const length = Number(
    new DataView(start.buffer, start.byteOffset, start.byteLength).getBigUint64(0, true),
  );
  if (length > HEADER_LIMIT) {
    // The text of a pointer, read as a number, is far above.
    if (isLfsPointer(source.read(0, Math.min(LFS_PROBE, source.size)))) {
      throw new ModelError("A pointer of Git LFS in place of the weights", LFS_HELP, { file });
    }
    throw fail(`A header of ${length} bytes`);
  }
  if (length > source.size - 8) {
    throw fail(`A header of ${length} bytes does not fit into the ${source.size} bytes`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(source.read(8, length)));
  } catch (cause) {
    throw new ModelError(
      "The header is no JSON",
      "the file is damaged or no safetensors file; download it again",
      { file },
      { cause },
    );
  }
  if (!isRecord(json)) throw fail("The header is no JSON object");
  const dataBytes = source.size - 8 - length;
  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  const spans: { readonly name: string; readonly from: number; readonly to: number }[] = [];
  for (const [name, entry] of Object.entries(json)) {
    if (name === "__metadata__") {
      if (!isRecord(entry)) throw fail("Metadata are no JSON object", name);
      metadata = Object.fromEntries(
        Object.entries(entry).map(([key, value]) => [key, String(value)]),
      );
      continue;
    }
    const { dtype, shape, from, to } = checkEntry(name, entry, fail);
    if (to > dataBytes) throw fail(`Tensor ${name} ends at ${to} of ${dataBytes} bytes`, name);
    spans.push({ name, from, to });
    tensors.set(name, { dtype, shape, offset: 8 + length + from, bytes: to - from });
  }
  spans.sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const { name, from, to } of spans) {
    if (from !== end) {
      throw fail(`Tensor ${name} begins at ${from}, but the one before it ends at ${end}`, name);
    }
    end = to;
  }
  if (end !== dataBytes) throw fail(`${dataBytes - end} bytes after the last tensor`);

  const readPart = (name: string, first: number, count: number): Float32Array => {
    const entry = tensors.get(name);
    if (entry === undefined) {
      throw new ModelError(`There is no tensor ${name}`, "check the folder", { file, path: name });
    }
    const { dtype } = entry;
    if (!FLOAT_TYPES.includes(dtype)) {
      throw new ModelError(
        `Tensor ${name} is of type ${dtype}, which is no float that can be read`,
        `give weights of type ${
          FLOAT_TYPES.join(", ")
        }; quantised checkpoints must be unpacked first`,
        { file, path: name },
      );
    }
    const width = BITS[dtype]! / 8;
    const total = entry.bytes / width;
    if (!(first >= 0 && count >= 0 && first + count <= total)) {
      throw new ModelError(
        `Elements ${first} to ${first + count} of tensor ${name}, which has ${total}`,
        "ask for elements that are there",
        { file, path: name },
      );
    }
    const values = floats(dtype, source.read(entry.offset + first * width, count * width));
    const wrong = firstNonFinite(values);
    if (wrong < 0) return values;
    throw new ModelError(
      `Element [${indexOf(first + wrong, entry.shape).join(", ")}] of tensor ${name} is ${
        values[wrong]
      }`,
      "weights must be finite: download the file again, or repair the model",
      { file, path: name },
    );
  };
  return {
    file,
    tensors,
    metadata,
    readPart,
    read: (name) => {
      const entry = tensors.get(name);
      return readPart(name, 0, entry === undefined ? 0 : entry.bytes * 8 / BITS[entry.dtype]!);
    },
  };
}

function checkEntry(
  name: string,
  entry: unknown,
  fail: (what: string, path?: string) => ModelError,
): { dtype: string; shape: number[]; from: number; to: number } {
  if (!isRecord(entry)) throw fail(`Tensor ${name} is no JSON object`, name);
  const { dtype, shape, data_offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(BITS, dtype)) {
    throw fail(`Tensor ${name} has the unknown type ${JSON.stringify(dtype)}`, name);
  }
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw fail(`Tensor ${name} has the shape ${JSON.stringify(shape)}`, name);
  }
  if (
    !Array.isArray(data_offsets) || data_offsets.length !== 2 ||
    !data_offsets.every((n) => Number.isSafeInteger(n) && n >= 0) ||
    data_offsets[0] > data_offsets[1]
  ) {
    throw fail(`Tensor ${name} has the offsets ${JSON.stringify(data_offsets)}`, name);
  }
  const [from, to] = data_offsets as [number, number];
  const bytes = shape.reduce((product, n) => product * n, 1) * BITS[dtype]! / 8;
  if (bytes !== to - from) {
    throw fail(
      `Tensor ${name} of ${dtype} [${shape.join(", ")}] takes ${bytes} bytes, not ${to - from}`,
      name,
    );
  }
  return { dtype, shape, from, to };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Position of the first element that is infinite or no number, or −1. On the bits, because that is a
 * quarter of what decoding takes.
 */
function firstNonFinite(values: Float32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & 0x7f800000) === 0x7f800000) return i;
  }
  return -1;
}

/** Index along each axis of the element at a place in row-major order. */
function indexOf(at: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = at;
  for (const length of [...shape].reverse()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return index;
}

/** Tables of the values of all codes of the 8-bit types. */
const tables = new Map<string, Float32Array>();

function table(dtype: "F8_E4M3" | "F8_E5M2"): Float32Array {
  const known = tables.get(dtype);
  if (known !== undefined) return known;
  const format: FloatFormat = dtype === "F8_E4M3" ? E4M3 : E5M2;
  const made = Float32Array.from({ length: 256 }, (_, code) => decode(format, code));
  tables.set(dtype, made);
  return made;
}

function floats(dtype: string, bytes: Uint8Array): Float32Array {
  if (dtype === "F8_E4M3" || dtype === "F8_E5M2") {
    const values = table(dtype);
    const out = new Float32Array(bytes.length);
    for (let i = 0; i < out.length; i++) out[i] = values[bytes[i]!]!;
    return out;
  }
  // A copy belongs to nobody else, and is aligned, which a piece of a file need not be.
  if (dtype === "F32") return new Float32Array(new Uint8Array(bytes).buffer);
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  const codes = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
  return dtype === "BF16" ? bf16ToF32(codes) : f16ToF32(codes);
}
