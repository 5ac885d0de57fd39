/**
 * `deno task demo`: the whole chain on a small real case. Atoms are trained and verified, composed
 * to an adder that is verified in every input case, compiled to accelerator instructions, emulated
 * on boards, and compared with integer arithmetic. Every step is the task of its name.
 *
 * @module
 */
import { join } from "@std/path";
import { readArtifact } from "../lib/artifacts/mod.ts";
import { formatValue } from "../lib/cli/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import * as artifactsSchema from "./artifacts_schema.ts";
import * as atomsTrain from "./atoms_train.ts";
import * as atomsVerify from "./atoms_verify.ts";
import * as boardInject from "./board_inject.ts";
import * as circuitCompile from "./circuit_compile.ts";
import * as circuitVerify from "./circuit_verify.ts";
import * as compare from "./compare.ts";
import * as emulate from "./emulate.ts";
import * as isaEmit from "./isa_emit.ts";
import * as weightsManifest from "./weights_manifest.ts";

/** What the task takes. */
export const USAGE = {
  name: "demo",
  summary: "Run the whole chain on an adder of FP4 atoms, from training to emulated boards.",
  options: {
    circuit: { default: "adder:8", help: "Which circuit." },
    boards: { default: "nexys_video,v80", help: "Boards, with commas between." },
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

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const boards = options.boards.split(",").map((name) => name.trim());
  const out = (...names: string[]): string => join(options.out, ...names);
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
    ...boards.flatMap((board): Step[] => [
      { task: boardInject, args: [board, "--out", out(board, "settings.json")] },
      {
        task: emulate,
        args: [
          "--program",
          out("build", "program.json"),
          "--settings",
          out(board, "settings.json"),
          "--out",
          out(board, "run.json"),
        ],
      },
      {
        task: compare,
        args: [out(board, "run.json"), "--out", out(board, "comparison.json")],
      },
    ]),
  ];
  const quiet = options.quiet || options.json ? ["--quiet"] : [];
  for (const [index, { task, args }] of steps.entries()) {
    terminal.line(
      `\n[${index + 1}/${steps.length}] deno task ${task.USAGE.name} ${args.join(" ")}`,
    );
    const code = await task.main([...args, ...quiet]);
    if (code !== EXIT.ok) return code;
  }
  const summary = await summarise(options.out, boards);
  terminal.line(`\nSummary of ${options.circuit}`);
  terminal.table(
    ["", "result"],
    Object.entries(summary).map(([name, value]) => [name, formatValue(value)]),
  );
  terminal.artifact(JSON.stringify(summary, null, 2));
  return EXIT.ok;
}

/** What the artifacts of the steps say, in one table. */
async function summarise(
  folder: string,
  boards: readonly string[],
): Promise<Record<string, string | number | boolean>> {
  const atoms = await readArtifact(join(folder, "atoms_verification.json"), "verification");
  const circuit = await readArtifact(join(folder, "circuit_verification.json"), "verification");
  const program = await readArtifact(join(folder, "build", "program.json"), "program");
  const exact = atoms.data.checks.filter(({ wrong }) => wrong === 0).length;
  const cases = formatValue(circuit.data.checks[0]!.rows);
  const summary: Record<string, string | number | boolean> = {
    "atoms exact": `${exact} of ${atoms.data.checks.length}`,
    "circuit verified": circuit.data.exact ? `all ${cases} cases` : "no",
    "instructions in the program": program.data.instructions.static,
    "instructions executed": program.data.instructions.executed,
  };
  for (const board of boards) {
    const run = await readArtifact(join(folder, board, "run.json"), "run");
    const { latencyNs, hbm, memoryModel } = run.data;
    summary[`latency on ${board}, ns`] = latencyNs;
    summary[`bytes read, written on ${board}`] = `${formatValue(hbm.bytesRead)}, ${
      formatValue(hbm.bytesWritten)
    }`;
    summary[`memory model on ${board}`] = memoryModel;
  }
  for (const board of boards) {
    const { data } = await readArtifact(join(folder, board, "comparison.json"), "comparison");
    summary[`outputs equal on ${board}`] = data.equal
      ? `all ${formatValue(data.cases)} cases`
      : "no";
  }
  return summary;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
