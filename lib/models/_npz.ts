/** Arrays of float32 in a stored (not compressed) `.npz` archive, or in one `.npy` file. */
export interface NumpyArray {
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** Elements, row-major. */
  readonly values: Float32Array;
}

/** Reads a `.npy` file of little-endian float32 in C order. */
export function readNpy(bytes: Uint8Array): NumpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = bytes[6]! >= 2;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = long ? 12 : 10;
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False")) {
    throw new TypeError(`not float32 in C order: ${header}`);
  }
  const shape = /'shape': \(([^)]*)\)/.exec(header)![1]!.split(",").map((n) => n.trim())
    .filter((n) => n !== "").map(Number);
  return { shape, values: new Float32Array(bytes.slice(start + length).buffer) };
}

/** Reads every array of a `.npz` file, by name. */
export async function readNpz(bytes: Uint8Array): Promise<Map<string, NumpyArray>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const arrays = new Map<string, NumpyArray>();
  let end = bytes.length - 22;
  while (view.getUint32(end, true) !== 0x06054b50) end--;
  let at = view.getUint32(end + 16, true);
  for (let i = view.getUint16(end + 10, true); i > 0; i--) {
    const method = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 20, true);
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    const data = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    let content = bytes.slice(data, data + size);
    if (method === 8) {
      const stream = new Blob([content]).stream().pipeThrough(
        new DecompressionStream("deflate-raw"),
      );
      content = new Uint8Array(await new Response(stream).arrayBuffer());
    }
    arrays.set(name.replace(/\.npy$/, ""), readNpy(content));
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return arrays;
}
