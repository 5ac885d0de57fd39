import { type AnalyticMachine, type AnalyticRules, pipelinedCosts } from "./analytic_machine.ts";

/** Attention heads of a decoder. */
export interface HeadShape {
  /** Query heads. */
  readonly heads: number;
  /** Key and value heads. */
  readonly kvHeads: number;
  /** Width of a head. */
  readonly headDim: number;
}

/** How many tokens pass a layer, and how many they look back on. */
export interface TokenShape {
  /** Sequences at once. */
  readonly batch: number;
  /** Tokens of a sequence that are computed: all of a prompt, or 1. */
  readonly sequence: number;
  /** Tokens that are attended to. */
  readonly context: number;
  /** Whether this is one step of generation: matrix times vector instead of matrix times matrix. */
  readonly decode: boolean;
}

/** A mixture of experts. */
export interface ExpertShape {
  /** Experts of a layer. */
  readonly experts: number;
  /** Experts that a token passes. */
  readonly active: number;
}

const { ceil, floor, max, min } = Math;

/**
 * Cycles of the parts of a decoder on one machine, by the formulas of the public analytic model
 * (memory regimes specification, section 2.2). All methods return cycles.
 *
 * ```ts
 * import { ANALYTIC_MACHINE, AnalyticLayers } from "@fourbit/fourbit/analysis";
 * import { assertEquals } from "@std/assert";
 *
 * const layers = new AnalyticLayers(ANALYTIC_MACHINE, "plena");
 * const prompt = { batch: 4, sequence: 2048, context: 2048, decode: false };
 * assertEquals(layers.norm(4096, prompt), 131_082);
 * ```
 */
export class AnalyticLayers {
  readonly #machine: AnalyticMachine;
  readonly #rules: AnalyticRules;
  readonly #cost: ReturnType<typeof pipelinedCosts>;

  /** The formulas for a machine, by public or right rules. */
  constructor(machine: AnalyticMachine, rules: AnalyticRules) {
    this.#machine = machine;
    this.#rules = rules;
    this.#cost = pipelinedCosts(machine, rules);
  }

