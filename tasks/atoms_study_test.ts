import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { filesBelow, inFolder, runTaskIn, wordsOf } from "./_process.ts";

Deno.test("atoms:study writes what worked and what failed, twice the same", async () => {
  const args = wordsOf(
    "--atoms NOT,SUM --methods construction,synth,ptq --seeds 2 --out s/study.md",
  );
  await inFolder(async (folder) => {
    const first = await runTaskIn(folder, "atoms:study", args);
    assertEquals([first.code, first.stderr], [0, ""]);
    assertStringIncludes(first.stdout, "wrote s/study.md and s/study.json");
    const before = filesBelow(folder);
    assertEquals([...before.keys()].sort(), ["s/study.json", "s/study.md"]);
    const json = await runTaskIn(folder, "atoms:study", [...args, "--json"]);
    assertEquals(filesBelow(folder), before);
    assertEquals(json.stdout, await Deno.readTextFile(`${folder}/s/study.json`));

    const { rows, seeds, atoms } = JSON.parse(json.stdout);
    assertEquals([seeds, atoms], [2, ["NOT", "SUM"]]);
    const study = await Deno.readTextFile(`${folder}/s/study.md`);
    for (const heading of ["# How atoms come to be exact", "## All atoms", "## NOT", "## SUM"]) {
      assertStringIncludes(study, `${heading}\n`);
    }
    assertStringIncludes(study, `deno task atoms:study --seeds 2 --atoms NOT,SUM`);
    // −2.5 is no E2M1 value: the construction of SUM needs a scale, or a second code.
    const plain = rows.filter((row: { atom: string; method: string; format: string }) =>
      row.atom === "SUM" && row.method === "construction" && row.format === "e2m1"
    );
    assertEquals(
      plain.map(({ scaling, exact }: { scaling: string; exact: number }) => [scaling, exact]),
      [["none", 0], ["tensor", 1]],
    );
    assertMatch(study, /SUM is incompatible with e2m1 without a scale: the bias -2\.5 of layer 1/);
  });
});

/** What the task refuses, and what stderr must say. */
const REFUSED: readonly [line: string, says: RegExp][] = [
  ["--seeds 0", /^error: --seeds 0\nhelp: give 1 or more\n$/],
  ["--out study.txt", /^error: --out study\.txt\nhelp: give a name that ends in \.md/],
  ["--methods ptq,qta", /^error: unknown method "qta" in --methods\nhelp: .*choose from construct/],
  ["--atoms SUMM", /^error: unknown atom "SUMM" in --atoms\nhelp: did you mean "SUM"\?/],
];

Deno.test("atoms:study refuses what it does not know, with a remedy", async () => {
  await inFolder(async (folder) => {
    for (const [line, says] of REFUSED) {
      const { code, stdout, stderr } = await runTaskIn(folder, "atoms:study", wordsOf(line));
      assertEquals([code, stdout], [2, ""], line);
      assertMatch(stderr, says);
    }
    assertEquals([...Deno.readDirSync(folder)].length, 0);
  });
});
