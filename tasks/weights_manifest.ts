/**
 * `deno task weights:manifest`: writes the kind-tagged manifest of a build: what lies where in HBM
 * and is weight, key/value store or activation.
 *
 * @module
 */
import { join } from "@std/path";
import { readArtifact, writeArtifact } from "../lib/artifacts/mod.ts";
import { boardCapacityBytes } from "../lib/boards/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import { footprintByKind, formatWeightManifest, manifestFromRegions } from "../lib/memory/mod.ts";
import { loadBoard } from "./_inputs.ts";

/** What the task takes. */
export const USAGE = {
  name: "weights:manifest",
  summary: "Write the manifest of a build: regions of HBM by kind.",
  arguments: { build: { help: "build folder of isa:emit; out/build unless given" } },
  options: {
    board: { help: "Board whose memory capacity goes into the manifest." },
    out: {
      type: "file",
      default: "out/manifest.json",
      help: "Where the artifact goes; the public form goes beside it.",
    },
  },
  examples: ["deno task weights:manifest out/build --board nexys_video"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const path = join(options.build ?? "out/build", "program.json");
  const program = await readArtifact(path, "program");
  const board = options.board === undefined ? undefined : await loadBoard(options.board);
  const capacity = board === undefined ? null : boardCapacityBytes(board.board);

  const { regions } = program.data;
  const manifest = manifestFromRegions(
    regions,
    { ddrCapacityBytes: capacity },
  );

  const footprint = footprintByKind(manifest);
  const publicPath = options.out.replace(/\.json$/, "") + ".plena.json";
  const text = await writeArtifact(options.out, "manifest", {
    task: USAGE.name,
    options: { board: board?.board.name ?? null },
    inputs: [
      { role: "program", path, sha256: program.sha256 },
      ...(board === undefined ? [] : [board.source]),
    ],
    blobs: [{ role: "plena", path: publicPath, content: formatWeightManifest(manifest) }],
    data: {
      manifest,
      names: regions.map(({ name }) => name),
      footprint: {
        ...footprint,
        total: footprint.weight + footprint.kv + footprint.activation,
      },
    },
  });
  terminal.table(
    ["region", "kind", "layer", "offset", "bytes"],
    regions.map(({ name, kind, layerId, offset, sizeBytes }) => [
      name,
      kind,
      layerId,
      offset,
      sizeBytes,
    ]),
  );
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
