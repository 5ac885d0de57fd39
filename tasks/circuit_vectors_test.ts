import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { compile, editSealed, flipFirstWeight, trainAtoms } from "./_circuit_chain.ts";
import { inFolder, runTaskIn } from "./_process.ts";

async function run(folder: string, line: string): Promise<{ code: number; stderr: string }> {
  const [task, ...args] = line.split(" ");
  const { code, stderr } = await runTaskIn(folder, task!, args);
  return { code, stderr };
}

Deno.test("a 64-bit adder runs on the machine with made vectors, corner cases first", async () => {
  await inFolder(async (folder) => {
    await compile(folder, "adder:64", "--objective", "depth");
    const all = await run(folder, "isa:emit circuit.json");
    assertEquals(all.code, 2);
    assertMatch(all.stderr, /129 input wires, too many to run all cases .*\nhelp: give vectors: /);

    for (const line of ["isa:emit circuit.json --vectors 102 --seed 3", "emulate", "compare"]) {
      assertEquals(await run(folder, line), { code: 0, stderr: "" }, line);
    }
    const lines = (await Deno.readTextFile(`${folder}/out/build/vectors.csv`)).trim().split("\n");
    const ones = String(2n ** 64n - 1n);
    assertEquals([lines.length, lines[0], lines[4]], [103, "A,B,Cin", `${ones},${ones},0`]);
    assertEquals(new Set(lines).size, 103);
    const { data } = JSON.parse(await Deno.readTextFile(`${folder}/out/comparison.json`));
    assertEquals([data.equal, data.cases], [true, 104]); // in groups of four rows
  });
});

Deno.test("compare names the vector in which a wrong circuit differs", async () => {
  await inFolder(async (folder) => {
    await trainAtoms(folder);
    const path = await compile(folder, "adder:8");
    await Deno.writeTextFile(
      `${folder}/v.csv`,
      "# the second one is enough\nB,A,Cin\n0,0,0\n28,0x25,0\n\n",
    );
    await editSealed(path, (text) => flipFirstWeight(text, "SUM"));
    for (const line of ["isa:emit circuit.json --vectors v.csv", "emulate"]) {
      assertEquals(await run(folder, line), { code: 0, stderr: "" }, line);
    }
    const { code, stderr } = await run(folder, "compare");
    assertEquals(code, 1);
    assertStringIncludes(stderr, "(A=37 B=28 Cin=0): ");
    // 65 is 0b001000001, the carry out before the sum.
    assertStringIncludes(stderr, ", expected 0 0 1 0 0 0 0 0 1\n");
  });
});

Deno.test("vectors that do not fit the circuit are refused with their line", async () => {
  await inFolder(async (folder) => {
    await compile(folder, "adder:4", "--objective", "gates");
    const refuse = async (text: string, says: RegExp): Promise<void> => {
      await Deno.writeTextFile(`${folder}/v.csv`, text);
      const { code, stderr } = await run(folder, "isa:emit circuit.json --vectors v.csv");
      assertEquals(code, 2);
      assertMatch(stderr, says);
    };
    await refuse("A,B\n1,2\n", /^error: the columns are "A,B", .* A,B,Cin at v\.csv:1:1\nhelp: /);
    await refuse("A,B,Cin\n1,2,0\n16,0,0\n", /^error: input A is 16, .* at v\.csv:3:1\nhelp: /);
    await refuse("A,B,Cin\n1,-2,0\n", /^error: "-2" is no whole number at v\.csv:2:1\nhelp: /);
    await refuse("A,B,Cin\n1,,0\n", /^error: "" is no whole number at v\.csv:2:1\nhelp: /);
    const ragged = /^error: \d cells for 3 input buses at v\.csv:2:1\nhelp: /;
    await refuse("A,B,Cin\n1,2\n", ragged);
    await refuse("A,B,Cin\n1,2,0,4\n", ragged);
    await refuse("A,B,Cin\n", /^error: there is no vector at v\.csv:1:1\nhelp: /);
    const none = await run(folder, "isa:emit circuit.json --vectors 0");
    assertMatch(none.stderr, /^error: --vectors 0\nhelp: give a file, or a number/);
  });
});
