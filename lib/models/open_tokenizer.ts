import { Tokenizer } from "@huggingface/tokenizers";
import { ModelError } from "./model_error.ts";
import { scoreTokenizer, type TextTokenizer } from "./score_tokenizer.ts";

/** The files of a model folder that tell its tokenizer, as parsed from JSON. */
export interface TokenizerFiles {
  /** `tokenizer.json`: everything about it, if it is there. */
  readonly tokenizer?: unknown;
  /** `tokenizer_config.json`: more of it. */
  readonly tokenizerConfig?: unknown;
  /** `vocab.json`, if that is a list of pieces with scores. */
  readonly vocabulary?: unknown;
}

/**
 * The tokenizer of a model folder: what `tokenizer.json` says, by Hugging Face's own library, or else
 * the pieces and scores of a `vocab.json` ({@linkcode scoreTokenizer}). `folder` is only for messages.
 *
 * @throws {ModelError} If there is neither, or the library cannot take the first.
 */
export function openTokenizer(files: TokenizerFiles, folder = ""): TextTokenizer {
  const inFolder = (name: string): string =>
    folder === "" ? name : `${folder.replace(/\/+$/, "")}/${name}`;
  const { tokenizer: json, tokenizerConfig, vocabulary } = files;
  if (json === undefined || json === null) {
    if (Array.isArray(vocabulary)) return scoreTokenizer(vocabulary, inFolder("vocab.json"));
    throw new ModelError(
      "There is no tokenizer.json",
      "add the tokenizer.json of the model to its folder",
      { file: inFolder("tokenizer.json") },
    );
  }
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(json, tokenizerConfig ?? {});
  } catch (cause) {
    throw new ModelError(
      `The tokenizer is not understood: ${cause instanceof Error ? cause.message : cause}`,
      "give the tokenizer.json that Hugging Face publishes for the model",
      { file: inFolder("tokenizer.json") },
      { cause },
    );
  }
  return {
    encode: (text) => [...tokenizer.encode(text).ids],
    decode: (tokens) => tokenizer.decode([...tokens], { skip_special_tokens: true }),
  };
}
