import { type DecoderWeights, KvCache, stagedForward, type StageName } from "../../models/mod.ts";
import { vectorDistance } from "../../numerics/mod.ts";
import type { CompiledDecoder } from "./compile_decoder.ts";
import type { DecoderProgram } from "./decoder_program.ts";
import type { DecoderTarget } from "./plan.ts";
import { splitSequences } from "./split_sequences.ts";
import { type SteppedMachine, visitStages } from "./stage_values.ts";

/** How far a stage of the machine is from what its own previous stages make. */
export interface StageComparison {
  /** The stage. */
  readonly name: StageName;
  /** Its layer; undefined outside the layers. */
  readonly layer: number | undefined;
  /** Which of the plan's sequences. */
  readonly sequence: number;
  /** √(Σ(x − y)² / Σy²). */
  readonly relativeRms: number;
  /** Cosine of the angle between both. */
  readonly cosine: number;
}

/**
 * Runs a program stage by stage, then the staged reference pass, which goes on from what the
 * machine had wherever that is known. A wrong kernel shows in its own stage, and not in those behind
 * it; the first stage beyond a bound is the place to look. Of several sequences each is compared by
 * itself, stage by stage.
 *
 * @param program One with logits of all rows, if any.
 * @param tokens One sequence after the other.
 * @param machine A machine with the program, its images, and the model's image in HBM.
 * @param caches Keys and values of the programs that ran before, for a decode step, of each sequence;
 * those of this one are appended.
 * @throws {CompileError} When the tokens are not as many for each sequence.
 */
export function compareStages(
  compiled: CompiledDecoder,
  program: DecoderProgram,
  weights: DecoderWeights,
  tokens: readonly number[],
  machine: SteppedMachine,
  caches: readonly KvCache[] = newCaches(compiled.plan),
): StageComparison[] {
  const { plan } = compiled;
  const key = (name: StageName, layer: number | undefined): string => `${name} ${layer}`;
  const found = new Map<string, Float32Array>();
  visitStages(plan, program, machine, ({ name }, layer, values) => {
    found.set(key(name, layer), values);
  });
  const bySequence = splitSequences(plan, tokens).map((own, sequence) => {
    const comparisons: StageComparison[] = [];
    stagedForward(plan.config, weights, own, {
      ...compiled.staged(),
      cache: caches[sequence]!,
      logits: plan.output === "logits" ? "all" : "none",
      goOnFrom: ({ name, layer, values: expected }) => {
        const all = found.get(key(name, layer));
        if (all === undefined) return undefined;
        const values = all.slice(sequence * expected.length, (sequence + 1) * expected.length);
        comparisons.push({ name, layer, sequence, ...vectorDistance(values, expected) });
        return values;
      },
    });
    return comparisons;
  });
  // The first stage that is wrong stands before the ones behind it, whichever sequence it is of.
  return bySequence[0]!.flatMap((_, stage) => bySequence.map((stages) => stages[stage]!));
}

/** A cache of keys and values for each sequence of a plan, without any position. */
export function newCaches({ batch, config }: DecoderTarget): KvCache[] {
  return Array.from({ length: batch }, () => new KvCache(config));
}

/** The first stage whose relative RMS is beyond a bound, or no number (in artifacts null). */
export function firstBadStage<Stage extends { readonly relativeRms: number | null }>(
  comparisons: readonly Stage[],
  bound: number,
): Stage | undefined {
  return comparisons.find(({ relativeRms }) => !((relativeRms ?? NaN) <= bound));
}