  /** Embedding of the tokens. */
  embedding(hidden: number, { batch, sequence }: TokenShape): number {
    const rows = ceil(hidden / this.#machine.vlen);
    return 3 * this.#cost.scalarBasic + sequence * batch * rows * this.#cost.transfer;
  }

  /** One RMS norm. */
  norm(hidden: number, tokens: TokenShape): number {
    const { scalarBasic, vectorBasic } = this.#cost;
    const { batch, sequence } = tokens;
    const spill = tokens.decode ? 0 : this.#spill(hidden * sequence * batch);
    return 10 * scalarBasic + this.#rows(hidden) * 8 * sequence * vectorBasic * batch + spill;
  }

  /** Projections of q, k and v with the rotary embedding, and the stores of k and v. */
  projection(
    hidden: number,
    { heads, kvHeads, headDim }: HeadShape,
    { batch, sequence, decode }: TokenShape,
  ): number {
    const { vlen, vectorPrefetchRows } = this.#machine;
    const { vectorBasic, transfer } = this.#cost;
    const tokens = sequence * batch;
    const kvWidth = kvHeads * headDim;
    const kvDepth = this.#rules === "plena" ? kvWidth : hidden;
    const queryWidth = this.#rules === "plena" ? hidden : heads * headDim;
    const rope = ceil(tokens / vlen) * vectorBasic;
    const output = this.#rules === "plena" ? 0 : this.#matmul(tokens, heads * headDim, hidden);
    return this.#matmul(tokens, hidden, queryWidth) + heads * rope +
      2 * this.#matmul(tokens, kvDepth, kvWidth) + kvHeads * rope + output +
      (decode ? 0 : this.#spill(hidden * tokens)) +
      2 * floor((tokens * kvWidth) / (vlen * vectorPrefetchRows)) * transfer;
  }

  /** Flash attention over grouped heads. */
  flashAttention({ heads, kvHeads, headDim }: HeadShape, tokens: TokenShape): number {
    const { mlen, blen, hlen } = this.#machine;
    const cost = this.#cost;
    const { batch, sequence, context } = tokens;
    const group = floor(heads / kvHeads);
    const groupTiles = ceil(group / floor(mlen / hlen));
    const tiles = ceil(sequence / mlen) * ceil(context / mlen);
    const softmax = 4 * cost.vectorBasic + 2 * cost.scalarBasic + cost.scalarExp;
    const headBlocks = ceil(headDim / blen);
    if (tokens.decode) {
      const perGroup = (cost.matrixVector + cost.transfer) * groupTiles + softmax * group +
        headBlocks * cost.matrixVector * group + (2 * cost.vectorBasic + 1) * group;
      return tiles * kvHeads * batch * perGroup;
    }
    const rows = min(mlen, context);
    const perGroup = (4 + this.#scoreTile(sequence, context) + cost.transfer) * groupTiles +
      rows * softmax * group + 4 + headBlocks * ceil(rows / blen) * cost.matrix * group +
      rows * (cost.vectorBasic + 4 + cost.scalarReci) * group;
    return tiles * kvHeads * batch * perGroup;
  }

  /** Attention as three passes: scores, softmax, weighted sum. */
  selfAttention(shape: HeadShape, tokens: TokenShape): number {
    return this.#attention(shape, tokens, tokens.context, 0, tokens.sequence);
  }

  /** Attention over the last `window` tokens, with one sink. */
  slidingAttention(shape: HeadShape, tokens: TokenShape, window: number): number {
    const seen = min(tokens.decode ? tokens.context : tokens.sequence, window);
    return this.#attention(shape, tokens, seen, 1, seen);
  }

  /** One residual addition. */
  residual(hidden: number, tokens: TokenShape): number {
    const { batch, sequence } = tokens;
    const spill = tokens.decode ? 0 : this.#spill(hidden * sequence * batch);
    return (this.#cost.vectorAdd + 3) * sequence * this.#rows(hidden) * batch + spill;
  }

  /** The gated feed-forward layer. */
  feedForward(hidden: number, width: number, { batch, sequence }: TokenShape): number {
    const tokens = sequence * batch;
    const activation = ceil(width / this.#machine.vlen) * 6 * this.#cost.vectorBasic * tokens;
    return 2 * this.#matmul(tokens, hidden, width) + activation +
      this.#matmul(tokens, width, hidden);
  }

  /** A feed-forward layer of experts: router, choice, experts and their weighted sum. */
  experts(
    hidden: number,
    width: number,
    { experts, active }: ExpertShape,
    { batch, sequence, decode }: TokenShape,
  ): number {
    const { vlen, mlen, blen } = this.#machine;
    const cost = this.#cost;
    const tokens = sequence * batch;
    const product = (depth: number): number =>
      4 + ceil(depth / mlen) * (decode ? cost.matrixVector : cost.matrix) + cost.transfer;
    // A prompt is sorted by expert and computed in blocks; a step of generation token by token.
    const blocks = decode
      ? tokens * active
      : experts * ceil(ceil((tokens * active) / experts) / blen);
    const routerBlocks = decode ? tokens : ceil(tokens / blen);
    return ceil(hidden / vlen) * cost.vectorBasic * 4 * tokens +
      product(hidden) * routerBlocks * ceil(experts / blen) +
      (4 + ceil(experts / vlen) * cost.vectorMax) * tokens +
      tokens * ceil(active / vlen) * (cost.vectorExp + cost.vectorMax + cost.vectorBasic) +
      product(hidden) * blocks * ceil((2 * width) / blen) +
      tokens * active * ceil(width / vlen) * 6 * cost.vectorBasic +
      product(width) * blocks * ceil(hidden / blen) +
      tokens * active * ceil(hidden / vlen) * (cost.vectorMul + cost.vectorAdd);
  }

  /** The head of the vocabulary for `positions` tokens of every sequence. */
  vocabularyHead(hidden: number, vocabulary: number, batch: number, positions = 1): number {
    return 3 * this.#cost.scalarBasic + this.#matmul(batch * positions, hidden, vocabulary);
  }

  /** Softmax over the vocabulary for `positions` tokens of every sequence. */
  vocabularySoftmax(vocabulary: number, batch: number, positions: number): number {
    return batch * positions * ceil(vocabulary / this.#machine.vlen) * 6 * this.#cost.vectorBasic;
  }

  #attention(
    { heads, headDim }: HeadShape,
    { batch, sequence, decode }: TokenShape,
    seen: number,
    sinks: number,
    scoreWidth: number,
  ): number {
    const { vlen, mlen, blen } = this.#machine;
    const cost = this.#cost;
    const softmax = cost.vectorExp + cost.vectorMax + cost.vectorBasic;
    const headBlocks = ceil(headDim / blen);
    if (decode) {
      const pass = (blocks: number): number => 4 + cost.matrixVector * blocks + cost.transfer;
      return batch * (
        pass(ceil(seen / blen)) * heads + heads * ceil(seen / vlen) +
        ceil((seen + sinks) / vlen) * softmax + pass(ceil(seen / mlen)) * headBlocks * heads
      );
    }
    const pass = (blocks: number): number => 4 + cost.matrix * blocks + cost.transfer;
    const blocks = ceil(sequence / blen);
    return batch * (
      pass(blocks * ceil(scoreWidth / blen)) * heads +
      heads * sequence * ceil(scoreWidth / vlen) +
      sequence * ceil((scoreWidth + sinks) / vlen) * softmax +
      pass(ceil(scoreWidth / mlen)) * blocks * headBlocks * heads
    );
  }

  #matmul(rows: number, depth: number, columns: number): number {
    const { mlen, blen } = this.#machine;
    return ceil(rows / blen) * ceil(depth / mlen) * ceil(columns / blen) * this.#cost.matrix;
  }

  #scoreTile(sequence: number, context: number): number {
    const { mlen, blen } = this.#machine;
    return ceil(min(sequence, mlen) / blen) * ceil(min(context, mlen) / blen) * blen;
  }

  /** Vector rows of one token; the public model forgets a part of a row. */
  #rows(hidden: number): number {
    const rows = hidden / this.#machine.vlen;
    return this.#rules === "plena" ? floor(rows) : ceil(rows);
  }

  /** Transfers of what the vector SRAM does not hold: there and back. */
  #spill(elements: number): number {
    const { vlen, vectorSramRows, vectorPrefetchRows } = this.#machine;
    const over = max(0, elements - vectorSramRows * vlen);
    return floor(over / (vlen * vectorPrefetchRows)) * this.#cost.transfer * 2;
  }
}
