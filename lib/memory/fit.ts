import { MemoryError } from "./memory_error.ts";
import { chooseRegime, type Footprint, type Regime } from "./weight_manifest.ts";

/** What a model takes in memory with a context of so many tokens; never less for a longer one. */
export type FootprintOf = (context: number) => Footprint;

/** Another way to run a model, tried when it does not fit. */
export interface FitAlternative {
  /** What is different, in words: `weights mxfp4`. */
  readonly name: string;
  /** What it takes then. */
  readonly footprint: FootprintOf;
}

/** A board, as far as fitting goes. */
export interface FitBoard {
  /** Bytes of its memory. */
  readonly capacityBytes: number;
  /** Bytes per second of that memory; null when unknown. */
  readonly memoryBytesPerSecond: number | null;
  /** Bytes per second of the link to the host; null for a board without one. */
  readonly hostBytesPerSecond: number | null;
}

/** The model. */
export interface FitModel {
  /** What it takes. */
  readonly footprint: FootprintOf;
  /** Weight bytes that one step of generation reads. */
  readonly weightBytesPerStep: number;
  /** Tokens of context that are wanted. */
  readonly context: number;
  /** Tokens of context that the model is made for. */
  readonly maxContext: number;
  /** What could be done if it does not fit. */
  readonly alternatives: readonly FitAlternative[];
}

/** A change that makes a model fit. */
export interface FitChange {
  /** What to change, in words. */
  readonly name: string;
  /** What the model takes then. */
  readonly footprint: Footprint;
}

/** Whether and how a model fits a board. */
export interface Fit {
  /** What it takes. */
  readonly footprint: Footprint;
  /** Whether all of it fits: the regime is `resident`. */
  readonly fits: boolean;
  /** Bytes left over; negative when they are missing. */
  readonly spareBytes: number;
  /** What the board does with it. */
  readonly regime: Regime;
  /** The longest context with which all of it fits, up to the model's own; 0 when none does. */
  readonly largestContext: number;
  /** Bytes that cross the link to the host in one step of generation, at least. */
  readonly hostBytesPerStep: number;
  /**
   * Seconds of one step of generation, at least: the bytes that it must read over the bandwidth of
   * memory and link, which work at the same time. Null where a bandwidth that counts is unknown.
   */
  readonly secondsPerStep: number | null;
  /** Changes that make it fit, those that give up the fewest bytes first; empty when it fits. */
  readonly changes: readonly FitChange[];
}

/**
 * Says whether a model fits the memory of a board, what happens if it does not, and what would make
 * it fit.
 *
 * What must cross the link is bounded from below. Streamed weights all cross it in every step. Of
 * what is swapped, a step that goes through everything once misses, whatever is kept, as many bytes
 * as do not fit.
 *
 * ```ts
 * import { fitModel } from "@fourbit/fourbit/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const footprint = (context: number) => ({
 *   weight: 600, kv: context, activation: 0, total: 600 + context,
 * });
 * const fit = fitModel(
 *   { footprint, weightBytesPerStep: 600, context: 500, maxContext: 4096, alternatives: [] },
 *   { capacityBytes: 1000, memoryBytesPerSecond: 1000, hostBytesPerSecond: 50 },
 * );
 * assertEquals([fit.regime, fit.spareBytes, fit.largestContext], ["kv-swap", -100, 400]);
 * assertEquals([fit.hostBytesPerStep, fit.secondsPerStep], [100, 2]);
 * assertEquals(fit.changes.map(({ name }) => name), ["context 400"]);
 * ```
 *
 * @throws {MemoryError} When the context is not a count from 1 to the model's own.
 */
export function fitModel(model: FitModel, board: FitBoard): Fit {
  const { context, maxContext } = model;
  if (!Number.isInteger(context) || context < 1 || context > maxContext) {
    throw new MemoryError(
      `a context of ${context} tokens, the model is made for 1 to ${maxContext}`,
      "choose a context in that range",
    );
  }
  const { capacityBytes } = board;
  const footprint = model.footprint(context);
  const regime = chooseRegime(footprint.weight, footprint.total, capacityBytes);
  const fits = regime === "resident";
  const largestContext = longestContext(model, capacityBytes);
  const hostBytesPerStep = {
    "resident": 0,
    "kv-swap": footprint.total - capacityBytes,
    "weight-stream": model.weightBytesPerStep,
  }[regime];
  const changes = fits ? [] : fittingChanges(model, capacityBytes, largestContext);
  return {
    footprint,
    fits,
    spareBytes: capacityBytes - footprint.total,
    regime,
    largestContext,
    hostBytesPerStep,
    secondsPerStep: stepSeconds(model, footprint, regime, hostBytesPerStep, board),
    changes,
  };
}

function longestContext({ footprint, maxContext }: FitModel, capacityBytes: number): number {
  let fitting = 0;
  let tooLong = maxContext + 1;
  while (tooLong - fitting > 1) {
    const middle = Math.floor((fitting + tooLong) / 2);
    if (footprint(middle).total <= capacityBytes) fitting = middle;
    else tooLong = middle;
  }
  return fitting;
}

function stepSeconds(
  { weightBytesPerStep }: FitModel,
  { kv }: Footprint,
  regime: Regime,
  hostBytes: number,
  { memoryBytesPerSecond, hostBytesPerSecond }: FitBoard,
): number | null {
  const memoryBytes = kv + (regime === "weight-stream" ? 0 : weightBytesPerStep);
  if (memoryBytesPerSecond === null) return null;
  if (hostBytes > 0 && hostBytesPerSecond === null) return null;
  return Math.max(memoryBytes / memoryBytesPerSecond, hostBytes / (hostBytesPerSecond ?? 1));
}

function fittingChanges(
  { footprint, context, alternatives }: FitModel,
  capacityBytes: number,
  largestContext: number,
): FitChange[] {
  const changes = alternatives.map(({ name, footprint }) => ({
    name,
    footprint: footprint(context),
  }));
  if (largestContext > 0) {
    changes.push({ name: `context ${largestContext}`, footprint: footprint(largestContext) });
  }
  return changes.filter(({ footprint }) => footprint.total <= capacityBytes)
    .sort((a, b) => b.footprint.total - a.footprint.total);
}
