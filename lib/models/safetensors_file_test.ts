import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ModelError } from "./model_error.ts";
import { bytesSource, openSafetensors } from "./safetensors_file.ts";

/** A file of a header, as JSON or as text, and its data. */
function pack(header: unknown, data: readonly number[] = []): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}

Deno.test("openSafetensors() reads every type of float, from codes known by heart", () => {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  const data: number[] = [];
  const add = (name: string, dtype: string, shape: number[], bytes: number[]): void => {
    header[name] = { dtype, shape, data_offsets: [data.length, data.length + bytes.length] };
    data.push(...bytes);
  };
  add("e4m3", "F8_E4M3", [3], [0x38, 0x7e, 0x81]); // 1, 448, −2^-9; odd length: what follows is unaligned
  add("f32", "F32", [2], [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc1]); // 1, −10
  add("bf16", "BF16", [1, 2], [0x80, 0x3f, 0x20, 0xc1]); // 1, −10
  add("f16", "F16", [2, 1], [0x00, 0x3c, 0x00, 0xc9]); // 1, −10
  add("e5m2", "F8_E5M2", [2], [0x3c, 0xfb]); // 1, −57344
  add("ids", "I64", [1], [1, 0, 0, 0, 0, 0, 0, 0]);
  const file = openSafetensors(bytesSource(pack(header, data)));
  assertEquals([...file.read("e4m3")], [1, 448, -(2 ** -9)]);
  assertEquals([...file.read("f32")], [1, -10]);
  assertEquals([...file.read("bf16")], [1, -10]);
  assertEquals([...file.read("f16")], [1, -10]);
  assertEquals([...file.read("e5m2")], [1, -57344]);
  assertEquals([...file.readPart("f32", 1, 1)], [-10]);
  assertEquals(file.tensors.get("bf16")!.shape, [1, 2]);
  assertEquals(file.metadata, { format: "pt" });
  assertThrows(() => file.read("ids"), ModelError, "type I64, which is no float");
  assertThrows(() => file.read("f64"), ModelError, "There is no tensor f64");
  assertThrows(() => file.readPart("f32", 1, 2), ModelError, "Elements 1 to 3");
});

/** Codes of every type that are infinite or no number: the lowest byte first. */
const NON_FINITE: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  F32: {
    "Infinity": [0, 0, 0x80, 0x7f],
    "-Infinity": [0, 0, 0x80, 0xff],
    "NaN": [1, 0, 0x80, 0x7f],
  },
  F16: { "Infinity": [0, 0x7c], "-Infinity": [0, 0xfc], "NaN": [1, 0x7c] },
  BF16: { "Infinity": [0x80, 0x7f], "-Infinity": [0x80, 0xff], "NaN": [0xc0, 0xff] },
  F8_E4M3: { "NaN": [0x7f] },
  F8_E5M2: { "Infinity": [0x7c], "-Infinity": [0xfc], "NaN": [0x7d] },
};

for (const [dtype, codes] of Object.entries(NON_FINITE)) {
  Deno.test(`openSafetensors() refuses elements of ${dtype} that are not finite, at the first of them`, () => {
    for (const [value, bytes] of Object.entries(codes)) {
      const data = new Array<number>(6 * bytes.length).fill(0);
      data.splice(4 * bytes.length, bytes.length, ...bytes);
      data.splice(5 * bytes.length, bytes.length, ...bytes);
      const header = { t: { dtype, shape: [2, 3], data_offsets: [0, data.length] } };
      const file = openSafetensors(bytesSource(pack(header, data)), "folder/m.safetensors");
      const error = assertThrows(() => file.read("t"), ModelError);
      assertEquals(error.message, `Element [1, 1] of tensor t is ${value}`);
      assertEquals(error.place, { file: "folder/m.safetensors", path: "t" });
      assertThrows(() => file.readPart("t", 3, 2), ModelError, "Element [1, 1]");
      assertEquals([...file.readPart("t", 0, 4)], [0, 0, 0, 0]);
    }
  });
}

Deno.test("openSafetensors() reads the largest and the smallest floats", () => {
  const values = [3.4028234663852886e38, -3.4028234663852886e38, 2 ** -149, -0];
  const data = [...new Uint8Array(Float32Array.from(values).buffer)];
  const header = { t: { dtype: "F32", shape: [4], data_offsets: [0, 16] } };
  assertEquals([...openSafetensors(bytesSource(pack(header, data))).read("t")], values);
});

Deno.test("openSafetensors() knows the pointer that Git LFS leaves in place of a file", () => {
  // The example of Git LFS's specification.
  const pointer = "version https://git-lfs.github.com/spec/v1\n" +
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
  const open = (text: string) =>
    openSafetensors(bytesSource(new TextEncoder().encode(text)), "folder/m.safetensors");
  const error = assertThrows(() => open(pointer), ModelError, "pointer of Git LFS");
  assertEquals(error.place, { file: "folder/m.safetensors" });
  assertStringIncludes(error.help, "git lfs pull");
  assertThrows(() => open("version 2"), ModelError, "A header of 23");
});

Deno.test("openSafetensors() reads only the header and the tensors that are asked for", () => {
  const bytes = pack({
    a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    b: { dtype: "F32", shape: [2], data_offsets: [4, 12] },
  }, Array(12).fill(0));
  const reads: number[] = [];
  const source = {
    size: bytes.length,
    read: (offset: number, length: number): Uint8Array => {
      reads.push(length);
      return bytes.subarray(offset, offset + length);
    },
  };
  openSafetensors(source).read("b");
  assertEquals(reads, [8, bytes.length - 8 - 12, 8]);
});

Deno.test("openSafetensors() refuses every damaged header, and says how it is damaged", () => {
  const entry = (more: Record<string, unknown>) => ({
    t: { dtype: "F32", shape: [1], data_offsets: [0, 4], ...more },
  });
  const four = [0, 0, 0, 0];
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(4), "Only 4 bytes"],
    [new Uint8Array([255, 0, 0, 0, 0, 0, 0, 0]), "A header of 255 bytes does not fit"],
    [new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0]), "A header of 4294967296 bytes"],
    [pack("{"), "no JSON"],
    [pack("[]"), "no JSON object"],
    [pack({ t: 1 }), "Tensor t is no JSON object"],
    [pack(entry({ dtype: "F7" }), four), 'unknown type "F7"'],
    [pack(entry({ shape: [-1] }), four), "shape [-1]"],
    [pack(entry({ data_offsets: [4, 0] }), four), "offsets [4,0]"],
    [pack(entry({ shape: [2] }), four), "takes 8 bytes, not 4"],
    [pack(entry({ data_offsets: [1, 5] }), four), "ends at 5 of 4 bytes"],
    [pack(entry({ data_offsets: [1, 5] }), [0, ...four]), "begins at 1"],
    [pack(entry({}), [...four, 9]), "1 bytes after the last tensor"],
    [
      pack({ ...entry({}), u: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, four),
      "Tensor u begins at 0, but the one before it ends at 4",
    ],
  ];
  for (const [bytes, message] of cases) {
    const open = () => openSafetensors(bytesSource(bytes), "m.safetensors");
    const error = assertThrows(open, ModelError, message);
    assertEquals([error.place.file, error.message.includes("m.safetensors")], [
      "m.safetensors",
      false,
    ]);
  }
});
