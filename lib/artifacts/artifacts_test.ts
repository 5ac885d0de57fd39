import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { ArtifactError } from "./artifact_error.ts";
import { atomicWrite } from "./atomic_write.ts";
import { canonicalJson, prettyJson } from "./canonical_json.ts";
import { jsonSchema, MADE_BY } from "./envelope.ts";
import { fileSha256, seal, sha256 } from "./hashing.ts";
import { readArtifact } from "./read_artifact.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { type NewArtifact, VERSION, writeArtifact } from "./write_artifact.ts";

const CONTENT: NewArtifact<"comparison"> = {
  task: "test",
  options: { zeta: 1, alpha: [1, 2] },
  blobs: [{ role: "bits", path: "bits.bin", content: Uint8Array.of(1, 2, 3) }],
  data: { equal: true, cases: 4, outputs: [], wrongCases: 0, firstDifference: null },
};

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function errorOf(path: string): Promise<ArtifactError> {
  return await assertRejects(() => readArtifact(path, "comparison"), ArtifactError);
}

Deno.test("sha256() agrees with the published digests of FIPS 180-4", async () => {
  assertEquals(
    await sha256("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assertEquals(
    await sha256(new Uint8Array()),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

Deno.test("fileSha256() agrees with the published digest of a million letters a", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await Deno.writeTextFile(path, "a".repeat(1_000_000));
    assertEquals(
      await fileSha256(path),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    );
  });
});

Deno.test("canonicalJson() and prettyJson() hold the same value, keys sorted", () => {
  const value = { b: [1, { z: 0, a: "é" }], a: undefined, c: {}, d: [] };
  assertEquals(canonicalJson(value), '{"b":[1,{"a":"é","z":0}],"c":{},"d":[]}');
  assertEquals(canonicalJson(JSON.parse(prettyJson(value))), canonicalJson(value));
});

Deno.test("writeArtifact() gives the same bytes twice, and readArtifact() reads them", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "deep", "comparison.json");
    const first = await writeArtifact(path, "comparison", CONTENT);
    assertEquals(await writeArtifact(path, "comparison", CONTENT), first);
    assertEquals(await Deno.readTextFile(path), first);
    const read = await readArtifact(path, "comparison");
    assertEquals(read.data, CONTENT.data);
    assertEquals(read.artifact.producer.options, CONTENT.options);
    assertEquals(await read.blob("bits"), Uint8Array.of(1, 2, 3));
    const names = [...Deno.readDirSync(join(folder, "deep"))].map(({ name }) => name).sort();
    assertEquals(names, ["bits.bin", "comparison.json", "schemas"]);
    const schema = join(folder, "deep", read.artifact.$schema);
    assertEquals(JSON.parse(await Deno.readTextFile(schema)), jsonSchema("comparison"));
  });
});

Deno.test("readArtifact() says what is wrong, where, and which task makes a good one", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "c.json");
    const missing = await errorOf(path);
    assertEquals([missing.message, missing.place.file], ["no such file", path]);
    assertStringIncludes(missing.help, "deno task compare");

    const text = await writeArtifact(path, "comparison", CONTENT);
    await Deno.writeTextFile(path, text.slice(0, 100));
    assertStringIncludes((await errorOf(path)).message, "not JSON, or cut off");

    await Deno.writeTextFile(path, "{}");
    assertStringIncludes((await errorOf(path)).message, 'the field "fourbit" is missing');

    await Deno.writeTextFile(path, text.replace('"cases": 4', '"cases": 5'));
    const unsealed = await errorOf(path);
    assertStringIncludes(unsealed.message, "does not match its recorded hash");
    assertStringIncludes(unsealed.help, `deno task artifacts:seal ${path}`);

    const wrong = { ...JSON.parse(text), data: { ...CONTENT.data, cases: -4 } };
    await Deno.writeTextFile(path, prettyJson({ ...wrong, sha256: await seal(wrong) }));
    const invalid = await errorOf(path);
    assertEquals(invalid.place.path, "data.cases");
    assertStringIncludes(invalid.message, "found -4");

    await Deno.writeTextFile(path, text);
    const kind = await assertRejects(() => readArtifact(path, "atoms"), ArtifactError);
    assertStringIncludes(kind.message, 'kind "comparison", expected "atoms"');
    assertStringIncludes(kind.help, "deno task atoms:train");

    const folderError = await assertRejects(() => readArtifact(folder, "atoms"), ArtifactError);
    assertEquals(folderError.message, "this is a folder, not a file");
  });
});

Deno.test("writeArtifact() writes a blob in pieces as it writes a whole one, zeros at its end", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "c.json");
    const whole = new Uint8Array(200_000);
    whole.set([1, 2, 3, 4, 5]);
    const blob = { role: "bits", path: "bits.bin" };
    const text = await writeArtifact(path, "comparison", {
      ...CONTENT,
      blobs: [{ ...blob, content: whole }],
    });
    await Deno.remove(join(folder, "bits.bin"));
    const chunks = [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3, 4, 5)];
    const content = { chunks, bytes: whole.length };
    const again = { ...CONTENT, blobs: [{ ...blob, content }] };
    assertEquals(await writeArtifact(path, "comparison", again), text);
    assertEquals(await (await readArtifact(path, "comparison")).blob("bits"), whole);
  });
});

