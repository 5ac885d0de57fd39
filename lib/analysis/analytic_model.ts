import {
  AnalyticLayers,
  type ExpertShape,
  type HeadShape,
  type TokenShape,
} from "./analytic_layers.ts";
import { ANALYTIC_MACHINE, type AnalyticMachine, type AnalyticRules } from "./analytic_machine.ts";

/** The clock of the analytic model. */
const CYCLES_PER_SECOND = 1e9;

/** What the analytic model needs to know of a decoder. */
export interface AnalyticDecoder extends HeadShape {
  /** Width of the residual stream. */
  readonly hidden: number;
  /** Width of the feed-forward layer, or of one expert. */
  readonly intermediate: number;
  /** Layers. */
  readonly layers: number;
  /** Tokens of the vocabulary. */
  readonly vocabulary: number;
  /** The experts of every layer, for a mixture of experts. */
  readonly mixture?: ExpertShape | undefined;
  /** How far back a layer sees, per layer; undefined entries and layers see all. */
  readonly slidingWindows?: readonly (number | undefined)[] | undefined;
}

/** What is asked of it. */
export interface AnalyticRequest {
  /** Sequences at once. */
  readonly batch: number;
  /** Tokens of a prompt. */
  readonly inputTokens: number;
  /** Tokens to generate. */
  readonly outputTokens: number;
  /** Devices that share the batch. Default 1. */
  readonly devices?: number;
  /** The machine. Default {@linkcode ANALYTIC_MACHINE}. */
  readonly machine?: AnalyticMachine;
  /** Default `right`. */
  readonly rules?: AnalyticRules;
}

/** What the model estimates. */
export interface AnalyticEstimate {
  /** Time to the first token, seconds. */
  readonly ttftSeconds: number;
  /** Time per further token of one sequence, seconds. */
  readonly tpotSeconds: number;
  /** Tokens per second of the whole batch, while generating. */
  readonly tokensPerSecond: number;
}

/**
 * Estimates the speed of a decoder without a program: closed formulas for every layer at 1 GHz,
 * transfers hidden behind computation (memory regimes specification, section 2.2). Made for one
 * order of magnitude, in microseconds; emulate for the truth.
 *
 * ```ts
 * import { analyticEstimate } from "@fourbit/fourbit/analysis";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const llama8b = {
 *   hidden: 4096, intermediate: 14336, layers: 32, heads: 32, kvHeads: 8, headDim: 128,
 *   vocabulary: 128256,
 * };
 * const request = { batch: 4, inputTokens: 2048, outputTokens: 1024, rules: "plena" } as const;
 * assertAlmostEquals(analyticEstimate(llama8b, request).ttftSeconds, 0.377260931, 1e-9);
 * ```
 */
export function analyticEstimate(
  decoder: AnalyticDecoder,
  request: AnalyticRequest,
): AnalyticEstimate {
  const { batch, inputTokens, outputTokens } = request;
  const { devices = 1, machine = ANALYTIC_MACHINE, rules = "right" } = request;
  const pass = new DecoderPass(decoder, machine, rules);
  const deviceBatch = rules === "plena" ? Math.floor(batch / devices) : Math.ceil(batch / devices);
  const prefill = pass.cycles({
    batch: deviceBatch,
    sequence: inputTokens,
    context: inputTokens,
    decode: false,
  }) / CYCLES_PER_SECOND;
  const decode = (tokens: number): number => {
    let cycles = 0;
    for (let t = 0; t < tokens; t++) {
      const shape = { batch: deviceBatch, sequence: 1, context: inputTokens + t, decode: true };
      cycles += pass.cycles(shape);
    }
    return (rules === "plena" ? 2 : 1) * cycles / CYCLES_PER_SECOND;
  };
  const decodeSeconds = decode(outputTokens);
  // By the public rules the devices divide the first token's time although they share the batch.
  const ttftSeconds = (prefill + decode(1)) / (rules === "plena" ? devices : 1);
  return {
    ttftSeconds,
    tpotSeconds: decodeSeconds / outputTokens,
    tokensPerSecond: batch * outputTokens / decodeSeconds,
  };
}

