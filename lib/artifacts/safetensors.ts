/** A tensor of bytes with its type and shape, as safetensors knows it. */
export interface Tensor {
  /** Element type: `U8`, `F32`, `BF16`, … */
  readonly dtype: string;
  /** Length of each axis, the slowest first. */
  readonly shape: readonly number[];
  /** Elements, little-endian, row-major. */
  readonly bytes: Uint8Array;
}

/**
 * Packs named tensors as a safetensors file: 8 bytes of header length, JSON header padded with
 * blanks to 8 bytes, then the data in the order of the names.
 */
export function encodeSafetensors(tensors: Readonly<Record<string, Tensor>>): Uint8Array {
  const names = Object.keys(tensors).sort();
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const name of names) {
    const { dtype, shape, bytes } = tensors[name]!;
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  const text = JSON.stringify(header);
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const file = new Uint8Array(8 + json.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  let at = 8 + json.length;
  for (const name of names) {
    file.set(tensors[name]!.bytes, at);
    at += tensors[name]!.bytes.length;
  }
  return file;
}

/**
 * Unpacks a safetensors file. The tensors share the memory of the file.
 *
 * @throws {SyntaxError} When the header is cut off, is not JSON or points outside the file.
 */
export function decodeSafetensors(file: Uint8Array): Record<string, Tensor> {
  if (file.length < 8) throw new SyntaxError("safetensors: the file is shorter than 8 bytes");
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > file.length - 8) {
    throw new SyntaxError(`safetensors: a header of ${length} bytes does not fit in the file`);
  }
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const data = file.subarray(8 + length);
  const tensors: Record<string, Tensor> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [start, end] = entry.data_offsets;
    if (!(start >= 0 && start <= end && end <= data.length)) {
      throw new SyntaxError(`safetensors: tensor ${name} lies outside the file`);
    }
    tensors[name] = { dtype: entry.dtype, shape: entry.shape, bytes: data.subarray(start, end) };
  }
  return tensors;
}
