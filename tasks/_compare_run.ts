/**
 * `compare` for models: the result of a run beside the staged reference and the float model that
 * its build expects.
 *
 * @module
 */
import { type LoadedArtifact, writeArtifact } from "../lib/artifacts/mod.ts";
import { EXIT, InputError, type Terminal } from "../lib/cli/mod.ts";
import { checkBound, complaint, distancesOf, printDistances, STAGED_BOUNDS } from "./_distances.ts";
import { expectedOutputs, logitColumns } from "./_model_output.ts";

/** A run of a model's build, and how it is to be judged. */
export interface ModelRun {
  readonly run: LoadedArtifact<"run">;
  readonly build: LoadedArtifact<"model">;
  /** Largest relative RMS to the staged reference; by the format of the weights unless given. */
  readonly bound: number | undefined;
  /** Where the artifact goes. */
  readonly out: string;
}

/** Compares, writes the artifact, and returns the exit code: 1 if the run is out of its bound. */
export async function compareModelRun(
  { run, build, bound: given, out }: ModelRun,
  terminal: Terminal,
): Promise<number> {
  checkBound(given);
  const { name, origin: { style }, weights, batch, tokens, output } = build.data;
  const bound = given ?? STAGED_BOUNDS[weights];
  const expected = await expectedOutputs(build);
  const bytes = await run.blob("output");
  if (bytes.length !== expected.staged.byteLength) {
    throw new InputError(
      `the run left ${bytes.length / 4} elements, the build has ${expected.staged.length}`,
      "run it again with: deno task emulate",
      { file: run.path, path: "blobs" },
    );
  }
  const values = new Float32Array(bytes.buffer);
  const distances = distancesOf(values, expected, logitColumns(output), bound);
  const wrong = complaint(distances.machineToStaged, bound);
  const text = await writeArtifact(out, "model_comparison", {
    task: "compare",
    options: {},
    inputs: [
      { role: "run", path: run.path, sha256: run.sha256 },
      { role: "program", path: build.path, sha256: build.sha256 },
    ],
    data: {
      model: name,
      weights,
      style,
      batch,
      tokens,
      decodeSteps: 0,
      output: output.kind,
      bound,
      within: wrong === undefined,
      stages: [],
      firstBadStage: null,
      ...distances,
    },
  });
  printDistances(terminal, distances);
  if (wrong === undefined) terminal.line(`the run is within ${bound} of the staged reference`);
  terminal.line(`wrote ${out}`);
  terminal.artifact(text);
  if (wrong === undefined) return EXIT.ok;
  terminal.failure(`${wrong}; for the stage: deno task model:compare ${build.path}`);
  return EXIT.checkFailed;
}
