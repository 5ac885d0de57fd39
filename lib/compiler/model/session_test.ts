import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { randomWeights, stagedForward } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import { compilePublic } from "../public_layout/compile_public.ts";
import { machineSettings, onMachine, tinyConfig, tokensOf } from "./_decoder_machine.ts";
import { compileDecoder } from "./compile_decoder.ts";
import { DecoderSession } from "./session.ts";

const SMALL = { hidden: 16, inter: 16, kvHeads: 1, ratio: 1, headDim: 16 } as const;
const SETTINGS = machineSettings({
  mlen: 16,
  blen: 4,
  matrixSramRows: 2 ** 15,
  hbmMPrefetchRows: 16,
  hbmVPrefetchRows: 4,
  hbmVWritebackRows: 4,
});

/** The help with which a program of so many tokens is refused; undefined if it is not. */
function refusal(
  { kvHeads = 1, batch = 1, tokens }: {
    readonly kvHeads?: number;
    readonly batch?: number;
    readonly tokens: number;
  },
): string | undefined {
  const config = tinyConfig({ ...SMALL, kvHeads, more: { max_position_embeddings: 4096 } });
  const options = { positions: tokens, batch };
  const compiled = compileDecoder(config, randomWeights(config, 1), SETTINGS, options);
  try {
    compiled.prefill(tokens, { logits: "last" });
    return undefined;
  } catch (error) {
    assert(error instanceof CompileError);
    assertMatch(
      error.message,
      /^\d+ tokens behind tables of \d+ entries need \d+ entries of the INT SRAM, /,
    );
    return error.help;
  }
}

Deno.test("intSram() refuses what does not fit with a remedy that is true, and no larger one", () => {
  const number = (help: string | undefined, pattern: RegExp): number => {
    assertMatch(help ?? "", pattern);
    return Number(pattern.exec(help!)![1]);
  };
  const tokens = number(refusal({ tokens: 1500 }), /^give at most (\d+) tokens; longer texts take/);
  assertEquals(refusal({ tokens }), undefined);
  assert(refusal({ tokens: tokens + 1 }) !== undefined);

  const each = number(refusal({ tokens: 20, batch: 60 }), /^give at most (\d+) tokens a sequence,/);
  assertEquals(refusal({ tokens: each, batch: 60 }), undefined);
  assert(refusal({ tokens: each + 1, batch: 60 }) !== undefined);

  const batch = number(refusal({ tokens: 1, batch: 200 }), /^run at most (\d+) sequences side/);
  assertEquals(refusal({ tokens: 1, batch }), undefined);
  assert(refusal({ tokens: 1, batch: batch + 1 }) !== undefined);

  // One sequence already: to run fewer would be no help.
  const heads =
    /^choose a model of at most (\d+) key and value heads, or cut it down with --slice$/;
  const kvHeads = number(refusal({ tokens: 1, kvHeads: 200 }), heads);
  assertEquals(refusal({ tokens: 1, kvHeads }), undefined);
  assert(refusal({ tokens: 1, kvHeads: kvHeads + 1 }) !== undefined);
});

Deno.test("DecoderSession.feedBatch() takes what one program cannot as decode steps behind it", () => {
  const config = tinyConfig({ ...SMALL, layers: 2 });
  const weights = randomWeights(config, 1);
  const options = { positions: 13, batch: 60 };
  const { compiled, session } = onMachine(config, weights, SETTINGS, options);
  const pieces = (count: number, position?: number): number[] =>
    DecoderSession.pieces(compiled.plan, count, position);
  assertEquals([pieces(0), pieces(9), pieces(12)], [[], [9], [10, 1, 1]]);
  assertEquals(pieces(3, 12), [1, 1, 1]);
  const texts = Array.from({ length: options.batch }, (_, seed) => tokensOf(13, seed));
  const { lasts, program } = session.feedBatch(texts.map((text) => text.slice(0, 12)));
  assertEquals([session.position, program.run.decode], [12, true]);
  const after = session.feedBatch(texts.map((text) => text.slice(12))).lasts;
  for (const sequence of [0, 17, 59]) {
    const { logits } = stagedForward(config, weights, texts[sequence]!, compiled.staged());
    const row = (index: number): Float32Array =>
      Float32Array.from(logits.slice(index * config.vocabulary, (index + 1) * config.vocabulary));
    assertEquals(lasts[sequence], row(11), `sequence ${sequence}`);
    assertEquals(after[sequence], row(12), `sequence ${sequence}`);
  }
});

Deno.test("DecoderSession.pieces() leaves whole what has no decode steps", () => {
  const config = tinyConfig({
    ...SMALL,
    more: { model_type: "llada", max_position_embeddings: 4096 },
  });
  const weights = randomWeights(config, 1);
  const { compiled, session } = onMachine(config, weights, SETTINGS, { positions: 1500 });
  assertEquals(DecoderSession.pieces(compiled.plan, 1500), [1500]);
  const error = assertThrows(() => session.feed(new Array(1500).fill(1)), CompileError);
  assertEquals(error.help, "give at most 1008 tokens");
  // The public layout has its text in HBM, where there is room.
  const causal = tinyConfig({ ...SMALL, more: { max_position_embeddings: 4096 } });
  const tokens = new Array(1488).fill(1);
  const { plan } = compilePublic(causal, randomWeights(causal, 1), SETTINGS, tokens);
  assertEquals(DecoderSession.pieces(plan, tokens.length), [tokens.length]);
});
