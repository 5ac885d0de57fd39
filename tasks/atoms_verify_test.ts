import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { writeArtifact } from "../lib/artifacts/mod.ts";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";

/** Golden files of the specification of atoms, 2.5. */
const SUM_FP4 = "54465034010203030153554d0400030004000020202002222220010004000100222220";
const CARRY_FP4 = "5446503401010503014341525259010003000100222010";

async function write(path: string, hex: string): Promise<void> {
  await Deno.writeFile(path, Uint8Array.fromHex(hex));
}

Deno.test("atoms:verify measures TriX files as the specification does, headers included", async () => {
  const names = ["SUM", "CARRY"].map((name) => `${FIXTURES}/atoms/${name}.fp4`);
  assertEquals((await Deno.readFile(names[0]!)).toHex(), SUM_FP4);
  assertEquals((await Deno.readFile(names[1]!)).toHex(), CARRY_FP4);
  await inFolder(async (folder) => {
    const args = [names.join(","), "--json"];
    const { code, stdout, stderr } = await runTaskIn(folder, "atoms:verify", args);
    assertEquals([code, stderr], [0, ""]);
    const { data, inputs } = JSON.parse(stdout);
    assertEquals(inputs.map(({ role }: { role: string }) => role), ["fp4", "fp4"]);
    const [sum, carry] = data.checks;
    assertEquals([sum.name, sum.rows, sum.wrong, sum.margin], ["SUM", 8, 0, 0.5]);
    // 16 weights and 5 biases; −2.5 takes a second code, and so every hidden bias has one.
    assertEquals([sum.size.gates, sum.size.parameters, sum.size.bits], [5, 21, 4 * (21 + 4)]);
    assertEquals([sum.size.float32Bytes, sum.size.diskBytes, sum.size.tableBytes], [84, 35, 1]);
    assertEquals([sum.size.float32PerDisk, sum.size.diskForm], [2.4, "fp4"]);
    assertEquals([sum.marginBelow, sum.marginAbove, sum.decisionsAtZero], [0.5, 0.5, 0]);
    assertEquals([carry.size.diskBytes, carry.size.memoryBytes], [23, 3]);
    assertEquals([carry.size.float32PerMemory, carry.size.tablePerMemory], [16 / 3, 1 / 3]);
  });
});

Deno.test("atoms:verify knows a TriX file by its content, whatever its name", async () => {
  await inFolder(async (folder) => {
    await write(`${folder}/carry.json`, CARRY_FP4);
    const { code, stderr } = await runTaskIn(folder, "atoms:verify", ["carry.json"]);
    assertEquals([code, stderr], [0, ""]);
    await Deno.writeTextFile(`${folder}/text.fp4`, "{}");
    const text = await runTaskIn(folder, "atoms:verify", ["text.fp4"]);
    assertEquals(text.code, 2);
    assertMatch(text.stderr, /^error: no magic TFP4 at byte 0 at text\.fp4\nhelp: give a \.fp4/);
  });
});

/** The first weight of SUM, −1 with the index 0, with one bit flipped; what becomes of the file. */
const FLIPPED: readonly [nibble: string, code: number, says: RegExp][] = [
  ["1", 1, /^failed: atom SUM is not exact: 1 of 8 rows wrong, first row 5 \(a=1 b=0 c=1\): 1/],
  ["2", 1, /^failed: atom SUM is not exact: 1 of 8 rows wrong, first row 5 \(a=1 b=0 c=1\): 1/],
  ["4", 2, /^error: the weights of layer 1 hold the index 4, .* at byte 18 at s\.fp4\nhelp: /],
];

Deno.test("atoms:verify rejects a TriX file in which one bit of a weight is flipped", async () => {
  await inFolder(async (folder) => {
    // Behind a header of 12 bytes and one of 6 of the layer.
    const at = 2 * (12 + 6);
    for (const [nibble, code, says] of FLIPPED) {
      await write(`${folder}/s.fp4`, SUM_FP4.slice(0, at) + nibble + SUM_FP4.slice(at + 1));
      const outcome = await runTaskIn(folder, "atoms:verify", ["s.fp4"]);
      assertEquals(outcome.code, code, outcome.stderr);
      assertMatch(outcome.stderr, says);
    }
    await write(`${folder}/s.fp4`, SUM_FP4.slice(0, -2));
    const cut = await runTaskIn(folder, "atoms:verify", ["s.fp4"]);
    assertEquals(cut.code, 2);
    assertMatch(cut.stderr, /^error: the file ends within .* at s\.fp4\nhelp: the file is cut off/);
  });
});

