import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { studyAtoms, type StudyCase } from "./study.ts";
import { studyMarkdown } from "./study_markdown.ts";
import { makeAtom } from "./training/methods.ts";
import { TrainingError } from "./training/training_error.ts";
import { STANDARD_ATOMS } from "./truth_table.ts";
import { evaluateAtom } from "./verify.ts";

const CASES: readonly StudyCase[] = [
  { method: "construction", options: { format: "nf4" } },
  { method: "threshold" },
  { method: "float" },
  { method: "ptq", options: { scaling: "none" } },
  { method: "qat", options: { hidden: [4] } },
  { method: "search" },
];
const AND_SUM = STANDARD_ATOMS.filter(({ name }) => name === "AND" || name === "SUM");
const ROWS = studyAtoms({ atoms: AND_SUM, cases: CASES, seeds: 6, firstSeed: 10 });

Deno.test("studyAtoms() counts the seeds from which makeAtom() succeeds", () => {
  for (const row of ROWS.filter(({ method }) => method !== "construction")) {
    const { options } = CASES.find(({ method }) => method === row.method)!;
    const isWhole = row.method === "search" || row.method === "threshold";
    const made = Array.from({ length: 6 }, (_, i) => {
      try {
        const attempts = isWhole ? {} : { maxAttempts: 1 };
        return makeAtom(row.atom, row.method as "qat", { ...options, seed: 10 + i, ...attempts });
      } catch (error) {
        assert(error instanceof TrainingError);
        return undefined;
      }
    }).filter((atom) => atom !== undefined);
    assertEquals([row.exact, row.seeds], [made.length, 6], `${row.atom} ${row.method}`);
    if (made.length === 0) continue;
    const epochs = made.map(({ training }) => training!.epochs).sort((a, b) => a - b);
    const margins = made.map((atom) => evaluateAtom(atom).margin).sort((a, b) => a - b);
    const [low, high] = [epochs[(epochs.length - 1) >> 1]!, epochs[epochs.length >> 1]!];
    assertEquals(row.medianEpochs, (low + high) / 2);
    assertEquals(row.medianMargin! >= margins[0]! && row.medianMargin! <= margins.at(-1)!, true);
  }
});

Deno.test("studyAtoms() reports an incompatible format with the reason", () => {
  const row = ROWS.find(({ atom, method }) => atom === "AND" && method === "construction")!;
  assertEquals(row.exact, 0);
  assertStringIncludes(row.incompatible!, "the bias -1.5 of layer 1 becomes -1");
});

Deno.test("studyAtoms() tells its progress, and gives the same rows again", () => {
  const seen: [number, number][] = [];
  const rows = studyAtoms({
    atoms: AND_SUM,
    cases: CASES,
    seeds: 6,
    firstSeed: 10,
    onProgress: (done, all) => seen.push([done, all]),
  });
  assertEquals(rows, ROWS);
  assertEquals(seen.map(([done]) => done), Array.from({ length: 12 }, (_, i) => i + 1));
  assertEquals(seen.every(([, all]) => all === 12), true);
});

Deno.test("studyMarkdown() writes a summary and a table per atom, every line of a table as wide", () => {
  const text = studyMarkdown(ROWS);
  const counts = ROWS.filter(({ method }) => method === "float").map(({ exact }) => exact);
  assertStringIncludes(text, `| float, 32-32 relu, float32 | ${counts[0]! + counts[1]!} of 12 |`);
  assertEquals(text.match(/^## .*$/gm), ["## All atoms", "## AND", "## SUM"]);
  for (const table of text.split("\n\n").filter((part) => part.startsWith("|"))) {
    const widths = table.trim().split("\n").map((line) => line.split(" | ").length);
    assertEquals(new Set(widths).size, 1);
  }
});