Deno.test("writeArtifact() leaves nothing of a blob whose pieces cannot be made, and says why", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "c.json");
    const broken = new ArtifactError("cut off", { file: "weights" }, "download it again");
    const chunks = function* (): Generator<Uint8Array> {
      yield Uint8Array.of(1);
      throw broken;
    };
    const content = { chunks: chunks(), bytes: 10 };
    const blobs = [{ role: "bits", path: "bits.bin", content }];
    const error = await assertRejects(
      () => writeArtifact(path, "comparison", { ...CONTENT, blobs }),
      ArtifactError,
    );
    assertEquals(error, broken);
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("blob() refuses a blob that was changed or is not there", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "c.json");
    await writeArtifact(path, "comparison", CONTENT);
    const artifact = await readArtifact(path, "comparison");
    await Deno.writeFile(join(folder, "bits.bin"), Uint8Array.of(1, 2, 4));
    const changed = await assertRejects(() => artifact.blob("bits"), ArtifactError);
    assertStringIncludes(changed.message, `${path}#blobs[0]`);
    await Deno.remove(join(folder, "bits.bin"));
    const gone = await assertRejects(() => artifact.blob("bits"), ArtifactError);
    assertEquals(gone.message, "no such file");
  });
});

Deno.test("writeArtifact() leaves the old file when it cannot write the new one", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "c.json");
    const text = await writeArtifact(path, "comparison", CONTENT);
    const blocked = { ...CONTENT, blobs: [{ role: "bits", path: "sub", content: "x" }] };
    await Deno.mkdir(join(folder, "sub"));
    await Deno.writeTextFile(join(folder, "sub", "file"), "");
    const error = await assertRejects(
      () => writeArtifact(path, "comparison", blocked),
      ArtifactError,
    );
    assertStringIncludes(error.message, "cannot write");
    assertEquals(await Deno.readTextFile(path), text);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(names, ["bits.bin", "c.json", "schemas", "sub"]);
  });
});

Deno.test("writeArtifact() refuses names that would do harm", async () => {
  await withFolder(async (folder) => {
    const refuse = async (
      name: string,
      inputs: NewArtifact<"comparison">["inputs"],
    ): Promise<string> => {
      const content = { ...CONTENT, inputs: inputs! };
      const write = (): Promise<string> => writeArtifact(join(folder, name), "comparison", content);
      return (await assertRejects(write, ArtifactError)).message;
    };
    assertStringIncludes(await refuse("c.toml", []), "ends in .json");
    const input = {
      role: "run",
      path: join(folder, "sub", "..", "c.json"),
      sha256: "0".repeat(64),
    };
    assertStringIncludes(await refuse("c.json", [input]), "would replace the file");
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("VERSION is that of the package", async () => {
  const config = await Deno.readTextFile(new URL("../../deno.json", import.meta.url));
  assertEquals(VERSION, JSON.parse(config).version);
});

Deno.test("atomicWrite() writes pieces in order and fills up with zeros", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "dump.bin");
    const chunks = [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)];
    await atomicWrite(path, { chunks, bytes: 6 });
    assertEquals([...await Deno.readFile(path)], [1, 2, 3, 0, 0, 0]);
    await atomicWrite(path, { chunks: [], bytes: 2 ** 33 });
    assertEquals((await Deno.stat(path)).size, 2 ** 33);
  });
});

Deno.test("jsonSchema() of every kind names its task and forbids unknown fields", () => {
  for (const kind of Object.keys(MADE_BY) as (keyof typeof MADE_BY)[]) {
    const schema = jsonSchema(kind);
    assertStringIncludes(String(schema.title), MADE_BY[kind]);
    assertEquals(schema.additionalProperties, false);
    assert((schema.required as string[]).includes("data"));
  }
});

Deno.test("encodeSafetensors() lays a file out as the format says", () => {
  const file = encodeSafetensors({
    b: { dtype: "U8", shape: [2], bytes: Uint8Array.of(7, 8) },
    a: { dtype: "U8", shape: [1, 1], bytes: Uint8Array.of(9) },
  });
  const length = new DataView(file.buffer).getUint32(0, true);
  assertEquals(length % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  assertEquals(header, {
    a: { dtype: "U8", shape: [1, 1], data_offsets: [0, 1] },
    b: { dtype: "U8", shape: [2], data_offsets: [1, 3] },
  });
  assertEquals([...file.subarray(8 + length)], [9, 7, 8]);
  assertEquals(decodeSafetensors(file).b!.bytes, Uint8Array.of(7, 8));
});

Deno.test("decodeSafetensors() refuses headers and tensors outside the file", () => {
  const good = encodeSafetensors({ a: { dtype: "U8", shape: [4], bytes: new Uint8Array(4) } });
  for (const length of [0, 7, 20, good.length - 1]) {
    let message = "";
    try {
      decodeSafetensors(good.subarray(0, length));
    } catch (error) {
      message = (error as Error).message;
    }
    assertStringIncludes(message, "safetensors");
  }
});
