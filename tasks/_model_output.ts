/**
 * The result of a model's program: where it lies, and what it should be.
 *
 * @module
 */
import { type ArtifactData, decodeSafetensors, type LoadedArtifact } from "../lib/artifacts/mod.ts";
import { InputError } from "../lib/cli/mod.ts";
import type { CompiledDecoder, DecoderProgram } from "../lib/compiler/mod.ts";
import type { Expected } from "./_distances.ts";

/** Where a result lies, and how many columns of it are the model's. */
export type OutputPlace = ArtifactData<"model">["output"];

/** Where a program leaves its result. */
export function outputPlace({ plan }: CompiledDecoder, program: DecoderProgram): OutputPlace {
  const { address, rows, blocks, rowPitch, blockPitch } = program.tensors.get(program.output)!;
  const { output, config } = plan;
  const columns = output === "logits" ? config.vocabulary : config.hidden;
  return { kind: output, address, rows, columns, blocks, rowPitch, blockPitch };
}

/** Reads a result where it lies: (rows, columns). */
export function readOutput(
  machine: { readRow(row: number): Float32Array },
  place: OutputPlace,
  mlen: number,
): Float32Array {
  const { address, rows, columns, blocks, rowPitch, blockPitch } = place;
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const lanes = machine.readRow((address + row * rowPitch + block * blockPitch) / mlen);
      const own = Math.min(mlen, columns - block * mlen);
      values.set(lanes.subarray(0, own), row * columns + block * mlen);
    }
  }
  return values;
}

/** Columns of a row of logits, of which the top one counts; undefined for states. */
export function logitColumns({ kind, columns }: OutputPlace): number | undefined {
  return kind === "logits" ? columns : undefined;
}

/**
 * The outputs that a build expects.
 *
 * @throws {InputError} When it expects none, or others than its result has.
 */
export async function expectedOutputs(build: LoadedArtifact<"model">): Promise<Expected> {
  const { comparison, output } = build.data;
  if (comparison === null) {
    throw new InputError(
      "the build does not say what to expect",
      "emit it again without --check none: deno task isa:emit",
      { file: build.path, path: "data.comparison" },
    );
  }
  const tensors = decodeSafetensors(await build.blob("golden"));
  const read = (name: string): Float32Array => {
    const bytes = tensors[name]?.bytes.slice();
    if (bytes?.length === 4 * output.rows * output.columns) return new Float32Array(bytes.buffer);
    throw new InputError(
      `the expected outputs have no ${name} tensor of ${output.rows} × ${output.columns} elements`,
      "emit the build again with: deno task isa:emit",
      { file: build.path, path: "data.output" },
    );
  };
  return { staged: read("staged"), float: read("float") };
}
