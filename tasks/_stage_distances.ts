/**
 * How far the stages of a decoder's programs are from what the machine had before them.
 *
 * @module
 */
import type { ArtifactData, StageDistanceData } from "../lib/artifacts/mod.ts";
import type { Terminal } from "../lib/cli/mod.ts";
import { compareStages, type DecoderProgram } from "../lib/compiler/mod.ts";
import type { Machine } from "../lib/emulator/mod.ts";
import type { KvCache } from "../lib/models/mod.ts";
import { finite, formatSmall, isWithin } from "./_distances.ts";
import type { Source } from "./_inputs.ts";
import type { CompiledModel } from "./_model_run.ts";

/** What was compared, whichever way. */
export interface Compared {
  readonly data: Omit<ArtifactData<"model_comparison">, "within" | "firstBadStage">;
  readonly inputs: readonly Source[];
  /** Why no stage was looked at, or why there were more decode steps than wanted. */
  readonly note?: string;
}

/**
 * Runs a program on a machine, and tells how far each stage is from what the ones before it make.
 *
 * @param tokens One sequence after the other.
 * @param caches Keys and values of the positions before, of each sequence; get those of this program.
 */
export function stagesOf(
  { compiled, weights }: CompiledModel,
  program: DecoderProgram,
  tokens: readonly number[],
  machine: Machine,
  caches: readonly KvCache[],
): StageDistanceData[] {
  const position = caches[0]!.length;
  return compareStages(compiled, program, weights, tokens, machine, caches).map(
    ({ name, layer, sequence, relativeRms, cosine }) => ({
      name,
      layer: layer ?? null,
      sequence,
      position,
      relativeRms: finite(relativeRms),
      cosine: finite(cosine),
    }),
  );
}

/** A stage with its place; the sequence is named if there are several. */
export function stageName(
  { name, layer, sequence, position }: StageDistanceData,
  batch: number,
): string {
  return name + (layer === null ? "" : ` of layer ${layer}`) +
    (batch === 1 ? "" : ` in sequence ${sequence}`) +
    (position === 0 ? "" : ` in the decode step of position ${position}`);
}

/** A line per kind of stage, with the place where it is the farthest off. */
export function reportStages(
  terminal: Terminal,
  { stages, batch, bound }: Pick<ArtifactData<"model_comparison">, "stages" | "batch" | "bound">,
): void {
  if (stages.length === 0) return;
  const names = [...new Set(stages.map(({ name }) => name))];
  const size = ({ relativeRms }: StageDistanceData): number => relativeRms ?? Infinity;
  terminal.table(
    ["stage", "times", "worst relative RMS", "cosine", "where", "within"],
    names.map((name) => {
      const own = stages.filter((stage) => stage.name === name);
      const worst = own.reduce((a, b) => (size(b) > size(a) ? b : a));
      return [
        name,
        own.length,
        formatSmall(worst.relativeRms),
        worst.cosine === null ? "not finite" : worst.cosine.toFixed(7),
        worst.relativeRms === 0 ? "" : (worst.layer === null ? "" : `layer ${worst.layer}, `) +
          (batch === 1 ? "" : `sequence ${worst.sequence}, `) + `position ${worst.position}`,
        isWithin(worst.relativeRms, bound),
      ];
    }),
  );
}
