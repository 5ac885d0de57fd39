/**
 * `deno task atoms:study`: makes atoms in many ways from many seeds and writes what worked and what
 * failed, as Markdown and as JSON.
 *
 * @module
 */
import { atomicWrite, prettyJson } from "../lib/artifacts/mod.ts";
import { METHODS, STUDY_CASES, studyAtoms, studyMarkdown } from "../lib/atoms/mod.ts";
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
import { chosenSpecs, loadSpecs } from "./_atoms.ts";

const METHOD_NAMES = ["construction", ...Object.keys(METHODS)];

/** What the task takes. */
export const USAGE = {
  name: "atoms:study",
  summary: "Count how often each method makes each atom exact: what worked and what failed.",
  details: "With 100 seeds, the published study, it takes about a minute and a half. The same\n" +
    "options give the same files. Rows beside the Markdown go to a JSON file of the same name.",
  options: {
    seeds: { type: "integer", default: 100, help: "Seeds per atom and way." },
    firstSeed: { type: "integer", default: 0, help: "The first of them." },
    atoms: { default: "all", help: "Names with commas between." },
    file: { type: "file", help: "Functions of your own (YAML), in place of the standard ones." },
    methods: {
      default: "all",
      help: `Methods with commas between, of: ${METHOD_NAMES.join(", ")}.`,
    },
    out: { type: "file", default: "out/study.md", help: "Where the Markdown goes." },
  },
  examples: [
    "deno task atoms:study --seeds 2 --out out/study.md",
    "deno task atoms:study --atoms SUM,MUX --methods ptq,qat --seeds 5 --out out/small_study.md",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const { seeds, firstSeed, out } = options;
  if (seeds === 0) throw new UsageError("--seeds 0", "give 1 or more");
  if (!out.endsWith(".md")) {
    throw new UsageError(`--out ${out}`, "give a name that ends in .md; the JSON goes beside it");
  }
  const methods = chosenMethods(options.methods);
  const { specs } = await loadSpecs(options.file);
  const atoms = chosenSpecs(options.atoms, specs);
  const cases = STUDY_CASES.filter(({ method }) => methods.includes(method));
  const terminal = new Terminal(options);

  const progress = startProgress("studying", atoms.length * cases.length, options.quiet);
  const rows = studyAtoms({ atoms, cases, seeds, firstSeed, onProgress: progress.update });
  progress.end();

  const names = atoms.map(({ name }) => name);
  const head = "# How atoms come to be exact\n\n" +
    `${names.length} atoms (${names.join(", ")}), ${cases.length} ways, ${seeds} seeds each from ` +
    `${firstSeed}; construction and synth have no seeds. An attempt counts when every row of the truth table is right, evaluated from ` +
    "the packed codes. Made by\n\n```sh\n" + commandLine(options) + "\n```\n\n";
  const json = out.replace(/\.md$/, ".json");
  const text = prettyJson({
    atoms: names,
    firstSeed,
    methods,
    rows,
    seeds,
  });
  await atomicWrite(out, head + studyMarkdown(rows));
  await atomicWrite(json, text);
  terminal.table(
    ["method", "ways", "attempts", "exact", "incompatible"],
    methods.map((method) => {
      const own = rows.filter((row) => row.method === method);
      const attempts = own.reduce((sum, { seeds }) => sum + seeds, 0);
      const exact = own.reduce((sum, { exact }) => sum + exact, 0);
      const refused = own.filter(({ incompatible }) => incompatible !== undefined).length;
      return [method, own.length / atoms.length, attempts, exact, refused];
    }),
  );
  terminal.line(`wrote ${out} and ${json}`);
  terminal.artifact(text);
  return EXIT.ok;
}

function chosenMethods(list: string): string[] {
  if (list === "all") return METHOD_NAMES;
  return [...new Set(list.split(",").map((name) => name.trim()))].map((name) => {
    if (METHOD_NAMES.includes(name)) return name;
    throw new UsageError(
      `unknown method "${name}" in --methods`,
      `${didYouMean(name, METHOD_NAMES)}choose from ${METHOD_NAMES.join(", ")}`,
    );
  });
}

/** The command that writes the same study again. */
function commandLine(options: Awaited<ReturnType<typeof parseOptions<typeof USAGE>>>): string {
  const { seeds, firstSeed, atoms, file, methods, out } = options;
  return [
    `deno task atoms:study --seeds ${seeds}`,
    ...(firstSeed === 0 ? [] : [`--first-seed ${firstSeed}`]),
    ...(file === undefined ? [] : [`--file ${file}`]),
    ...(atoms === "all" ? [] : [`--atoms ${atoms}`]),
    ...(methods === "all" ? [] : [`--methods ${methods}`]),
    `--out ${out}`,
  ].join(" ");
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
