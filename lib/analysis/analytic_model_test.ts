import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { AnalyticLayers, type TokenShape } from "./analytic_layers.ts";
import { ANALYTIC_MACHINE, pipelinedCosts } from "./analytic_machine.ts";
import {
  type AnalyticDecoder,
  analyticDiffusion,
  analyticEstimate,
  type AnalyticRequest,
} from "./analytic_model.ts";

const LLAMA_8B: AnalyticDecoder = {
  hidden: 4096,
  intermediate: 14_336,
  layers: 32,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  vocabulary: 128_256,
};
const GPT_OSS_20B: AnalyticDecoder = {
  hidden: 2880,
  intermediate: 2880,
  layers: 24,
  heads: 64,
  kvHeads: 8,
  headDim: 64,
  vocabulary: 201_088,
  mixture: { experts: 32, active: 4 },
  slidingWindows: Array.from({ length: 24 }, (_, layer) => layer % 2 === 0 ? 128 : undefined),
};
const PLENA = new AnalyticLayers(ANALYTIC_MACHINE, "plena");

const tokens = (batch: number, sequence: number, context: number): TokenShape => ({
  batch,
  sequence,
  context,
  decode: sequence === 1,
});

Deno.test("pipelinedCosts() gives the published latencies of the shipped machine", () => {
  const costs = pipelinedCosts(ANALYTIC_MACHINE, "plena");
  assertEquals(
    [costs.matrix, costs.batchedMatrix, costs.matrixVector, costs.vectorExp, costs.vectorReci],
    [128, 32_768, 129, 2, 2],
  );
  assertEquals([costs.vectorSum, costs.vectorMax], [8, 5]);
});

// deno-fmt-ignore: one row of the published table, one line
const PARTS: readonly [batch: number, sequence: number, context: number, ...cycles: number[]][] = [
  // batch, tokens, context, norm, projection, attention, residual, feed-forward
  [4, 2048, 2048, 131_082, 656_032, 4_718_880, 65_536, 5_849_088],
  [4,    1, 2048,      74,  10_280,    21_952,     32,    86_184],
  [1,   64,   64,   1_034,  10_284,    31_816,    512,    88_704],
  [1,    1,   64,      26,  10_280,     5_488,      8,    86_058],
];

Deno.test("AnalyticLayers gives the published cycles of every part of Llama 3.1 8B", () => {
  for (const [batch, sequence, context, ...expected] of PARTS) {
    const shape = tokens(batch, sequence, context);
    assertEquals([
      PLENA.norm(4096, shape),
      PLENA.projection(4096, LLAMA_8B, shape),
      PLENA.flashAttention(LLAMA_8B, shape),
      PLENA.residual(4096, shape),
      PLENA.feedForward(4096, 14_336, shape),
    ], expected);
  }
  assertEquals(PLENA.embedding(4096, tokens(4, 2048, 2048)), 16_387);
  assertEquals(PLENA.embedding(4096, tokens(1, 64, 64)), 131);
});

Deno.test("AnalyticLayers gives the published cycles of single functions", () => {
  assertEquals(PLENA.vocabularyHead(4096, 128_256, 4), 256_515);
  assertEquals(PLENA.vocabularyHead(4096, 128_256, 1, 64), 256_515);
  assertEquals(PLENA.vocabularySoftmax(128_256, 1, 64), 24_192);
  assertEquals(PLENA.selfAttention(LLAMA_8B, tokens(1, 64, 64)), 11_072);
  assertEquals(PLENA.selfAttention(LLAMA_8B, tokens(1, 1, 64)), 8616);
  const mixture = { experts: 32, active: 4 };
  assertEquals(PLENA.experts(2880, 2880, mixture, tokens(1, 64, 64)), 573_893);
  assertEquals(PLENA.experts(2880, 2880, mixture, tokens(1, 1, 64)), 71_888);
  assertEquals(PLENA.slidingAttention(GPT_OSS_20B, tokens(1, 256, 256), 128), 52_160);
  assertEquals(PLENA.slidingAttention(GPT_OSS_20B, tokens(1, 1, 256), 128), 17_224);
});

// deno-fmt-ignore: one published run, one line
const ESTIMATES: readonly [AnalyticDecoder, Omit<AnalyticRequest, "rules">, number, number][] = [
  [LLAMA_8B,    { batch: 4, inputTokens: 2048, outputTokens: 1024 },            0.377260931,  444.75577348588456],
  [LLAMA_8B,    { batch: 1, inputTokens: 64,   outputTokens: 16 },              0.010789123,  153.3576742633924],
  [LLAMA_8B,    { batch: 8, inputTokens: 4096, outputTokens: 128, devices: 2 }, 0.5251721615, 770.0434612529531],
  [GPT_OSS_20B, { batch: 4, inputTokens: 2048, outputTokens: 128 },             0.280049574,  226.02624390718006],
];

Deno.test("analyticEstimate() gives the published times under the public rules", () => {
  for (const [decoder, request, ttftSeconds, tokensPerSecond] of ESTIMATES) {
    const estimate = analyticEstimate(decoder, { ...request, rules: "plena" });
    assertAlmostEquals(estimate.ttftSeconds, ttftSeconds, 1e-12);
    assertAlmostEquals(estimate.tokensPerSecond, tokensPerSecond, 1e-9);
    assertAlmostEquals(estimate.tpotSeconds * tokensPerSecond, request.batch, 1e-9);
  }
});

Deno.test("analyticDiffusion() gives the published time of 64 steps", () => {
  const request = { batch: 1, sequence: 256, steps: 64, rules: "plena" } as const;
  const { totalSeconds, tokensPerSecond } = analyticDiffusion(LLAMA_8B, request);
  assertAlmostEquals(totalSeconds, 0.719888768, 1e-12);
  assertAlmostEquals(tokensPerSecond, 355.6104934255621, 1e-9);
});

Deno.test("the right rules count what the public ones forget", () => {
  const right = new AnalyticLayers(ANALYTIC_MACHINE, "right");
  const shape = tokens(1, 64, 64);
  // A hidden width below VLEN is one vector row, and none for the public rules.
  assertEquals([PLENA.residual(576, shape), right.residual(576, shape)], [0, 64 * 4]);
  // Per 128 tokens: q, k and v contract over 4096, which is 2 tiles, and so does the output.
  assertEquals(
    right.projection(4096, LLAMA_8B, shape) - PLENA.projection(4096, LLAMA_8B, shape),
    2 * 1 * 8 * 128 + 2 * 32 * 128,
  );
  const request = { batch: 1, inputTokens: 64, outputTokens: 16 } as const;
  const estimate = analyticEstimate(LLAMA_8B, request);
  assert(estimate.ttftSeconds > 0.0107 / 2);
  // A token cannot be faster than its matrix products: 8.03e9 multiplications, 2048 x 128 a cycle.
  assert(estimate.tpotSeconds * 1e9 > 8.03e9 / (2048 * 128));
});
