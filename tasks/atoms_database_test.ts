import { assertEquals, assertMatch } from "@std/assert";
import { database } from "../lib/atoms/mod.ts";
import { checkDatabase, type Checked } from "./atoms_database.ts";
import { inFolder, runTaskIn } from "./_process.ts";

/** Functions by number of gates: atoms specification 7.2. */
const COUNTS = [
  { inputs: "1 inputs", functions: 4, byGates: [4] },
  { inputs: "2 inputs", functions: 16, byGates: [14, 2] },
  { inputs: "3 inputs", functions: 256, byGates: [104, 152] },
];

for (const margin of ["0.5", "0"]) {
  Deno.test(`atoms:database counts the gates of all functions, margin ${margin}`, async () => {
    await inFolder(async (folder) => {
      const args = ["--inputs", "3,1,2", "--margin", margin, "--json"];
      const { code, stdout, stderr } = await runTaskIn(folder, "atoms:database", args);
      assertEquals([code, stderr], [0, ""]);
      const { data } = JSON.parse(stdout);
      assertEquals([data.subject, data.exact], ["database", true]);
      for (const [i, { inputs, functions, byGates }] of COUNTS.entries()) {
        const { name, rows, wrong, database } = data.checks[i];
        assertEquals([name, rows, wrong], [inputs, functions, 0]);
        assertEquals([database.functionsByGates, database.isShipped], [byGates, true]);
        assertEquals(data.checks[i].margin >= Number(margin), true);
      }
    });
  });
}

Deno.test("checkDatabase() finds a network of another function, and one that decides at zero", () => {
  const shipped = database(2);
  const NOR = 0b0001;
  const [nor] = shipped.classes.get(NOR)!;
  assertEquals([nor!.weightCodes, nor!.biasCodes], [[15, 15], [5]]); // −6a − 6b + 3
  const check = (bias: number): Checked => {
    const gates = [{ ...nor!, biasCodes: [bias] }];
    return checkDatabase({ ...shipped, classes: new Map([...shipped.classes, [NOR, gates]]) });
  };
  assertEquals(check(5).wrong, 0);
  const other = check(7); // + 6: one input alone does not turn it off
  assertEquals([other.firstWrong?.row, other.firstWrong?.actual], [NOR, "row 1 is wrong"]);
  const close = check(0); // − 6a − 6b is right everywhere, and 0 where it is 1
  assertEquals([close.firstWrong?.row, close.firstWrong?.actual], [NOR, "margin 0"]);
  assertEquals([close.margin, close.wrong], [0, other.wrong]);
});

Deno.test("atoms:database refuses numbers of inputs that it cannot search", async () => {
  await inFolder(async (folder) => {
    for (const inputs of ["5", "0", "2,x", "2,,3", "1.5"]) {
      const outcome = await runTaskIn(folder, "atoms:database", ["--inputs", inputs]);
      assertEquals([outcome.code, outcome.stdout], [2, ""], inputs);
      assertMatch(
        outcome.stderr,
        /^error: --inputs cannot be ".*"\nhelp: give numbers from 1 to 4/,
      );
    }
  });
});
