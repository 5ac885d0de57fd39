/**
 * `deno task atoms:train`: makes atoms from their truth tables by one of several methods, every one
 * exact. Exits with 1 when a method or a format cannot make all of them.
 *
 * @module
 */
import { writeArtifact } from "../lib/artifacts/mod.ts";
import {
  ACTIVATIONS,
  type AnyAtom,
  ENCODINGS,
  isThreshold,
  makeAtom,
  type Method,
  type MethodOptions,
  METHODS,
  type NetworkAtom,
  reportAtom,
  SCALINGS,
  STANDARD_ATOMS,
  TrainingError,
  WEIGHT_FORMATS,
} from "../lib/atoms/mod.ts";
import {
  EXIT,
  type Options,
  parseOptions,
  runTask,
  startProgress,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { chosenSpecs, loadSpecs } from "./_atoms.ts";

const NAMES = STANDARD_ATOMS.map(({ name }) => name);
const METHOD_NAMES = Object.keys(METHODS) as [Method, ...Method[]];
const WIDEST = 256;

/** What the task takes. */
export const USAGE = {
  name: "atoms:train",
  summary: "Make logic atoms from their truth tables: exact networks of FP4 weights.",
  details: "Methods:\n" +
    METHOD_NAMES.map((name) => `  ${name.padEnd(9)}  ${METHODS[name]}`).join("\n") +
    "\n\nA file of functions of your own, of 1 to 6 inputs:\n" +
    "  atoms:\n" +
    '    - { name: HALF, inputs: [a, b], expression: "a & !b" }\n' +
    '    - { name: SAME, inputs: [a, b], table: "1001" }',
  options: {
    atoms: {
      default: "all",
      help: `Names with commas between: of the file, or of ${NAMES.join(", ")}.`,
    },
    file: { type: "file", help: "Functions of your own (YAML), in place of the standard ones." },
    method: { choices: METHOD_NAMES, default: "synth", help: "How they are made." },
    format: {
      choices: WEIGHT_FORMATS,
      help: "Format of weights and biases; e2m1 unless given, float32 for float.",
    },
    scaling: {
      choices: [...SCALINGS, "search"],
      help: "Scales of e2m1 and nf4; none for synth and threshold, search for ptq, tensor or row " +
        "for the others unless given.",
    },
    encoding: {
      choices: ENCODINGS,
      help: "How a trained network sees its input bits; binary unless given.",
    },
    hidden: { help: "Widths of hidden layers for float, ptq and qat, such as 16,16; or none." },
    activation: {
      choices: ACTIVATIONS,
      help: "Of the hidden layers for float, ptq and qat; relu unless given.",
    },
    residual: { type: "flag", help: "Hidden layers of equal width add what they see." },
    seed: { type: "integer", default: 0, help: "First seed; each further attempt takes the next." },
    maxAttempts: {
      type: "integer",
      help: "Attempts per atom at the most; 200 for threshold, 20 for float, ptq and qat.",
    },
    out: { type: "artifact", default: "out/atoms.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task atoms:train",
    "deno task atoms:train --atoms XOR,CARRY --method threshold --seed 7 --out out/two_atoms.json",
    "deno task atoms:train --method qat --format nf4 --hidden 8,8 --out out/qat_atoms.json",
    "deno task atoms:train --file fixtures/atoms/user_atoms.yaml --out out/user_atoms.json",
  ],
} as const satisfies Usage;

/** One atom, or why there is none. */
type Made =
  | { readonly name: string; readonly ms: number; readonly atom: AnyAtom }
  | { readonly name: string; readonly failure: TrainingError };

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const { method, seed, out } = options;
  const chosen = methodOptions(options);
  const { specs: known, source } = await loadSpecs(options.file);
  const specs = chosenSpecs(options.atoms, known);
  const terminal = new Terminal(options);

  const progress = startProgress("training", specs.length, options.quiet);
  const made: Made[] = [];
  for (const spec of specs) {
    const { name } = spec;
    const startMs = performance.now();
    try {
      const atom = makeAtom(spec, method, { ...chosen, seed });
      made.push({ name, ms: performance.now() - startMs, atom });
    } catch (error) {
      if (!(error instanceof TrainingError)) throw error;
      made.push({ name, failure: error });
    }
    progress.update(made.length);
  }
  progress.end();

  const rows = made.flatMap((one) =>
    "atom" in one ? [{ ...one, report: reportAtom(one.atom) }] : []
  );
  const atoms = rows.map(({ atom }) => atom);
  const networks = atoms.filter((atom): atom is NetworkAtom => !isThreshold(atom));
  const text = atoms.length === 0 ? "" : await writeArtifact(out, "atoms", {
    task: USAGE.name,
    options: { atoms: specs.map(({ name }) => name), method, ...chosen, seed },
    inputs: source === undefined ? [] : [source],
    data: {
      format: "e2m1",
      nibbleOrder: "low-first",
      atoms: atoms.filter(isThreshold),
      ...(networks.length === 0 ? {} : { networks }),
    },
  });
  if (rows.length > 0) {
    terminal.table(
      ["atom", "rows right", "gates", "parameters", "bits", "margin", "attempts", "epochs", "ms"],
      rows.map(({ atom, ms, report: { rows, wrong, margin, size } }) => {
        const { gates, parameters, bits } = size;
        const { attempts, epochs } = atom.training!;
        const right = `${rows - wrong} of ${rows}`;
        return [atom.name, right, gates, parameters, bits, margin, attempts, epochs, Math.ceil(ms)];
      }),
    );
    terminal.line(`wrote ${out}`);
  }
  for (const one of made) {
    if ("failure" in one) terminal.failure(`${one.failure.message}; ${one.failure.help}`);
  }
  const exact = rows.filter(({ report }) => report.exact).length;
  const passed = exact === specs.length;
  terminal.line(`${passed ? "PASS" : "FAIL"}: ${exact} of ${specs.length} atoms exact`);
  if (text !== "") terminal.artifact(text);
  return passed ? EXIT.ok : EXIT.checkFailed;
}

type TrainOptions = Options<typeof USAGE>;

/** Which methods an option means something to; the rest would not look at it. */
const MEANT_FOR: Readonly<Partial<Record<keyof TrainOptions, readonly Method[]>>> = {
  encoding: ["float", "ptq", "qat", "search"],
  hidden: ["float", "ptq", "qat"],
  activation: ["float", "ptq", "qat"],
  residual: ["float", "ptq", "qat"],
};

/**
 * What the method is told.
 *
 * @throws {UsageError} When options do not go together.
 */
function methodOptions(options: TrainOptions): Omit<MethodOptions, "seed"> {
  const { method, format, scaling, encoding, activation, residual, maxAttempts } = options;
  for (const [key, methods] of Object.entries(MEANT_FOR)) {
    const given = options[key as keyof TrainOptions];
    if (given === undefined || given === false || methods.includes(method)) continue;
    throw new UsageError(
      `--${key} means nothing to --method ${method}`,
      `leave it out, or choose --method ${methods.join(", ")}`,
    );
  }
  if (method === "float" && format !== undefined && format !== "float32") {
    throw new UsageError(
      `--method float stores float32, not ${format}`,
      `choose --method ptq --format ${format}, which quantises the same network`,
    );
  }
  if (
    scaling !== undefined && (method === "float" || !["e2m1", "nf4"].includes(format ?? "e2m1"))
  ) {
    throw new UsageError(
      `--scaling means nothing to ${method === "float" ? "--method float" : `--format ${format}`}`,
      "leave it out, or choose --format e2m1 or nf4",
    );
  }
  if (scaling === "search" && method !== "ptq") {
    throw new UsageError(
      `--scaling search means nothing to --method ${method}`,
      "choose none, tensor or row, or --method ptq",
    );
  }
  if (activation === "step" && method !== "qat") {
    throw new UsageError(
      `steps have no slope that --method ${method} could follow`,
      "choose --method qat or search, or another activation",
    );
  }
  if (maxAttempts === 0) throw new UsageError("--max-attempts 0", "give 1 or more");
  return {
    ...(format === undefined ? {} : { format }),
    ...(scaling === undefined ? {} : { scaling }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(options.hidden === undefined ? {} : { hidden: widths(options.hidden) }),
    ...(activation === undefined ? {} : { activation }),
    ...(residual ? { residual } : {}),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
  };
}

/** Widths of hidden layers: `16,8`, or `none`. */
function widths(list: string): number[] {
  if (list === "none") return [];
  return list.split(",").map((text) => {
    const width = Number(text);
    if (/^\s*\d+\s*$/.test(text) && width >= 1 && width <= WIDEST) return width;
    throw new UsageError(
      `--hidden cannot be "${list}"`,
      `give widths from 1 to ${WIDEST} with commas between, such as 16,16; or none`,
    );
  });
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
