/**
 * `deno task atoms:faults`: changes every nibble of every atom, holds every wire at 0 and at 1, and
 * measures how much noise the gates stand. Exhaustive. Exits with 1 when an atom is not exact.
 *
 * @module
 */
import { type FaultsData, writeArtifact } from "../lib/artifacts/mod.ts";
import {
  type AnyAtom,
  type Atom,
  type FaultCount,
  flipNibbles,
  isThreshold,
  noiseMargin,
  stickAt,
  verify,
} from "../lib/atoms/mod.ts";
import {
  EXIT,
  inFile,
  parseOptions,
  runTask,
  startProgress,
  Terminal,
  type Usage,
} from "../lib/cli/mod.ts";
import { loadAtoms } from "./_atoms.ts";

/** What the task takes. */
export const USAGE = {
  name: "atoms:faults",
  summary: "Tell what faults and noise atoms stand, exhaustively.",
  details:
    "Every 4-bit code is replaced by each of the 15 others, of which four differ in one bit;\n" +
    "every input and every gate output is held at 0 and at 1. A fault is detected when some row\n" +
    "of the truth table goes wrong, as atoms:verify would tell. The test rows find every stuck\n" +
    "wire that can be found. Noise is the relative error on all weights and biases, and the\n" +
    "error on all inputs, up to which every gate decides as it should.",
  arguments: {
    atoms: {
      help: "atoms.json, TriX .fp4 files, or several with commas; out/atoms.json unless given",
    },
  },
  options: {
    out: { type: "artifact", default: "out/atoms_faults.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task atoms:faults",
    "deno task atoms:faults fixtures/atoms/SUM.fp4 --out out/sum_faults.json",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const { atoms, sources } = await loadAtoms(options.atoms ?? "out/atoms.json");

  const progress = startProgress("breaking", atoms.length, options.quiet);
  const results = atoms.map(({ atom, path }, index) => {
    const { exact, ...verdict } = inFile(path, () => verify(atom));
    // Faults are counted against the right function.
    const result = { exact, check: { ...verdict, ...(exact ? { faults: faultsOf(atom) } : {}) } };
    progress.update(index + 1);
    return result;
  });
  progress.end();
  const exact = results.every((result) => result.exact);

  const text = await writeArtifact(options.out, "verification", {
    task: USAGE.name,
    options: {},
    inputs: sources,
    data: {
      subject: "atoms",
      method: "exhaustive",
      exact,
      checks: results.map(({ check }) => check),
    },
  });
  terminal.table(
    [
      ...["atom", "nibbles", "bit flips", "other codes", "stuck wires", "test rows"],
      ...["noise on weights", "on inputs"],
    ],
    results.map(({ check: { name, faults } }) => [
      name,
      faults?.nibbles?.count ?? "",
      found(faults?.nibbles?.bitFlips),
      found(faults?.nibbles?.otherCodes),
      found(faults?.stuckAt),
      faults?.stuckAt?.testRows.join(" ") ?? "",
      faults?.noise === undefined ? "" : `${(100 * faults.noise.parameter).toFixed(1)} %`,
      faults?.noise?.input?.toFixed(3) ?? "",
    ]),
  );
  terminal.line("faults: detected of all; the rest leaves every output as it is");
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  for (const { exact, check } of results) {
    if (exact) continue;
    terminal.failure(
      `atom ${check.name} is not exact: ${check.wrong} of ${check.rows} rows wrong, ` +
        "so that nothing is said of its faults",
    );
  }
  return exact ? EXIT.ok : EXIT.checkFailed;
}

function faultsOf(atom: AnyAtom): FaultsData {
  const isFloat = !isThreshold(atom) &&
    atom.network.layers.some(({ weights }) => weights.format === "float32");
  return {
    ...(isFloat ? {} : { nibbles: nibbleFaults(atom) }),
    ...(isThreshold(atom) ? { stuckAt: stickAt(atom), noise: noiseOf(atom) } : {}),
  };
}

function nibbleFaults(atom: AnyAtom): NonNullable<FaultsData["nibbles"]> {
  const { nibbles, ...counts } = flipNibbles(atom);
  return { count: nibbles, ...counts };
}

/** JSON holds no infinity, which a gate without weights stands. */
function noiseOf(atom: Atom): NonNullable<FaultsData["noise"]> {
  const { input, ...rest } = noiseMargin(atom);
  return input === Infinity ? rest : { ...rest, input };
}

function found(count: FaultCount | undefined): string {
  return count === undefined ? "" : `${count.detected} of ${count.faults}`;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
