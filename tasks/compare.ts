/**
 * `deno task compare`: holds the outputs that a run left against the expected ones: of a circuit in
 * all cases, of a model within a bound. Exits with 1 if one differs.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { compareOutputs } from "../lib/analysis/mod.ts";
import {
  type ArtifactData,
  decodeSafetensors,
  type LoadedArtifact,
  readArtifact,
  writeArtifact,
} from "../lib/artifacts/mod.ts";
import { caseCount, describeBuses, describeCase, parseVectors } from "../lib/circuits/mod.ts";
import {
  EXIT,
  inFile,
  InputError,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";

import { compareModelRun } from "./_compare_run.ts";
import { isModelBuild, readBuild } from "./_program.ts";

/** What the task takes. */
export const USAGE = {
  name: "compare",
  summary: "Compare the outputs of a run with the expected ones.",
  details:
    "A circuit's outputs must be equal in all cases. A model's must be within a bound of the\n" +
    "staged reference, which rounds as the machine does; the distance to the float model, which\n" +
    "does not round, has no bound.",
  arguments: { run: { help: "run.json of emulate; out/run.json unless given" } },
  options: {
    program: {
      type: "file",
      help: "The program that was run; the one that run.json names unless given.",
    },
    bound: {
      type: "number",
      help: "Largest relative RMS of a model to its staged reference: 0.002 with bf16 weights, " +
        "otherwise 0.01, unless given.",
    },
    out: { type: "artifact", default: "out/comparison.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task compare out/v80/run.json",
    "deno task compare out/tiny/run.json --out out/tiny/comparison.json",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const path = options.run ?? "out/run.json";
  const run = await readArtifact(path, "run");
  const recorded = run.artifact.inputs.find(({ role }) => role === "program");
  if (recorded === undefined || !recorded.path.endsWith(".json")) {
    throw new InputError(
      "the run does not come from a program.json, so nothing says what to expect",
      "run emulate with --program program.json",
      { file: path, path: "inputs" },
    );
  }
  const programPath = options.program ?? join(dirname(path), recorded.path);
  const program = await readBuild(programPath);
  if (program.sha256 !== recorded.sha256) {
    throw new InputError(
      "this is not the program that was run: found " +
        `${program.sha256}, expected ${recorded.sha256}`,
      "run it again with: deno task emulate",
      { file: programPath },
    );
  }
  if (run.data.fault !== null) {
    throw new InputError(
      `the run ended in a fault: ${run.data.fault.reason}`,
      "mend the program and run it again with: deno task emulate",
      { file: path, path: "data.fault" },
    );
  }
  if (isModelBuild(program)) {
    return await compareModelRun({ ...options, run, build: program }, terminal);
  }
  if (options.bound !== undefined) {
    throw new UsageError("--bound is for models, and this is a circuit", "leave it out");
  }
  const { cases, outputs, regions } = program.data;
  checkOutputs(programPath, program.data);
  const wanted = regions.filter(({ name }) => outputs.wires.some(({ region }) => region === name));
  const left = await Promise.all(wanted.map(async (region) =>
    [region.name, {
      bytes: await run.blob(`region:${region.name}`),
      shape: region.shape,
      type: region.type,
    }] as const
  ));
  const expected = decodeSafetensors(await program.blob("golden")).outputs;
  if (expected?.bytes.length !== cases.count * outputs.wires.length) {
    throw new InputError(
      `the expected outputs are not those of ${cases.count} cases and ${outputs.wires.length} wires`,
      "emit the program again with: deno task isa:emit",
      { file: programPath, path: "data.cases" },
    );
  }

  const describe = await caseDescriber(programPath, program);

  const data = compareOutputs({
    cases: cases.count,
    ports: outputs.ports,
    wires: outputs.wires,
    regions: new Map(left),
    reading: { ocpE4m3: run.data.repairs.includes("ocpE4m3") },
    expected: expected.bytes,
    describeCase: describe,
  });

  const text = await writeArtifact(options.out, "comparison", {
    task: USAGE.name,
    options: {},
    inputs: [
      { role: "run", path, sha256: run.sha256 },
      { role: "program", path: programPath, sha256: program.sha256 },
    ],
    data,
  });
  terminal.table(
    ["output", "wires", "cases", "wrong"],
    data.outputs.map(({ name, bits, wrong }) => [name, bits, data.cases, wrong]),
  );
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  if (data.firstDifference !== null) {
    const { case: index, inputs, expected, actual } = data.firstDifference;
    terminal.failure(
      `${data.wrongCases} of ${data.cases} cases differ, first case ${index} (${inputs}): ` +
        `${actual}, expected ${expected}`,
    );
  }
  return data.equal ? EXIT.ok : EXIT.checkFailed;
}

/** Says what the inputs of a row are: a vector, or the digits of its number. */
async function caseDescriber(
  file: string,
  { data: { cases }, blob }: LoadedArtifact<"program">,
): Promise<(row: number) => string> {
  const { inputs } = cases;
  if (cases.vectors === undefined) {
    const count = inFile(file, () => caseCount(inputs));
    return (row) => describeCase(row % count, inputs);
  }
  const text = new TextDecoder().decode(await blob("vectors"));
  const vectors = parseVectors(text, inputs, join(dirname(file), "vectors.csv"));
  return (row) => describeBuses(inputs, vectors[Math.min(row, vectors.length - 1)]!);
}

/** Checks that every output wire lies in a region, and every case in a row of it. */
function checkOutputs(file: string, { cases, outputs, regions }: ArtifactData<"program">): void {
  const wires = outputs.ports.reduce((sum, { width }) => sum + width, 0);
  const isSound = wires === outputs.wires.length && outputs.wires.every(({ region, column }) => {
    const shape = regions.find(({ name }) => name === region)?.shape;
    return shape !== undefined && column < shape[1] && cases.count === shape[0];
  });
  if (isSound) return;
  throw new InputError(
    "the output wires do not lie in the regions of the program",
    "emit the program again with: deno task isa:emit",
    { file, path: "data.outputs" },
  );
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
