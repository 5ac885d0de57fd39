import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { compile, trainAtoms, verify } from "./_circuit_chain.ts";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";

async function exported(folder: string, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runTaskIn(folder, "circuit:export", [
    ...["circuit.json", "--json", ...args],
  ]);
  assertEquals([code, stderr], [0, ""]);
  return JSON.parse(stdout).files.map(({ path }: { path: string }) => path);
}

Deno.test("BLIF and AIGER that circuit:export writes are read again, and prove equal", async () => {
  await inFolder(async (folder) => {
    await compile(folder, "alu:4", "--objective", "gates");
    await Deno.rename(`${folder}/circuit.json`, `${folder}/alu.json`);
    for (
      const [format, file] of [["blif", "x.blif"], ["aiger", "x.aag"], ["aiger-binary", "x.aig"]]
    ) {
      await Deno.copyFile(`${folder}/alu.json`, `${folder}/circuit.json`);
      assertEquals(await exported(folder, "--format", format!, "--out", file!), [file]);
      assertEquals((await verify(folder, "--against", `${folder}/${file}`)).code, 0, format);
      // And mapped to threshold gates anew: by their names still an ALU.
      await compile(folder, `${folder}/${file}`);
      assertEquals((await verify(folder)).code, 0, format);
      assertEquals(
        (await verify(folder, "--against", "alu:4", "--method", "proof")).code,
        0,
        format,
      );
    }
  });
});

Deno.test("circuit:export writes Verilog, drawings and TriX weights of the public library", async () => {
  await inFolder(async (folder) => {
    await trainAtoms(folder);
    await compile(folder, "adder:8");
    const text = async (...args: string[]): Promise<string> =>
      await Deno.readTextFile(`${folder}/${(await exported(folder, ...args))[0]!}`);
    assertMatch(await text("--format", "verilog"), /^module adder_8\b/m);
    assertMatch(await text("--format", "verilog-behavioural"), /^module adder_8\b/m);
    assertMatch(await text("--format", "test-bench"), /^module adder_8_tb\b/m);
    assertStringIncludes(await text("--format", "dot"), "digraph");
    assertMatch(await text("--format", "svg"), /^(<\?xml.*\?>\s*)?<svg /);
    const files = await exported(folder, "--format", "trix", "--out", "trix");
    assertEquals(files.length, 4);
    for (const atom of ["SUM", "CARRY"]) {
      assertEquals(
        await Deno.readFile(`${folder}/trix/weights/${atom}.fp4`),
        await Deno.readFile(`${FIXTURES}/atoms/${atom}.fp4`),
      );
    }
  });
});

Deno.test("a test bench holds what the file says that the circuit was compiled from", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/and.blif`;
    await Deno.writeTextFile(file, ".inputs a b\n.outputs y\n.names a b y\n11 1\n");
    await compile(folder, file);
    await exported(folder, "--format", "test-bench", "--out", "x.v");
    // Case 3 in the lower two bits, its result above them.
    const bench = await Deno.readTextFile(`${folder}/x.v`);
    for (const bits of [0, 1, 2, 7]) assertStringIncludes(bench, `= 3'h${bits};`);
    await Deno.writeTextFile(file, ".inputs a b\n.outputs y\n.names a b y\n00 1\n");
    const args = ["circuit.json", "--format", "test-bench"];
    const { code, stderr } = await runTaskIn(folder, "circuit:export", args);
    assertEquals(code, 2);
    assertMatch(stderr, /^error: the file has changed .* at .*and\.blif\nhelp: compile/);
    await exported(folder, "--format", "dot");
  });
});

Deno.test("circuit:export refuses what a format cannot hold, and a format that is none", async () => {
  await inFolder(async (folder) => {
    await compile(folder, "adder:2", "--objective", "gates");
    const refuse = async (format: string, says: RegExp): Promise<void> => {
      const { code, stderr } = await runTaskIn(folder, "circuit:export", [
        ...["circuit.json", "--format", format],
      ]);
      assertEquals(code, 2);
      assertMatch(stderr, says);
    };
    await refuse(
      "trix",
      /^error: gate .* is no atom.* at circuit\.json\nhelp: .*--objective atoms/,
    );
    await refuse("blf", /^error: --format cannot be "blf"\nhelp: did you mean "blif"\?/);
    assert(!(await Array.fromAsync(Deno.readDir(folder))).some(({ name }) => name === "out"));
  });
});
