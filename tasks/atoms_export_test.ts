import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { writeArtifact } from "../lib/artifacts/mod.ts";
import type { Atom } from "../lib/atoms/mod.ts";
import { filesBelow, inFolder, runTaskIn } from "./_process.ts";

/** Golden files of the specification of atoms, 2.5. */
const GOLDEN: Readonly<Record<string, string>> = {
  "AND.fp4": "544650340101030201414e440100020001002210",
  "CARRY.fp4": "5446503401010503014341525259010003000100222010",
  "MUX.fp4": "5446503401020303014d5558020003000200021212210100020001002220",
  "NAND.fp4": "5446503401010402014e414e440100020001000040",
  "NOR.fp4": "5446503401010302014e4f520100020001000030",
  "NOT.fp4": "5446503401010301014e4f540100010001000030",
  "OR.fp4": "5446503401010202014f520100020001002220",
  "SUM.fp4": "54465034010203030153554d0400030004000020202002222220010004000100222220",
  "XNOR.fp4": "544650340102040201584e4f520200020002000022310100020001002220",
  "XOR.fp4": "544650340102030201584f520200020002002002220100020001002220",
};

Deno.test("atoms:export --constructed writes the golden files byte for byte, which verify", async () => {
  await inFolder(async (folder) => {
    const { code, stdout, stderr } = await runTaskIn(folder, "atoms:export", ["--constructed"]);
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "out/fp4/SUM.fp4");
    const files = filesBelow(`${folder}/out/fp4`);
    const hex = [...files].map(([name, bytes]) => [name, bytes.toHex()] as const);
    assertEquals(Object.fromEntries(hex.sort()), GOLDEN);
    const list = [...files.keys()].map((name) => `out/fp4/${name}`).join(",");
    const verified = await runTaskIn(folder, "atoms:verify", [list]);
    assertEquals([verified.code, verified.stderr], [0, ""]);
  });
});

Deno.test("atoms:export refuses what the format cannot hold, and writes the rest", async () => {
  await inFolder(async (folder) => {
    const gate = (weights: string, biases: string, truthTable: string, name: string): Atom => ({
      name,
      inputs: ["a", "b"],
      truthTable,
      layers: [{ inputs: 2, gates: 1, weights, biases }],
    });
    await writeArtifact(`${folder}/atoms.json`, "atoms", {
      task: "atoms:train",
      options: {},
      data: {
        format: "e2m1",
        nibbleOrder: "low-first",
        atoms: [
          gate("22", "0b", "0001", "AND"),
          gate("44", "0d", "0001", "TWICE"), // step(2a + 2b − 3)
          gate("22", "0b", "0111", "WRONG"),
          gate("22", "09", "0111", "../OUTSIDE"),
        ],
      },
    });
    const { code, stdout, stderr } = await runTaskIn(folder, "atoms:export", ["atoms.json"]);
    assertEquals(code, 1);
    assertMatch(stdout, /AND +20 +out\/fp4\/AND\.fp4\nTWICE +refused\nWRONG +refused\n/);
    const written = [...filesBelow(folder).keys()].filter((file) => file.endsWith(".fp4"));
    assertEquals(written, ["out/fp4/AND.fp4"]);
    const [twice, wrong, outside] = stderr.split("\n");
    assertMatch(
      twice!,
      /^failed: atom TWICE has the weight 2 in layer 1, which \.fp4 files have no/,
    );
    assertEquals(wrong, "failed: atom WRONG is not exact: 2 of 4 rows wrong");
    assertEquals(outside, 'failed: atom "../OUTSIDE" has no name for a file');
    const named = ["atoms.json", "--names", "AND"];
    assertEquals((await runTaskIn(folder, "atoms:export", named)).code, 0);
    const both = await runTaskIn(folder, "atoms:export", ["atoms.json", "--constructed"]);
    assertEquals(
      [both.code, both.stderr],
      [2, "error: a file and --constructed\nhelp: give one of the two\n"],
    );
  });
});
