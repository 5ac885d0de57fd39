/**
 * Reading models: a config by name, from its folder, or by path; and the whole folder.
 *
 * @module
 */
import { basename, fromFileUrl, join } from "@std/path";
import { fileSha256, OWN_FILE, readFile, sha256 } from "../lib/artifacts/mod.ts";
import { formatValue, InputError, UsageError } from "../lib/cli/mod.ts";
import {
  type ByteSource,
  type DecoderConfig,
  type DecoderWeights,
  isLfsPointer,
  LFS_HELP,
  openDecoder,
  openSafetensors,
  openTokenizer,
  parseDecoderConfig,
  randomWeights,
  shardFiles,
  type TextTokenizer,
} from "../lib/models/mod.ts";
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
  const json = parseJson(bytes, path);
  return { json, file: path, source: { role: "config", path, sha256: await sha256(bytes) } };
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

/** A decoder with its weights, as far as the folder has them, and its tokenizer. */
export interface LoadedDecoder {
  readonly config: DecoderConfig;
  readonly weights: DecoderWeights;
  readonly tokenizer: TextTokenizer | undefined;
  readonly sources: readonly Source[];
}

/**
 * Opens a decoder. Tensors are read when they are asked for, one at a time.
 *
 * @param model A model folder; with a seed, a config of any kind.
 * @param seed Makes random weights instead of reading them.
 * @param hashed Whether the files of weights are among the sources, for which all of them is read.
 * @throws {InputError} When there are no weights and no seed.
 */
export async function loadDecoder(
  model: string,
  seed?: number,
  hashed: boolean = true,
): Promise<LoadedDecoder> {
  const { json, file, source } = await loadConfig(model);
  const config = parseDecoderConfig(json, file);
  if (seed !== undefined) {
    const tokenizer = await folderTokenizer(model);
    return { config, weights: randomWeights(config, seed), tokenizer, sources: [source] };
  }
  if (!await isFolder(model)) {
    throw new InputError(
      "a config has no weights",
      "give the model folder, or --random-weights with a seed",
      { file },
    );
  }
  const index = join(model, "model.safetensors.index.json");
  const isSharded = await exists(index);
  const names = isSharded
    ? shardFiles(parseJson(await readFile(index, "give a whole model folder"), index), index)
    : ["model.safetensors"];
  const files = names.map((name) => join(model, name));
  for (const file of files) {
    if (!await exists(file)) {
      throw new InputError(
        "no such file",
        "give a model folder with its safetensors, or --random-weights with a seed",
        { file },
      );
    }
  }
  const weights = openDecoder(
    config,
    files.map((path) => openSafetensors(fileSource(path), path)),
    isSharded ? index : undefined,
  );
  const tokenizer = await folderTokenizer(model);
  const sources = [source];
  for (const path of hashed ? files : []) {
    sources.push({ role: "weights", path, sha256: await fileSha256(path) });
  }
  return { config, weights, tokenizer, sources };
}

/**
 * The tokenizer of a folder, whose files are read only when words are encoded or decoded; undefined
 * where there is none of a kind that is known, so that texts are token numbers.
 */
async function folderTokenizer(folder: string): Promise<TextTokenizer | undefined> {
  const [tokenizer, tokenizerConfig, vocabulary] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
  ].map((name) => join(folder, name)) as [string, string, string];
  const isWhole = await exists(tokenizer);
  if (!isWhole && !await isList(vocabulary)) return undefined;
  const hasConfig = await exists(tokenizerConfig);
  const read = (path: string): unknown => parseJson(Deno.readFileSync(path), path);
  let opened: TextTokenizer | undefined;
  const open = (): TextTokenizer =>
    opened ??= openTokenizer(
      isWhole
        ? {
          tokenizer: read(tokenizer),
          tokenizerConfig: hasConfig ? read(tokenizerConfig) : undefined,
        }
        : { vocabulary: read(vocabulary) },
      folder,
    );
  return {
    encode: (text) => open().encode(text),
    decode: (tokens) => open().decode(tokens),
  };
}

/** Whether a file is there and begins as a JSON list: a vocabulary of pieces with scores. */
async function isList(path: string): Promise<boolean> {
  if (!await exists(path)) return false;
  using file = await Deno.open(path);
  const bytes = new Uint8Array(64);
  const count = await file.read(bytes) ?? 0;
  return /^\s*\[/.test(new TextDecoder().decode(bytes.subarray(0, count)));
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  if (isLfsPointer(bytes)) {
    throw new InputError("a pointer of Git LFS in place of the file", LFS_HELP, { file });
  }
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new InputError(
      `not JSON: ${(cause as Error).message}`,
      "download the file again",
      { file },
      { cause },
    );
  }
}

/** A file of which parts are read when they are needed; it stays open until the process ends. */
function fileSource(path: string): ByteSource {
  const file = Deno.openSync(path);
  return {
    size: file.statSync().size,
    read: (offset, length) => {
      const bytes = new Uint8Array(length);
      file.seekSync(offset, Deno.SeekMode.Start);
      let done = 0;
      while (done < length) {
        const count = file.readSync(bytes.subarray(done));
        if (count === null) {
          throw new InputError("the file ends too early", "download it again", { file: path });
        }
        done += count;
      }
      return bytes;
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

/** Refuses a context or a batch of 0. */
export function checkCounts(counts: { readonly context: number; readonly batch: number }): void {
  for (const [name, value] of Object.entries(counts)) {
    if (value < 1) throw new UsageError(`--${name} cannot be ${value}`, "give at least 1");
  }
}

/** Refuses a model, context and batch whose bytes cannot be counted exactly. */
export function checkTotal(model: string, totalBytes: number): void {
  if (Number.isSafeInteger(totalBytes)) return;
  throw new UsageError(
    `${model} takes more than ${formatValue(Number.MAX_SAFE_INTEGER)} bytes`,
    "give a smaller --batch or --context",
  );
}
