/**
 * `deno task circuit:export`: writes a circuit in the formats of other tools.
 *
 * @module
 */
import { join } from "@std/path";
import { atomicWrite, sha256 } from "../lib/artifacts/mod.ts";
import {
  type BitFunction,
  type Circuit,
  exportAiger,
  exportBlif,
  exportDot,
  exportSvg,
  exportTestBench,
  exportTrix,
  exportVerilog,
} from "../lib/circuits/mod.ts";
import { EXIT, inFile, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import { definitionFor, loadFp4Circuit } from "./_circuits.ts";

/** The formats of one file: its ending, and how it is written. */
const FILE_FORMATS = {
  verilog: { ending: ".v", write: (circuit) => exportVerilog(circuit) },
  "verilog-behavioural": {
    ending: ".v",
    write: (circuit) => exportVerilog(circuit, "behavioural"),
  },
  "test-bench": {
    ending: "_tb.v",
    write: (circuit, specification) => exportTestBench(circuit, { specification }),
  },
  blif: { ending: ".blif", write: (circuit) => exportBlif(circuit) },
  aiger: { ending: ".aag", write: (circuit) => exportAiger(circuit, "ascii") },
  "aiger-binary": { ending: ".aig", write: (circuit) => exportAiger(circuit, "binary") },
  dot: { ending: ".dot", write: (circuit) => exportDot(circuit) },
  svg: { ending: ".svg", write: (circuit) => exportSvg(circuit) },
} as const satisfies Record<string, {
  readonly ending: string;
  readonly write: (circuit: Circuit, specification: BitFunction) => string | Uint8Array;
}>;

const FORMATS = Object.keys(FILE_FORMATS) as (keyof typeof FILE_FORMATS)[];

/** What the task takes. */
export const USAGE = {
  name: "circuit:export",
  summary: "Write a circuit as Verilog, BLIF, AIGER, a drawing or TriX files.",
  details:
    "verilog has a module per kind of gate, verilog-behavioural compares sums; test-bench is a\n" +
    "module that tries either one in a simulator, by what the circuit was compiled from. trix is a\n" +
    "folder, for circuits of atoms: its JSON, the weights of every atom and a manifest.",
  arguments: { circuit: { help: "circuit.json; out/circuit.json unless given" } },
  options: {
    format: { choices: [...FORMATS, "trix"], required: true, help: "What to write." },
    weights: {
      choices: ["trix", "own"],
      default: "trix",
      help: "For trix: the public library's weights for the standard atoms, or the circuit's own.",
    },
    out: {
      help: "The file, or the folder for trix; the circuit's name in out/ unless given.",
    },
  },
  examples: [
    "deno task circuit:export out/circuit.json --format verilog",
    "deno task circuit:export out/circuit.json --format aiger-binary --out out/adder8.aig",
    "deno task circuit:export out/circuit.json --format svg --out out/adder8.svg",
    "deno task circuit:export out/circuit.json --format trix --out out/adder8_trix",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const path = options.circuit ?? "out/circuit.json";
  const input = await loadFp4Circuit(path, "the formats of other tools know gates only");
  const { circuit } = input;

  const files: { path: string; content: string | Uint8Array }[] = [];
  const stem = join("out", circuit.name.replace(/[^\w.-]+/g, "_"));
  if (options.format === "trix") {
    const folder = options.out ?? `${stem}_trix`;
    const written = await exportTrix(circuit, { weights: options.weights })
      .catch((error) =>
        inFile(path, () => {
          throw error;
        })
      );
    for (const [name, content] of Object.entries(written)) {
      files.push({ path: join(folder, name), content });
    }
  } else {
    const { ending, write } = FILE_FORMATS[options.format];
    // Only a bench says what the circuit must compute: the others need not find that out.
    const specification: BitFunction = options.format === "test-bench"
      ? (await definitionFor(input, undefined)).specification
      : () => [];
    const content = inFile(path, () => write(circuit, specification));
    files.push({ path: options.out ?? stem + ending, content });
  }

  const written = [];
  for (const { path, content } of files) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await atomicWrite(path, bytes);
    written.push({ path, bytes: bytes.length, sha256: await sha256(bytes) });
  }
  terminal.table(["file", "bytes"], written.map(({ path, bytes }) => [path, bytes]));
  terminal.artifact(JSON.stringify({ format: options.format, files: written }, null, 2));
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
