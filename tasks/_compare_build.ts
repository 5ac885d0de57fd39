/**
 * `model:compare` for builds: runs what lies on disk beside what it should be, and stage by stage
 * beside what its model is compiled to now.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import { type LoadedArtifact, OWN_FILE } from "../lib/artifacts/mod.ts";
import { InputError, isUserError } from "../lib/cli/mod.ts";
import { type DecoderProgram, newCaches } from "../lib/compiler/mod.ts";
import { SparseMemory } from "../lib/memory/mod.ts";
import { distancesOf, STAGED_BOUNDS } from "./_distances.ts";
import { expectedOutputs, logitColumns, readOutput } from "./_model_output.ts";
import {
  chooseDecoder,
  type CompiledModel,
  compileModel,
  decoderMachine,
  runToEnd,
} from "./_model_run.ts";
import { BUILD_FILE, isModelBuild, type LoadedProgram, loadProgram } from "./_program.ts";
import { type Compared, stagesOf } from "./_stage_distances.ts";

/** The path of the build's artifact, if this is a build. */
export async function findBuild(path: string): Promise<string | undefined> {
  const isFile = (file: string): Promise<boolean> =>
    Deno.stat(file).then(({ isFile }) => isFile, () => false);
  const inside = join(path, BUILD_FILE);
  if (await isFile(inside)) return inside;
  if (!path.endsWith(".json") || !await isFile(path)) return undefined;
  const text = await Deno.readTextFile(path);
  return /"fourbit"\s*:/.test(text) ? path : undefined;
}

/** Runs a build as it lies on disk, beside the outputs that it expects. */
export async function compareBuild(
  path: string,
  { bound: given, quiet }: { readonly bound: number | undefined; readonly quiet: boolean },
): Promise<Compared> {
  const program = await loadProgram(path, "fixed");
  const { build, settings, words, images } = program;
  if (!isModelBuild(build) || settings === undefined) {
    throw new InputError(
      "this is the build of a circuit",
      "run it with deno task emulate, and then: deno task compare",
      { file: path },
    );
  }
  const { name, origin, weights, batch, tokens, machine: { rules, mlen }, output, instructions } =
    build.data;
  const expected = await expectedOutputs(build);
  const { hbm: image, fpSram, intSram } = images;
  if (image === undefined || fpSram === undefined || intSram === undefined) {
    throw new InputError(
      "the build lacks the image of a memory: hbm, fp_sram or int_sram",
      "emit it again with: deno task isa:emit",
      { file: path, path: "blobs" },
    );
  }
  const hbm = new SparseMemory(settings.config.hbmSizeBytes);
  hbm.write(0, image);
  const machine = decoderMachine(settings, rules, hbm, { words, fpSram, intSram });
  const again = await compiledAgain(build, program);
  const stages = typeof again === "string" ? [] : stagesOf(
    again.model,
    again.program,
    tokens,
    machine,
    newCaches(again.model.compiled.plan),
  );
  runToEnd(machine, instructions.executed, quiet, path);
  const values = readOutput(machine, output, mlen);
  const bound = given ?? STAGED_BOUNDS[weights];
  return {
    data: {
      model: name,
      weights,
      style: origin.style,
      batch,
      tokens,
      decodeSteps: 0,
      output: output.kind,
      bound,
      stages,
      ...distancesOf(values, expected, logitColumns(output), bound),
    },
    inputs: [program.source],
    ...(typeof again === "string" ? { note: `stages were not looked at: ${again}` } : {}),
  };
}

/** What a build was made of, compiled once more for its stages; or why that cannot be. */
async function compiledAgain(
  build: LoadedArtifact<"model">,
  { words, settings }: LoadedProgram,
): Promise<{ model: CompiledModel; program: DecoderProgram } | string> {
  const { artifact: { inputs }, data: { origin, batch, tokens, machine, output } } = build;
  const config = inputs.find(({ role }) => role === "config")?.path ?? "";
  const file = config.startsWith(OWN_FILE)
    ? basename(config, ".json")
    : join(dirname(build.path), config);
  const { randomWeights, slice, style, longLoops } = origin;
  const folder = randomWeights === null ? dirname(file) : file;
  const choice = { randomWeights: randomWeights ?? undefined, slice: slice ?? undefined };
  let decoder;
  try {
    decoder = await chooseDecoder(folder, choice);
  } catch (error) {
    if (!isUserError(error)) throw error;
    return `${folder}: ${error.message}`;
  }
  const recorded = inputs.filter(({ role }) => role === "config" || role === "weights");
  if (!recorded.every(({ sha256 }) => decoder.sources.some((now) => now.sha256 === sha256))) {
    return `${folder} is not what it was when the build was made`;
  }
  const model = compileModel({ ...decoder, tokens, batch }, settings!, {
    ...choice,
    prompt: undefined,
    tokensFile: undefined,
    sequence: undefined,
    seed: 0,
    style,
    longLoops,
    matrix: machine.matrix,
    machine: machine.rules,
    output: output.kind,
    // As the build's own settings say.
    weights: undefined,
    kv: undefined,
    activations: undefined,
    mlen: undefined,
    blen: undefined,
  });
  const program = model.compiled.prefill(tokens.length / batch, { longLoops });
  const isSame = program.words.length === words.length &&
    program.words.every((word, i) => word === words[i]);
  return isSame ? { model, program } : "its program is not what the compiler now makes";
}
