/**
 * `deno task demo`: the whole chain on a small real case. Atoms are trained and verified, composed
 * to an adder that is verified in every input case, compiled to accelerator instructions, emulated
 * on boards, and compared with integer arithmetic. Then a recorded decoder program runs on the same
 * boards, and on one with less and less memory. Every step is the task of its name.
 *
 * @module
 */
import { join } from "@std/path";
import { readArtifact } from "../lib/artifacts/mod.ts";
import { allWires, builtinCircuit, MAX_INPUT_WIRES } from "../lib/circuits/mod.ts";
import {
  EXIT,
  formatValue,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import * as artifactsSchema from "./artifacts_schema.ts";
import * as atomsTrain from "./atoms_train.ts";
import * as atomsVerify from "./atoms_verify.ts";
import * as boardInject from "./board_inject.ts";
import * as circuitCompile from "./circuit_compile.ts";
import * as circuitVerify from "./circuit_verify.ts";
import * as compare from "./compare.ts";
import * as emulate from "./emulate.ts";
import * as isaEmit from "./isa_emit.ts";
import { boardNames, loadBoard } from "./_inputs.ts";
import * as weightsManifest from "./weights_manifest.ts";

/** What the task takes. */
export const USAGE = {
  name: "demo",
  summary: "Run the whole chain on an adder of FP4 atoms, from training to emulated boards.",
  options: {
    circuit: {
      default: "adder:8",
      help: `Which built-in circuit, of at most ${MAX_INPUT_WIRES} input wires.`,
    },
    boards: { default: "all", help: "Boards, with commas between, or all." },
    out: { type: "folder", default: "out", help: "Where all artifacts go." },
  },
  examples: [
    "deno task demo",
    "deno task demo --circuit adder:4 --boards custom_a7 --out out/small",
  ],
} as const satisfies Usage;

interface Step {
  readonly task: { main(args: readonly string[]): Promise<number>; readonly USAGE: Usage };
  readonly args: readonly string[];
}

/** A recorded program of the public compiler: a decoder of two layers, 32 tokens. */
const DECODER = "fixtures/goldens/t03_tiny16_2layer";
/** Memories that do not hold all of it, or not even its weights. */
const SMALL_MEMORIES = ["30K", "16K"];

/** The adder on a board. */
interface Run {
  readonly board: string;
  readonly weights: "mxfp8" | "mxfp4";
  /** Folder of its artifacts. */
  readonly folder: string;
  /** Build folder of its program. */
  readonly build: string;
}

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const names = options.boards === "all"
    ? boardNames()
    : options.boards.split(",").map((name) => name.trim());
  const boards = await Promise.all(names.map(async (name) => {
    const { board } = await loadBoard(name);
    return { name, folder: board.name };
  }));
  const wires = allWires(builtinCircuit(options.circuit).netlist.inputs).length;
  if (wires > MAX_INPUT_WIRES) {
    throw new UsageError(
      `${options.circuit} has ${wires} input wires, too many to run all cases`,
      `choose a circuit of at most ${MAX_INPUT_WIRES}`,
    );
  }
  const out = (...names: string[]): string => join(options.out, ...names);
  const runs: Run[] = boards.map(({ name, folder }) => ({
    board: name,
    weights: "mxfp8",
    folder: out(folder),
    build: out("build"),
  }));
  const last = boards.at(-1)!;
  const fp4: Run = {
    board: last.name,
    weights: "mxfp4",
    folder: out(`${last.folder}_mxfp4`),
    build: out("build_mxfp4"),
  };
  const steps: Step[] = [
    { task: artifactsSchema, args: ["--out", options.out] },
    { task: atomsTrain, args: ["--out", out("atoms.json")] },
    { task: atomsVerify, args: [out("atoms.json"), "--out", out("atoms_verification.json")] },
    {
      task: circuitCompile,
      args: [options.circuit, "--atoms", out("atoms.json"), "--out", out("circuit.json")],
    },
    { task: circuitVerify, args: [out("circuit.json"), "--out", out("circuit_verification.json")] },
    { task: isaEmit, args: [out("circuit.json"), "--out", out("build")] },
    { task: weightsManifest, args: [out("build"), "--out", out("manifest.json")] },
    ...runs.flatMap((run) => [injectStep(run), ...runSteps(run)]),
    injectStep(fp4),
    {
      task: isaEmit,
      args: [
        out("circuit.json"),
        ...["--settings", join(fp4.folder, "settings.json"), "--out", fp4.build],
      ],
    },
    ...runSteps(fp4),
  ];
  const decoder = decoderRuns(boards, out("decoder"));
  steps.push(...decoder.flatMap(decoderSteps));
  const quiet = options.quiet || options.json ? ["--quiet"] : [];
  for (const [index, { task, args }] of steps.entries()) {
    terminal.line(
      `\n[${index + 1}/${steps.length}] deno task ${task.USAGE.name} ${args.join(" ")}`,
    );
    const code = await task.main([...args, ...quiet]);
    if (code !== EXIT.ok) return code;
  }
  await printSummary(terminal, options.circuit, options.out, [...runs, fp4], decoder);
  return EXIT.ok;
}

function injectStep({ board, weights, folder }: Run): Step {
  const type = weights === "mxfp8" ? [] : ["--weights", weights];
  return { task: boardInject, args: [board, ...type, "--out", join(folder, "settings.json")] };
}