/** A request to a diffusion decoder: the whole sequence is computed in every step. */
export interface DiffusionRequest {
  /** Sequences at once. */
  readonly batch: number;
  /** Tokens of a sequence. */
  readonly sequence: number;
  /** Steps of denoising. */
  readonly steps: number;
  /** Devices that share the work. Default 1. */
  readonly devices?: number;
  /** The machine. Default {@linkcode ANALYTIC_MACHINE}. */
  readonly machine?: AnalyticMachine;
  /** Default `right`. */
  readonly rules?: AnalyticRules;
}

/** Estimates a diffusion decoder, such as LLaDA: total seconds, and tokens per second. */
export function analyticDiffusion(
  decoder: AnalyticDecoder,
  request: DiffusionRequest,
): { readonly totalSeconds: number; readonly tokensPerSecond: number } {
  const { batch, sequence, steps } = request;
  const { devices = 1, machine = ANALYTIC_MACHINE, rules = "right" } = request;
  const layers = new AnalyticLayers(machine, rules);
  const deviceBatch = rules === "plena" ? Math.floor(batch / devices) : Math.ceil(batch / devices);
  const body = new DecoderPass(decoder, machine, rules).body({
    batch: deviceBatch,
    sequence,
    context: sequence,
    decode: false,
  });
  const step = body +
    layers.vocabularyHead(decoder.hidden, decoder.vocabulary, deviceBatch, sequence) +
    layers.vocabularySoftmax(decoder.vocabulary, deviceBatch, sequence);
  const share = rules === "plena" ? devices : 1;
  const totalSeconds = steps * step / CYCLES_PER_SECOND / share;
  return { totalSeconds, tokensPerSecond: batch * sequence / totalSeconds };
}

/** Cycles of one pass through all layers. */
class DecoderPass {
  readonly #decoder: AnalyticDecoder;
  readonly #layers: AnalyticLayers;
  readonly #rules: AnalyticRules;

  constructor(decoder: AnalyticDecoder, machine: AnalyticMachine, rules: AnalyticRules) {
    this.#rules = rules;
    this.#layers = new AnalyticLayers(machine, rules);
    this.#decoder = rules === "plena" && decoder.mixture === undefined
      ? { ...decoder, headDim: Math.floor(decoder.hidden / decoder.heads) }
      : decoder;
  }

  /** A pass, with the head of the vocabulary where the rules have it. */
  cycles(tokens: TokenShape): number {
    const { hidden, vocabulary, mixture } = this.#decoder;
    const head = this.#rules === "right" || (mixture !== undefined && !tokens.decode)
      ? this.#layers.vocabularyHead(hidden, vocabulary, tokens.batch)
      : 0;
    return this.body(tokens) + head;
  }

  /** Embedding (of a prompt, by the public rules) and layers. */
  body(tokens: TokenShape): number {
    const { hidden, layers } = this.#decoder;
    let cycles = this.#rules === "plena" && tokens.decode
      ? 0
      : this.#layers.embedding(hidden, tokens);
    for (let layer = 0; layer < layers; layer++) cycles += this.#layer(layer, tokens);
    return cycles;
  }

  #layer(index: number, tokens: TokenShape): number {
    const { hidden, intermediate, mixture } = this.#decoder;
    const parts = this.#layers;
    const residuals = this.#rules === "plena" && mixture === undefined ? 1 : 2;
    const mlp = mixture === undefined
      ? parts.feedForward(hidden, intermediate, tokens)
      : parts.experts(hidden, intermediate, mixture, tokens);
    return 2 * parts.norm(hidden, tokens) + parts.projection(hidden, this.#decoder, tokens) +
      this.#attention(index, tokens) + residuals * parts.residual(hidden, tokens) + mlp;
  }

  #attention(index: number, tokens: TokenShape): number {
    const window = this.#decoder.slidingWindows?.[index];
    if (window !== undefined) return this.#layers.slidingAttention(this.#decoder, tokens, window);
    return this.#layers.flashAttention(this.#decoder, tokens);
  }
}
