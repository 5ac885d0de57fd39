/**
 * `deno task circuit:verify`: evaluates the gates of a circuit in every input case and compares
 * them with integer arithmetic. Exits with 1 if one case is wrong.
 *
 * @module
 */
import { readArtifact, writeArtifact } from "../lib/artifacts/mod.ts";
import { builtinCircuit, caseCount, verifyCircuit } from "../lib/circuits/mod.ts";
import {
  EXIT,
  inFile,
  parseOptions,
  runTask,
  startProgress,
  Terminal,
  type Usage,
} from "../lib/cli/mod.ts";

/** What the task takes. */
export const USAGE = {
  name: "circuit:verify",
  summary: "Verify a circuit in every input case against integer arithmetic.",
  arguments: { circuit: { help: "circuit.json; out/circuit.json unless given" } },
  options: {
    out: {
      type: "file",
      default: "out/circuit_verification.json",
      help: "Where the artifact goes.",
    },
  },
  examples: ["deno task circuit:verify out/circuit.json"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const path = options.circuit ?? "out/circuit.json";
  const input = await readArtifact(path, "circuit");
  const cases = inFile(path, () => caseCount(input.data.inputs));
  const progress = startProgress("verifying", cases, options.quiet);

  const verdict = inFile(path, () => {
    const builtin = builtinCircuit(input.data.name);
    return verifyCircuit(input.data, builtin, progress.update);
  });
  progress.end();

  const text = await writeArtifact(options.out, "verification", {
    task: USAGE.name,
    options: {},
    inputs: [{ role: "circuit", path, sha256: input.sha256 }],
    data: {
      subject: "circuit",
      method: "exhaustive",
      exact: verdict.exact,
      checks: verdict.outputs,
    },
  });
  terminal.table(
    ["output", "cases", "wrong"],
    verdict.outputs.map(({ name, rows, wrong }) => [name, rows, wrong]),
  );
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  for (const { name, wrong, rows, firstWrong } of verdict.outputs) {
    if (firstWrong === undefined) continue;
    terminal.failure(
      `output ${name} is wrong in ${wrong} of ${rows} cases, first case ${firstWrong.row} ` +
        `(${firstWrong.inputs}): ${firstWrong.actual}, expected ${firstWrong.expected}`,
    );
  }
  return verdict.exact ? EXIT.ok : EXIT.checkFailed;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
