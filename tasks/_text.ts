/**
 * Which text a model is given: words, a file of token numbers, or random tokens.
 *
 * @module
 */
import { readFile, sha256 } from "../lib/artifacts/mod.ts";
import { inFile, InputError, type OptionUsage, UsageError } from "../lib/cli/mod.ts";
import type { DecoderConfig, TextTokenizer } from "../lib/models/mod.ts";
import { random } from "../lib/numerics/mod.ts";
import type { Source } from "./_inputs.ts";

/** The options that choose a text. */
export const TEXT_OPTIONS = {
  prompt: { help: "The text; token numbers with commas for a model without words." },
  tokensFile: { type: "file", help: "The text as token numbers: JSON, or with blanks or commas." },
  sequence: { type: "integer", help: "A text of so many random tokens; 32 unless one is given." },
  seed: { type: "integer", default: 1, help: "Seed of the random tokens." },
} as const satisfies Record<string, OptionUsage>;

/** The values of {@linkcode TEXT_OPTIONS}. */
export interface TextChoice {
  readonly prompt: string | undefined;
  readonly tokensFile: string | undefined;
  readonly sequence: number | undefined;
  readonly seed: number;
  /** Sequences of one length; 1 unless given. */
  readonly batch?: number | undefined;
}

/** Sequences at the most: the INT SRAM has so many entries, and needs one for every token. */
const MOST_SEQUENCES = 1024;

/** Random tokens at the most, in all sequences: models that are made for more are asked in vain. */
const MOST_TOKENS = 2 ** 20;

/** Random tokens where no text is given. */
const DEFAULT_TOKENS = 32;

/**
 * The sequences of a text, each with its tokens, and the file that they came from.
 *
 * @throws {UsageError} When options contradict one another, or the model has no such text.
 * @throws {InputError} When something is no token number.
 */
export async function chooseTokens(
  choice: TextChoice,
  config: DecoderConfig,
  tokenizer: TextTokenizer | undefined,
): Promise<{ tokens: number[][]; sources: Source[] }> {
  const { prompt, tokensFile, sequence, seed, batch = 1 } = choice;
  const given = Object.entries({ prompt, "tokens-file": tokensFile, sequence })
    .filter(([, value]) => value !== undefined).map(([name]) => `--${name}`);
  if (given.length > 1) {
    throw new UsageError(given.join(" and "), "give one of them");
  }
  if (batch < 1 || batch > MOST_SEQUENCES) {
    throw new UsageError(`--batch ${batch}`, `give 1 to ${MOST_SEQUENCES} texts`);
  }
  if (tokensFile !== undefined) {
    const bytes = await readFile(tokensFile, "give a file of token numbers");
    const text = new TextDecoder().decode(bytes);
    return {
      tokens: inFile(tokensFile, () => fileSequences(text, tokensFile, batch, config)),
      sources: [{ role: "tokens", path: tokensFile, sha256: await sha256(bytes) }],
    };
  }
  if (prompt !== undefined) {
    const tokens = tokenizer === undefined
      ? parseNumbers(prompt, undefined)
      : withFirst(tokenizer.encode(prompt), config);
    checkTokens(tokens, config);
    return { tokens: new Array<number[]>(batch).fill(tokens), sources: [] };
  }
  const length = sequence ?? Math.min(DEFAULT_TOKENS, config.maxPositions);
  checkLength(length, config);
  if (batch * length > MOST_TOKENS) {
    throw new UsageError(
      `${batch} texts of ${length} random tokens`,
      `give a smaller --sequence or --batch, ${MOST_TOKENS} tokens in all at most`,
    );
  }
  const draw = random(seed);
  const token = (): number => Math.floor(draw() * config.vocabulary);
  const tokens = Array.from({ length: batch }, () => Array.from({ length }, token));
  return { tokens, sources: [] };
}

/** Reads the sequences of a file: one, in any number of lines, unless there is to be a batch. */
function fileSequences(
  text: string,
  file: string,
  batch: number,
  config: DecoderConfig,
): number[][] {
  const plain = (part: string): string => part.replace(/^\s*\[(.*)\]\s*$/s, "$1");
  const parts = /^\s*\[\s*\[/.test(text)
    ? text.trim().replace(/^\[\s*\[|\]\s*\]$/g, "").split(/\]\s*,\s*\[/)
    : batch === 1
    ? [plain(text)]
    : text.trim().split(/\s*\n\s*/).map(plain);
  const tokens = parts.map((part) => checkTokens(parseNumbers(part, file), config));
  if (tokens.length !== batch) {
    throw new UsageError(
      `${tokens.length} texts of tokens with --batch ${batch}`,
      `give --batch ${tokens.length}, or another file: a text a line, or a JSON array of arrays`,
    );
  }
  const other = tokens.find(({ length }) => length !== tokens[0]!.length);
  if (other !== undefined) {
    throw new UsageError(
      `texts of ${tokens[0]!.length} and ${other.length} tokens`,
      "texts that run side by side are all as long: cut or fill them up",
    );
  }
  return tokens;
}

function withFirst(tokens: number[], { bosToken }: DecoderConfig): number[] {
  return bosToken === undefined || tokens[0] === bosToken ? tokens : [bosToken, ...tokens];
}

function parseNumbers(text: string, file: string | undefined): number[] {
  return text.split(/[\s,]+/).filter(Boolean).map((part) => {
    if (/^\d+$/.test(part)) return Number(part);
    throw new InputError(
      `"${part.slice(0, 40)}" is no token number`,
      file === undefined
        ? "the model has no tokenizer: give --prompt as numbers with commas between, or add its " +
          "tokenizer.json to the folder"
        : "give whole numbers, as a JSON array or with blanks or commas between",
      file === undefined ? undefined : { file },
    );
  });
}

function checkLength(length: number, { maxPositions }: DecoderConfig): void {
  if (length >= 1 && length <= maxPositions) return;
  throw new UsageError(
    `a text of ${length} tokens, the model is made for 1 to ${maxPositions}`,
    "give a text of such a length",
  );
}

function checkTokens(tokens: number[], config: DecoderConfig): number[] {
  checkLength(tokens.length, config);
  const { vocabulary } = config;
  const foreign = tokens.find((token) => token >= vocabulary);
  if (foreign === undefined) return tokens;
  throw new UsageError(
    `token ${foreign} is not of the vocabulary of ${vocabulary}`,
    `give tokens from 0 to ${vocabulary - 1}`,
  );
}
