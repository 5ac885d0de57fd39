/**
 * `deno task atoms:train`: trains atoms from their truth tables to FP4 weights, every one exact.
 *
 * @module
 */
import { writeArtifact } from "../lib/artifacts/mod.ts";
import {
  type Atom,
  METHOD,
  sizeOf,
  STANDARD_ATOMS,
  standardAtom,
  train,
  TrainingError,
  verify,
} from "../lib/atoms/mod.ts";
import {
  EXIT,
  parseOptions,
  runTask,
  startProgress,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { didYouMean } from "../lib/text/mod.ts";

const NAMES = STANDARD_ATOMS.map(({ name }) => name);

/** What the task takes. */
export const USAGE = {
  name: "atoms:train",
  summary: "Train logic atoms from their truth tables to exact FP4 (E2M1) threshold networks.",
  options: {
    atoms: { default: "all", help: `Names with commas between, of: ${NAMES.join(", ")}.` },
    seed: { type: "integer", default: 0, help: "First seed; each further attempt takes the next." },
    maxAttempts: { type: "integer", default: 200, help: "Attempts per atom at the most." },
    out: { type: "file", default: "out/atoms.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task atoms:train",
    "deno task atoms:train --atoms XOR,CARRY --seed 7 --out out/two_atoms.json",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const { seed, maxAttempts, out } = options;
  const specs = chosenAtoms(options.atoms);
  const terminal = new Terminal(options);

  const progress = startProgress("training", specs.length, options.quiet);
  const rows: { atom: Atom; ms: number }[] = [];
  for (const spec of specs) {
    const startMs = performance.now();
    try {
      rows.push({ atom: train(spec, { seed, maxAttempts }), ms: performance.now() - startMs });
    } catch (error) {
      if (!(error instanceof TrainingError)) throw error;
      progress.end();
      terminal.failure(`${error.message}; ${error.help}`);
      return EXIT.checkFailed;
    }
    progress.update(rows.length);
  }
  progress.end();

  const text = await writeArtifact(out, "atoms", {
    task: USAGE.name,
    options: { atoms: specs.map(({ name }) => name), maxAttempts, method: METHOD, seed },
    data: { format: "e2m1", nibbleOrder: "low-first", atoms: rows.map(({ atom }) => atom) },
  });
  terminal.table(
    ["atom", "rows right", "gates", "parameters", "bits", "margin", "attempts", "epochs", "ms"],
    rows.map(({ atom, ms }) => {
      const { rows, wrong, margin } = verify(atom);
      const { gates, parameters, bits } = sizeOf(atom);
      const { attempts, epochs } = atom.training!;
      const right = `${rows - wrong} of ${rows}`;
      return [atom.name, right, gates, parameters, bits, margin, attempts, epochs, Math.ceil(ms)];
    }),
  );
  terminal.line(`wrote ${out}`);
  terminal.artifact(text);
  return EXIT.ok;
}

function chosenAtoms(list: string): ReturnType<typeof standardAtom>[] {
  if (list === "all") return [...STANDARD_ATOMS];
  return [...new Set(list.split(",").map((name) => name.trim()))].map((name) => {
    if (!NAMES.includes(name)) {
      throw new UsageError(
        `unknown atom "${name}" in --atoms`,
        `${didYouMean(name, NAMES)}choose from ${NAMES.join(", ")}`,
      );
    }
    return standardAtom(name);
  });
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
