/**
 * How far the stages of a decoder's programs are from what the machine had before them.
 *
 * @module
 */
import type { StageDistanceData } from "../lib/artifacts/mod.ts";
import type { Terminal } from "../lib/cli/mod.ts";
import { compareStages, type DecoderProgram } from "../lib/compiler/mod.ts";
import type { Machine } from "../lib/emulator/mod.ts";
import type { KvCache } from "../lib/models/mod.ts";
import { finite, formatSmall, isWithin } from "./_distances.ts";
import type { CompiledModel } from "./_model_run.ts";

/**
 * Runs a program on a machine, and tells how far each stage is from what the ones before it make.
 *
 * @param cache Keys and values of the positions before; gets those of this program.
 */
export function stagesOf(
  { compiled, weights }: CompiledModel,
  program: DecoderProgram,
  tokens: readonly number[],
  machine: Machine,
  cache: KvCache,
): StageDistanceData[] {
  const position = cache.length;
  return compareStages(compiled.plan, program, weights, tokens, machine, cache).map(
    ({ name, layer, relativeRms, cosine }) => ({
      name,
      layer: layer ?? null,
      position,
      relativeRms: finite(relativeRms),
      cosine: finite(cosine),
    }),
  );
}

/** A stage with its place. */
export function stageName({ name, layer, position }: StageDistanceData): string {
  return name + (layer === null ? "" : ` of layer ${layer}`) +
    (position === 0 ? "" : ` in the decode step of position ${position}`);
}

/** A line per kind of stage, with the place where it is the farthest off. */
export function reportStages(
  terminal: Terminal,
  stages: readonly StageDistanceData[],
  bound: number,
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
        worst.relativeRms === 0
          ? ""
          : (worst.layer === null ? "" : `layer ${worst.layer}, `) + `position ${worst.position}`,
        isWithin(worst.relativeRms, bound),
      ];
    }),
  );
}
