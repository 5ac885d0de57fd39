/**
 * `deno task atoms:verify`: evaluates every row of every atom from its packed codes, whatever the
 * file says, and measures the atoms. Exits with 1 unless all of them are exact.
 *
 * @module
 */
import { writeArtifact } from "../lib/artifacts/mod.ts";
import { type AtomReport, reportAtom } from "../lib/atoms/mod.ts";
import { EXIT, inFile, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import { loadAtoms, loadSpecs } from "./_atoms.ts";

/** What the task takes. */
export const USAGE = {
  name: "atoms:verify",
  summary: "Verify every row of every atom, from its packed codes.",
  details:
    "The margin is the smallest |z| of the decisions for 0 and of those for 1; a decision at\n" +
    "exactly z = 0 is a 1 without margin. Disk is the file of the atom alone, headers included:\n" +
    "TriX .fp4 where that holds it, otherwise its JSON. A bare look-up table is the truth table\n" +
    "as bits: a ratio below 1 says that the table is the smaller one.",
  arguments: {
    atoms: {
      help: "atoms.json, TriX .fp4 files, or several with commas; out/atoms.json unless given",
    },
  },
  options: {
    file: { type: "file", help: "Functions (YAML) of .fp4 files that hold no standard atom." },
    out: {
      type: "artifact",
      default: "out/atoms_verification.json",
      help: "Where the artifact goes.",
    },
  },
  examples: [
    "deno task atoms:verify out/atoms.json",
    "deno task atoms:verify fixtures/atoms/SUM.fp4,fixtures/atoms/CARRY.fp4 --out out/fp4.json",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const functions = await loadSpecs(options.file);
  const { atoms, sources } = await loadAtoms(options.atoms ?? "out/atoms.json", functions.specs);

  const checks = atoms.map(({ atom, path }) => inFile(path, () => reportAtom(atom)));
  const exact = checks.every((check) => check.exact);

  const text = await writeArtifact(options.out, "verification", {
    task: USAGE.name,
    options: {},
    inputs: [...sources, ...(functions.source === undefined ? [] : [functions.source])],
    data: {
      subject: "atoms",
      method: "exhaustive",
      exact,
      checks: checks.map(({ exact: _exact, accuracy: _accuracy, ...check }) => check),
    },
  });
  terminal.table(
    ["atom", "rows", "wrong", "accuracy", "margin 0", "margin 1", "at z = 0", "first wrong row"],
    checks.map((check) => [
      check.name,
      check.rows,
      check.wrong,
      `${100 * check.accuracy} %`,
      check.marginBelow ?? "none is 0",
      check.marginAbove ?? "none is 1",
      check.decisionsAtZero,
      firstWrong(check),
    ]),
  );
  terminal.table(
    [
      ...["atom", "gates", "parameters", "bits", "memory, B", "disk, B", "file", "float32, B"],
      ...["table, B", "float32 / memory", "float32 / disk", "table / memory"],
    ],
    checks.map(({ name, size }) => [
      ...[name, size.gates, size.parameters, size.bits, size.memoryBytes, size.diskBytes],
      ...[size.diskForm, size.float32Bytes, size.tableBytes, rounded(size.float32PerMemory)],
      ...[rounded(size.float32PerDisk), rounded(size.tablePerMemory)],
    ]),
  );
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  for (const [index, check] of checks.entries()) {
    if (check.exact) continue;
    const where = sources.length > 1 ? ` of ${atoms[index]!.path}` : "";
    terminal.failure(
      `atom ${check.name}${where} is not exact: ${check.wrong} of ${check.rows} rows wrong, first row ` +
        `${check.firstWrong?.row} (${check.firstWrong?.inputs}): ${check.firstWrong?.actual}, ` +
        `expected ${check.firstWrong?.expected}`,
    );
  }
  return exact ? EXIT.ok : EXIT.checkFailed;
}

function firstWrong({ firstWrong }: AtomReport): string {
  if (firstWrong === undefined) return "";
  return `${firstWrong.inputs}: ${firstWrong.actual}, not ${firstWrong.expected}`;
}

function rounded(ratio: number): number {
  return Number(ratio.toPrecision(3));
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
