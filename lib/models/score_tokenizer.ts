import { ModelError } from "./model_error.ts";

/** Text to tokens and back. */
export interface TextTokenizer {
  /** Tokens of a text, with those that the model expects before it. */
  encode(text: string): number[];
  /** Text of tokens; special ones are left out. Bytes that are no UTF-8 become U+FFFD. */
  decode(tokens: readonly number[]): string;
}

/** UTF-8 bytes as a string of one character a byte. */
function toLatin1(text: string): string {
  let out = "";
  for (const byte of new TextEncoder().encode(text)) out += String.fromCharCode(byte);
  return out;
}

/**
 * A tokenizer from a list of `{ id, piece_latin1, score }`, as SentencePiece BPE vocabularies of
 * llama2.c are exported: after a leading blank the characters of the text, or their bytes (`<0x41>`)
 * where there is no such piece; then the two neighbours that make the piece of the highest score are
 * joined, until none do. `encode` begins with `<s>`, if there is one; `decode` drops the leading
 * blank after `<s>`.
 *
 * @throws {ModelError} If the list is no such vocabulary; when it is used, if a character has neither
 * a piece nor bytes, or a token is not of the vocabulary.
 */
export function scoreTokenizer(vocabulary: unknown, file = "vocab.json"): TextTokenizer {
  const fail = (what: string, path: string): ModelError =>
    new ModelError(what, "give a list of { id, piece_latin1, score }", { file, path });
  if (!Array.isArray(vocabulary)) throw fail("The vocabulary is no list", "$");
  const pieces: string[] = [];
  const scores: number[] = [];
  const ids = new Map<string, number>();
  const bytes = new Map<number, number>();
  const byteOf = new Map<number, number>();
  const special = new Set<number>();
  let bos: number | undefined;
  for (const [i, entry] of vocabulary.entries()) {
    const { id, piece_latin1: piece, score } = entry ?? {};
    if (id !== i || typeof piece !== "string" || typeof score !== "number") {
      throw fail(`Entry ${i} is not the piece of id ${i} with a score`, `$[${i}]`);
    }
    pieces.push(piece);
    scores.push(score);
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece)?.[1];
    const name = /^\s*<(unk|s|\/s|pad)>\s*$/.exec(piece)?.[1];
    if (byte !== undefined) {
      bytes.set(parseInt(byte, 16), i);
      byteOf.set(i, parseInt(byte, 16));
    } else if (name !== undefined) {
      special.add(i);
      if (name === "s") bos = i;
    } else if (!ids.has(piece)) ids.set(piece, i);
  }

  const encode = (text: string): number[] => {
    const tokens: number[] = [];
    for (const character of text === "" ? "" : ` ${text}`) {
      const piece = toLatin1(character);
      const id = ids.get(piece);
      if (id !== undefined) {
        tokens.push(id);
        continue;
      }
      for (let i = 0; i < piece.length; i++) {
        const token = bytes.get(piece.charCodeAt(i));
        if (token === undefined) {
          throw new ModelError(
            `The vocabulary has neither a piece for ${JSON.stringify(character)} nor its bytes`,
            "leave the character out, or use a vocabulary with bytes",
            { file },
          );
        }
        tokens.push(token);
      }
    }
    for (;;) {
      let best = -1;
      let bestId = 0;
      let bestScore = -Infinity;
      for (let i = 0; i + 1 < tokens.length; i++) {
        const id = ids.get(pieces[tokens[i]!]! + pieces[tokens[i + 1]!]!);
        if (id !== undefined && scores[id]! > bestScore) {
          [best, bestId, bestScore] = [i, id, scores[id]!];
        }
      }
      if (best < 0) break;
      tokens.splice(best, 2, bestId);
    }
    return bos === undefined ? tokens : [bos, ...tokens];
  };

  const decode = (tokens: readonly number[]): string => {
    const out: number[] = [];
    for (const [i, token] of tokens.entries()) {
      const piece = pieces[token];
      if (piece === undefined) {
        throw new ModelError(
          `Token ${token} is not of the vocabulary of ${pieces.length}`,
          "use the vocabulary of the model",
          { file },
        );
      }
      if (special.has(token)) continue;
      const byte = byteOf.get(token);
      if (byte !== undefined) {
        out.push(byte);
        continue;
      }
      const start = i > 0 && tokens[i - 1] === bos && piece.startsWith(" ") ? 1 : 0;
      for (let j = start; j < piece.length; j++) out.push(piece.charCodeAt(j));
    }
    return new TextDecoder().decode(Uint8Array.from(out));
  };
  return { encode, decode };
}