Deno.test("atoms:verify takes the function of an unknown name from a file, and believes no name", async () => {
  await inFolder(async (folder) => {
    const hex = (name: string): string => new TextEncoder().encode(name).toHex();
    await write(`${folder}/m.fp4`, CARRY_FP4.replace(hex("CARRY"), hex("MAJOR")));
    const unknown = await runTaskIn(folder, "atoms:verify", ["m.fp4"]);
    assertEquals(unknown.code, 2);
    assertMatch(unknown.stderr, /^error: the file holds an atom "MAJOR", which is no standard one/);
    for (const [table, code] of [["00010111", 0], ["00010110", 1]] as const) {
      const atom = `  - { name: MAJOR, inputs: [a, b, c], table: "${table}" }`;
      await Deno.writeTextFile(`${folder}/f.yaml`, `atoms:\n${atom}\n`);
      const args = ["m.fp4", "--file", "f.yaml"];
      const verified = await runTaskIn(folder, "atoms:verify", args);
      assertEquals(verified.code, code, verified.stderr);
      if (code === 1) assertStringIncludes(verified.stderr, "(a=1 b=1 c=1): 1, expected 0");
    }
    // An OR of the name AND is no AND.
    await write(`${folder}/and.fp4`, "544650340101030201414e440100020001002220");
    const lie = await runTaskIn(folder, "atoms:verify", ["and.fp4"]);
    assertEquals(lie.code, 1);
    assertStringIncludes(lie.stderr, "atom AND is not exact: 2 of 4 rows wrong");
  });
});

Deno.test("atoms:verify reports decisions at zero and both sides of the margin", async () => {
  await inFolder(async (folder) => {
    // step(a + b − 2): the row a=1 b=1 decides at exactly 0.
    const layers = [{ inputs: 2, gates: 1, weights: "22", biases: "0c" }];
    await writeArtifact(`${folder}/atoms.json`, "atoms", {
      task: "atoms:train",
      options: {},
      data: {
        format: "e2m1",
        nibbleOrder: "low-first",
        atoms: [{ name: "AND", inputs: ["a", "b"], truthTable: "0001", layers }],
      },
    });
    const { code, stdout } = await runTaskIn(folder, "atoms:verify", ["atoms.json", "--json"]);
    assertEquals(code, 0);
    const [{ margin, marginBelow, marginAbove, decisionsAtZero }] = JSON.parse(stdout).data.checks;
    assertEquals([margin, marginBelow, marginAbove, decisionsAtZero], [0, 1, 0, 1]);
  });
});

Deno.test("atoms:verify takes several files at once, and fails for the one that is wrong", async () => {
  await inFolder(async (folder) => {
    await runTaskIn(folder, "atoms:train", ["--method", "qat", "--atoms", "XOR"]);
    const path = `${folder}/out/atoms.json`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace('"truthTable": "0110"', '"truthTable": "0111"'));
    await runTaskIn(folder, "artifacts:seal", ["out/atoms.json"]);
    const gap = await runTaskIn(folder, "atoms:verify", ["out/atoms.json,"]);
    assertEquals(gap.code, 2);
    assertMatch(gap.stderr, /^error: an empty name in "out\/atoms\.json,"\nhelp: /);
    const list = `${FIXTURES}/atoms/SUM.fp4, out/atoms.json`;
    const { code, stderr } = await runTaskIn(folder, "atoms:verify", [list]);
    assertEquals(code, 1);
    assertEquals(
      stderr,
      "failed: atom XOR of out/atoms.json is not exact: 1 of 4 rows wrong, first row 3 (a=1 b=1): 0, expected 1\n",
    );
  });
});
