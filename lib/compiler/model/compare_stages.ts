import { type DecoderWeights, KvCache, stagedForward, type StageName } from "../../models/mod.ts";
import type { DecoderProgram } from "./compile_decoder.ts";
import type { DecoderPlan } from "./plan.ts";
import { stagedOptions } from "./staged_options.ts";
import { type SteppedMachine, visitStages } from "./stage_values.ts";

/** How far a stage of the machine is from what its own previous stages make. */
export interface StageComparison {
  /** The stage. */
  readonly name: StageName;
  /** Its layer; undefined outside the layers. */
  readonly layer: number | undefined;
  /** √(Σ(x − y)² / Σy²). */
  readonly relativeRms: number;
  /** Cosine of the angle between both. */
  readonly cosine: number;
}

/**
 * Runs a program stage by stage, then the staged reference pass, which goes on from what the
 * machine had wherever that is known. A wrong kernel shows in its own stage, and not in those behind
 * it; the first stage beyond a bound is the place to look.
 *
 * @param machine A machine with the program, its images, and the model's image in HBM.
 * @param cache Keys and values of the programs that ran before, for a decode step; those of this one
 * are appended.
 */
export function compareStages(
  plan: DecoderPlan,
  program: DecoderProgram,
  weights: DecoderWeights,
  tokens: readonly number[],
  machine: SteppedMachine,
  cache: KvCache = new KvCache(plan.config),
): StageComparison[] {
  const key = (name: StageName, layer: number | undefined): string => `${name} ${layer}`;
  const found = new Map<string, Float32Array>();
  visitStages(plan, program, machine, ({ name }, layer, values) => {
    found.set(key(name, layer), values);
  });
  const comparisons: StageComparison[] = [];
  stagedForward(plan.config, weights, tokens, {
    ...stagedOptions(plan),
    cache,
    logits: plan.output === "logits" ? "all" : "none",
    goOnFrom: ({ name, layer, values: expected }) => {
      const values = found.get(key(name, layer));
      if (values === undefined) return undefined;
      comparisons.push({ name, layer, ...distance(values, expected) });
      return values;
    },
  });
  return comparisons;
}

/** The first stage whose relative RMS is beyond a bound (or not a number). */
export function firstBadStage(
  comparisons: readonly StageComparison[],
  bound: number,
): StageComparison | undefined {
  return comparisons.find(({ relativeRms }) => !(relativeRms <= bound));
}

function distance(
  values: Float32Array,
  truth: Float32Array,
): { readonly relativeRms: number; readonly cosine: number } {
  let [error, power, own, both] = [0, 0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    const [x, y] = [values[i]!, truth[i]!];
    error += (x - y) ** 2;
    power += y * y;
    own += x * x;
    both += x * y;
  }
  if (power === 0) return { relativeRms: error === 0 ? 0 : Infinity, cosine: error === 0 ? 1 : 0 };
  return { relativeRms: Math.sqrt(error / power), cosine: both / Math.sqrt(own * power) };
}
