/**
 * How far one result of a model is from another: the figures, their bounds, and the table.
 *
 * @module
 */
import { compareTensors, relativeTolerance, topAgreement } from "../lib/analysis/mod.ts";
import type { ArtifactData, DistanceData } from "../lib/artifacts/mod.ts";
import { formatValue, type Terminal, UsageError } from "../lib/cli/mod.ts";
import type { StoredFormat } from "./_decoder.ts";

/** Largest relative RMS to the staged reference that is right, by the format of the weights. */
export const STAGED_BOUNDS: Readonly<Record<StoredFormat, number>> = {
  bf16: 2e-3,
  mxfp8: 1e-2,
  mxfp4: 1e-2,
};

/** An element may be off by so many times what the root mean square of all may. */
const ELEMENT_BOUNDS = 10;

/** Staged reference and float model of the same text, (rows, columns). */
export interface Expected {
  readonly staged: Float32Array;
  readonly float: Float32Array;
}

/** The machine beside both references, and these beside one another. */
export type Distances = Pick<
  ArtifactData<"model_comparison">,
  "machineToStaged" | "machineToFloat" | "stagedToFloat"
>;

/** Refuses a bound that nothing can keep. */
export function checkBound(bound: number | undefined): void {
  if (bound === undefined || bound >= 0) return;
  throw new UsageError(`--bound ${bound}`, "give a relative RMS of at least 0");
}

/**
 * How far a result is from another.
 *
 * @param columns Length of a row of logits, of which the top one counts; undefined for states.
 * @param bound What the relative RMS may be; an element may be ten times as far off.
 */
export function distanceData(
  values: Float32Array,
  reference: Float32Array,
  columns: number | undefined,
  bound: number,
): DistanceData {
  const { elements, relativeRms, cosine, maxError, outside } = compareTensors(values, reference);
  const tolerance = ELEMENT_BOUNDS * bound;
  return {
    elements,
    relativeRms: finite(relativeRms),
    cosine: finite(cosine),
    maxError: finite(maxError),
    tolerance,
    outside: compareTensors(values, reference, relativeTolerance(reference, tolerance)).outside,
    publicMatchRate: elements === 0 ? 1 : (elements - outside) / elements,
    top: columns === undefined ? null : topAgreement(values, reference, columns),
  };
}

/** All three distances. */
export function distancesOf(
  values: Float32Array,
  { staged, float }: Expected,
  columns: number | undefined,
  bound: number,
): Distances {
  return {
    machineToStaged: distanceData(values, staged, columns, bound),
    machineToFloat: distanceData(values, float, columns, bound),
    stagedToFloat: distanceData(staged, float, columns, bound),
  };
}

/** A number as JSON can hold it. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Whether a relative RMS is within a bound; one that is no number never is. */
export function isWithin(relativeRms: number | null, bound: number): boolean {
  return relativeRms !== null && relativeRms <= bound;
}

/** What is wrong with the machine's result beside the staged reference; undefined if nothing is. */
export function complaint(
  { relativeRms, outside, elements, tolerance, maxError }: DistanceData,
  bound: number,
): string | undefined {
  if (relativeRms === null) {
    return "the relative RMS between machine and staged reference is not finite, and must be at most " +
      bound;
  }
  if (!isWithin(relativeRms, bound)) {
    return `the machine is ${
      formatSmall(relativeRms)
    } from the staged reference, more than ${bound}`;
  }
  if (outside === 0) return undefined;
  return `${formatValue(outside)} of ${formatValue(elements)} elements are more than ${
    percent(tolerance)
  } of their size and ` +
    `the whole's from the staged reference, by up to ${formatSmall(maxError)}`;
}

const significant = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** A small number for a table: `0.00142`, or with an exponent. */
export function formatSmall(value: number | null): string {
  if (value === null) return "not finite";
  return value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential(2) : significant.format(value);
}

function percent(share: number): string {
  return `${significant.format(100 * share)} %`;
}

/** Prints the table of the distances that there are. */
export function printDistances(
  terminal: Terminal,
  found: { readonly [K in keyof Distances]: DistanceData | null },
): void {
  const rows = ([
    ["machine, staged reference", found.machineToStaged],
    ["machine, float model", found.machineToFloat],
    ["staged reference, float model", found.stagedToFloat],
  ] as const).flatMap(([name, distance]) => distance === null ? [] : [{ name, distance }]);
  terminal.table(
    [
      "compared",
      "cosine",
      "relative RMS",
      "max error",
      `beyond ${percent(rows[0]!.distance.tolerance)}`,
      ...(rows[0]!.distance.top === null ? [] : ["same next token"]),
      "public check",
    ],
    rows.map(({ name, distance: { cosine, top, publicMatchRate, ...rest } }) => [
      name,
      cosine === null ? "not finite" : cosine.toFixed(7),
      formatSmall(rest.relativeRms),
      formatSmall(rest.maxError),
      `${formatValue(rest.outside)} of ${formatValue(rest.elements)}`,
      ...(top === null ? [] : [`${top.agreeing} of ${top.rows}`]),
      `${(100 * publicMatchRate).toFixed(1)} %`,
    ]),
  );
}