function runSteps({ weights, folder, build }: Run): Step[] {
  // Only the repaired machine reads elements of fewer than 8 bits.
  const machine = weights === "mxfp8" ? [] : ["--machine", "extended"];
  const run = join(folder, "run.json");
  return [
    {
      task: emulate,
      args: [
        ...["--program", join(build, "program.json"), "--settings", join(folder, "settings.json")],
        ...machine,
        ...["--memory-model", "auto", "--out", run],
      ],
    },
    { task: compare, args: [run, "--out", join(folder, "comparison.json")] },
  ];
}

/** The decoder on a board. */
interface DecoderRun {
  readonly board: string;
  /** What the board is taken to have; its own memory when undefined. */
  readonly capacity: string | undefined;
  /** Folder of its artifacts. */
  readonly folder: string;
}

/** The decoder on every board, then on the first with less memory. */
function decoderRuns(
  boards: readonly { readonly name: string; readonly folder: string }[],
  out: string,
): DecoderRun[] {
  const own = boards.map(({ name, folder }) => ({
    board: name,
    capacity: undefined,
    folder: join(out, folder),
  }));
  const first = boards[0]!;
  return [
    ...own,
    ...SMALL_MEMORIES.map((capacity) => ({
      board: first.name,
      capacity,
      folder: join(out, `${first.folder}_${capacity}`),
    })),
  ];
}

function decoderSteps({ board, capacity, folder }: DecoderRun): Step[] {
  const settings = join(folder, "settings.json");
  const manifest = join(folder, "manifest.json");
  const memory = ["--memory-model", "auto"];
  return [
    {
      task: boardInject,
      args: [board, "--settings", join(DECODER, "settings.toml"), "--out", settings],
    },
    {
      task: weightsManifest,
      args: [
        DECODER,
        ...(capacity === undefined ? ["--board", board] : ["--ddr-capacity", capacity]),
        ...["--out", manifest],
      ],
    },
    {
      task: emulate,
      args: [
        ...["--program", join(DECODER, "machine_code.mem"), "--hbm", join(DECODER, "hbm_in.bin")],
        ...["--fp-sram", join(DECODER, "fpsram_in.bin"), "--settings", settings],
        ...["--manifest", manifest, ...memory, "--out", join(folder, "run.json")],
      ],
    },
  ];
}

/** What the artifacts of the steps say, in three tables. */
async function printSummary(
  terminal: Terminal,
  name: string,
  folder: string,
  runs: readonly Run[],
  decoder: readonly DecoderRun[],
): Promise<void> {
  const atoms = await readArtifact(join(folder, "atoms_verification.json"), "verification");
  const circuit = await readArtifact(join(folder, "circuit_verification.json"), "verification");
  const program = await readArtifact(join(folder, "build", "program.json"), "program");
  const exact = atoms.data.checks.filter(({ wrong }) => wrong === 0).length;
  const { static: inProgram, executed } = program.data.instructions;
  const facts = {
    atoms: atoms.data.checks.length,
    atomsExact: exact,
    cases: circuit.data.checks[0]!.rows,
    circuitExact: circuit.data.exact,
    instructions: inProgram,
    executed,
  };
  const results = await Promise.all(runs.map(async ({ board, weights, folder, build }) => {
    const { data: run } = await readArtifact(join(folder, "run.json"), "run");
    const { data: comparison } = await readArtifact(join(folder, "comparison.json"), "comparison");
    const { data: built } = await readArtifact(join(build, "program.json"), "program");
    const weightBytes = built.regions.reduce(
      (sum, { kind, sizeBytes }) => sum + (kind === "weight" ? sizeBytes : 0),
      0,
    );
    return {
      board,
      weights,
      weightBytes,
      memoryModel: run.memoryModel,
      latencyNs: run.latencyNs,
      bytesRead: run.hbm.bytesRead,
      bytesWritten: run.hbm.bytesWritten,
      outputsEqual: comparison.equal,
    };
  }));
  terminal.line(`\nSummary of ${name}`);
  terminal.table(["", "result"], [
    ["atoms exact", `${exact} of ${facts.atoms}`],
    ["circuit verified", facts.circuitExact ? `all ${formatValue(facts.cases)} cases` : "no"],
    ["instructions", `${formatValue(inProgram)}, executed ${formatValue(executed)}`],
  ]);
  terminal.table(
    [
      ...["board", "weights", "weight bytes", "memory model", "latency, ns", "bytes read"],
      ...["bytes written", "outputs equal"],
    ],
    results.map(({ outputsEqual, ...result }) => [
      ...Object.values(result),
      outputsEqual ? `all ${formatValue(facts.cases)}` : "no",
    ]),
  );
  const [first, fp4] = [results[0]!, results.at(-1)!];
  const ratio = (first.weightBytes / fp4.weightBytes).toFixed(2);
  terminal.line(
    `4-bit weights take ${ratio} times less HBM than 8-bit ones, scales included. Fewer bytes move ` +
      "only where rows are long:\nthe machine reads a row in whole blocks of 64 bytes.",
  );
  const decoderResults = await Promise.all(decoder.map(async ({ board, folder }) => {
    const { data: run } = await readArtifact(join(folder, "run.json"), "run");
    return {
      board,
      regime: run.memoryModel,
      because: run.regime?.reason ?? "",
      latencyNs: run.latencyNs,
      bytesRead: run.hbm.bytesRead,
    };
  }));
  terminal.line("\nA recorded decoder of two layers on the same boards, and on less memory");
  terminal.table(
    ["board", "regime", "because", "latency, ns", "bytes read"],
    decoderResults.map((result) => Object.values(result)),
  );
  terminal.artifact(JSON.stringify({ ...facts, runs: results, decoder: decoderResults }, null, 2));
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
