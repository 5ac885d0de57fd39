/**
 * `deno task artifacts:schema`: writes the JSON Schema of every kind of artifact, so that editors
 * complete and check them.
 *
 * @module
 */
import { join } from "@std/path";
import {
  type ArtifactKind,
  atomicWrite,
  jsonSchema,
  MADE_BY,
  prettyJson,
  schemaPath,
} from "../lib/artifacts/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";

/** What the task takes. */
export const USAGE = {
  name: "artifacts:schema",
  summary: "Write the JSON Schema of every kind of artifact.",
  options: {
    out: {
      type: "folder",
      default: "out",
      help: "The folder of the artifacts; the schemas go into its folder schemas.",
    },
  },
  examples: ["deno task artifacts:schema --out out"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const kinds = Object.keys(MADE_BY) as ArtifactKind[];
  const schemas = kinds.map((kind) => ({ kind, schema: jsonSchema(kind) }));
  for (const { kind, schema } of schemas) {
    await atomicWrite(join(options.out, schemaPath(kind)), prettyJson(schema));
  }
  terminal.table(
    ["kind", "made by", "schema"],
    kinds.map((kind) => [kind, MADE_BY[kind], join(options.out, schemaPath(kind))]),
  );
  terminal.artifact(prettyJson(Object.fromEntries(
    schemas.map(({ kind, schema }) => [kind, schema]),
  )));
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
