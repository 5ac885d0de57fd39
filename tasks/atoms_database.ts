/**
 * `deno task atoms:database`: computes the minimal network of every function of a few inputs again,
 * checks each one with a verifier that shares no code with the search, and compares the result with
 * the database that is shipped. Exits with 1 when one is wrong or they differ.
 *
 * @module
 */
import { writeArtifact } from "../lib/artifacts/mod.ts";
import {
  computeDatabase,
  database,
  encodeDatabase,
  lookUp,
  type Margin,
  type SynthesisDatabase,
  tableOf,
  verifyNetwork,
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

const MOST_INPUTS = 4;

/** What the task takes. */
export const USAGE = {
  name: "atoms:database",
  summary: "Compute all minimal networks of up to 4 inputs, check each, compare with the shipped.",
  details: "Minimal means: the fewest threshold gates with E2M1 weights, one E2M1 bias each and\n" +
    "connections that may skip gates; then the fewest weights and biases. Four inputs, 65,536\n" +
    "functions, take under a minute; two and three a moment.",
  options: {
    inputs: { default: "2,3,4", help: "Numbers of inputs, 1 to 4, with commas between." },
    margin: {
      choices: ["0.5", "0"],
      default: "0.5",
      help: "Least |z| of every decision; with 0, a 1 may be decided at exactly z = 0.",
    },
    out: { type: "artifact", default: "out/atoms_database.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task atoms:database --inputs 2,3",
    "deno task atoms:database --inputs 3 --margin 0",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const sizes = sizesOf(options.inputs);
  const margin: Margin = options.margin === "0" ? 0 : 0.5;

  const all = sizes.reduce((sum, inputs) => sum + functionsOf(inputs), 0);
  const progress = startProgress("computing", all, options.quiet);
  let before = 0;
  const results = sizes.map((inputs) => {
    const startMs = performance.now();
    progress.update(before);
    const computed = computeDatabase(inputs, { margin });
    const found = checkDatabase(computed, (done) => progress.update(before + done));
    before += functionsOf(inputs);
    const bytes = encodeDatabase(computed);
    const isShipped = bytes.toHex() === encodeDatabase(database(inputs, margin)).toHex();
    const seconds = (performance.now() - startMs) / 1000;
    return {
      inputs,
      classes: computed.classes.size,
      bytes: bytes.length,
      isShipped,
      seconds,
      ...found,
    };
  });
  progress.end();

  const text = await writeArtifact(options.out, "verification", {
    task: USAGE.name,
    options: { inputs: sizes, margin },
    data: {
      subject: "database",
      method: "exhaustive",
      exact: results.every(({ wrong }) => wrong === 0),
      checks: results.map((result) => {
        const { inputs, functionsByGates, classes, bytes, isShipped, firstWrong, ...check } =
          result;
        return {
          name: `${inputs} inputs`,
          rows: functionsOf(inputs),
          wrong: check.wrong,
          margin: check.margin,
          ...(firstWrong === undefined ? {} : { firstWrong }),
          database: { classes, functionsByGates, bytes, isShipped },
        };
      }),
    },
  });
  const most = Math.max(...results.map(({ functionsByGates }) => functionsByGates.length));
  const counted = Array.from({ length: most }, (_, i) => i === 0 ? "1 gate" : `${i + 1} gates`);
  terminal.table(
    [
      ...["inputs", "functions", "classes", ...counted, "mean gates", "wrong", "margin", "bytes"],
      ...["as shipped", "s"],
    ],
    results.map((
      { inputs, functionsByGates, classes, wrong, margin, bytes, isShipped, seconds },
    ) => [
      ...[inputs, functionsOf(inputs), classes],
      ...counted.map((_, i) => functionsByGates[i] ?? 0),
      Number((functionsByGates.reduce((sum, n, i) => sum + n * (i + 1), 0) / functionsOf(inputs))
        .toFixed(3)),
      ...[wrong, margin, bytes, isShipped, Number(seconds.toFixed(2))],
    ]),
  );
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  for (const { inputs, wrong, isShipped, firstWrong } of results) {
    if (wrong > 0) {
      terminal.failure(
        `${wrong} functions of ${inputs} inputs have a wrong network, first ` +
          `${firstWrong?.inputs}: ${firstWrong?.actual}`,
      );
    }
    if (!isShipped) terminal.failure(`the shipped database of ${inputs} inputs is another one`);
  }
  return results.every(({ wrong, isShipped }) => wrong === 0 && isShipped)
    ? EXIT.ok
    : EXIT.checkFailed;
}

function sizesOf(list: string): number[] {
  const sizes = [...new Set(list.split(",").map(Number))];
  if (sizes.every((size) => Number.isInteger(size) && size >= 1 && size <= MOST_INPUTS)) {
    return sizes.sort((a, b) => a - b);
  }
  throw new UsageError(
    `--inputs cannot be "${list}"`,
    `give numbers from 1 to ${MOST_INPUTS} with commas between, such as 2,3,4`,
  );
}

function functionsOf(inputs: number): number {
  return 2 ** (2 ** inputs);
}

/** What the verifier says of the networks of all functions, and how many gates they have. */
export interface Checked {
  /** Functions whose network is wrong, or has not the margin of the database. */
  readonly wrong: number;
  /** Least |z| of all gates of all networks in all rows. */
  readonly margin: number;
  /** Functions that need one gate, two, and so on. */
  readonly functionsByGates: readonly number[];
  /** The first of the wrong ones; its row is its mask. */
  readonly firstWrong?: {
    readonly row: number;
    readonly inputs: string;
    readonly expected: string;
    readonly actual: string;
  };
}

/** Has the verifier look at the network of every function that a database knows. */
export function checkDatabase(
  computed: SynthesisDatabase,
  onProgress: (done: number) => void = () => {},
): Checked {
  const { inputs, margin: least } = computed;
  const functionsByGates: number[] = [];
  let [wrong, margin] = [0, Infinity];
  let firstWrong: Checked["firstWrong"];
  for (let mask = 0; mask < functionsOf(inputs); mask++) {
    const table = tableOf(mask, inputs);
    const network = lookUp(computed, mask);
    const verdict = verifyNetwork(network, table);
    // A decision for 0 is below 0 always, and sums are multiples of 0.5.
    const good = verdict.exact && verdict.margin >= least && verdict.falseMargin >= 0.5;
    margin = Math.min(margin, verdict.margin);
    const gates = network.gates.length;
    while (functionsByGates.length < gates) functionsByGates.push(0);
    functionsByGates[gates - 1]!++;
    if (mask % 1024 === 0) onProgress(mask);
    if (good) continue;
    wrong++;
    firstWrong ??= {
      row: mask,
      inputs: `function ${table}`,
      expected: `exact with a margin of ${least}`,
      actual: verdict.exact ? `margin ${verdict.margin}` : `row ${verdict.firstWrongRow} is wrong`,
    };
  }
  return { wrong, margin, functionsByGates, ...(firstWrong === undefined ? {} : { firstWrong }) };
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
