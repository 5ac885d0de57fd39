/**
 * Reading the config of a model: by name, from its folder, or by path.
 *
 * @module
 */
import { basename, fromFileUrl, join } from "@std/path";
import { OWN_FILE, readFile, sha256 } from "../lib/artifacts/mod.ts";
import { InputError, UsageError } from "../lib/cli/mod.ts";
import { didYouMean } from "../lib/text/mod.ts";
import type { Source } from "./_inputs.ts";

const MODELS_FOLDER = new URL("../fixtures/models/", import.meta.url);

/** Names of the configs that come with fourbit, sorted. */
export function modelNames(): string[] {
  return [...Deno.readDirSync(MODELS_FOLDER)]
    .flatMap(({ name }) => (name.endsWith(".json") ? [basename(name, ".json")] : []))
    .sort();
}

/** A Hugging Face config and where it comes from. */
export interface LoadedConfig {
  /** What `config.json` holds. */
  readonly json: unknown;
  /** The file, for messages. */
  readonly file: string;
  /** The file as an artifact names it. */
  readonly source: Source;
}

/**
 * Reads the config of a model.
 *
 * @param model Name of a config that comes with fourbit, a model folder, or the path of a config.
 * @throws {UsageError} When there is no such model.
 */
export async function loadConfig(model: string): Promise<LoadedConfig> {
  const own = modelNames().includes(model);
  const file = own
    ? fromFileUrl(new URL(`${model}.json`, MODELS_FOLDER))
    : await isFolder(model)
    ? join(model, "config.json")
    : model;
  if (!own && !/[\\/]|\.json$/.test(file)) {
    throw new UsageError(
      `unknown model "${model}"`,
      `${didYouMean(model, modelNames())}give a model folder, a config.json, or one of ` +
        modelNames().join(", "),
    );
  }
  const path = own ? `${OWN_FILE}fixtures/models/${model}.json` : file;
  const bytes = await readFile(file, "give a model folder of Hugging Face or its config.json");
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return { json, file: path, source: { role: "config", path, sha256: await sha256(bytes) } };
  } catch (cause) {
    throw new InputError(
      `not JSON: ${(cause as Error).message}`,
      "give the config.json of a Hugging Face model",
      { file: path },
      { cause },
    );
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}
