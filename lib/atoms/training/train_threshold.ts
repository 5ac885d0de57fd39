import type { Atom } from "../atom.ts";
import { TrainingError } from "./training_error.ts";
import { type FloatNetwork, trainFloat, weightedSum } from "./sharpening_sigmoids.ts";
import { type GateRow, type QuantisedGate, quantiseGate } from "./quantise_gate.ts";
import { packLayer, type ThresholdLayer } from "../threshold_layer.ts";
import { type AtomSpec, rowInputs } from "../truth_table.ts";
import { checkSpec, standardAtom } from "./standard_atom.ts";
import { verify } from "../verify.ts";

/** How atoms are trained. */
export interface TrainOptions {
  /** The first seed; every further attempt takes the next one. Default 0. */
  readonly seed?: number;
  /** Attempts before training gives up. Default 200. */
  readonly maxAttempts?: number;
  /** Gradient steps of one attempt at the most. Default 400. */
  readonly maxEpochs?: number;
}

/** Name of the method, as atoms record it. */
export const METHOD = "threshold";

/** Attempts per width of the hidden layer, from narrow to wide, so that atoms come out small. */
const WIDTHS: readonly { readonly hidden: number; readonly attempts: number }[] = [
  { hidden: 0, attempts: 1 },
  { hidden: 2, attempts: 12 },
  { hidden: 3, attempts: 40 },
  { hidden: 4, attempts: 40 },
  { hidden: 6, attempts: 40 },
  { hidden: 8, attempts: Infinity },
];

/**
 * Trains an atom from its truth table to E2M1 weights: gradient descent in float, then rounding
 * gate by gate with a scale search, then verification of every row from the packed codes. An
 * attempt that is not exact is followed by one with the next seed, from narrow networks to wide.
 *
 * @param atom A truth table, or the name of one of the {@linkcode STANDARD_ATOMS}.
 * @throws {TrainingError} When no attempt is exact, or no standard atom has that name.
 */
export function train(atom: AtomSpec | string, options: TrainOptions = {}): Atom {
  const spec = typeof atom === "string" ? standardAtom(atom) : atom;
  const { seed = 0, maxAttempts = 200, maxEpochs = 400 } = options;
  checkSpec(spec);
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const hidden = widthOf(attempt);
    const trained = trainFloat(spec.truthTable, {
      inputs: spec.inputs.length,
      hidden,
      seed: seed + attempt,
      maxEpochs,
    });
    const layers = quantise(trained.network, spec);
    if (layers === undefined) continue;
    const candidate: Atom = {
      ...spec,
      layers,
      training: {
        method: METHOD,
        seed: seed + attempt,
        attempts: attempt + 1,
        epochs: trained.epochs,
        hidden,
      },
    };
    if (verify(candidate).exact) return candidate;
  }
  throw new TrainingError(
    `${spec.name}: no exact network after ${maxAttempts} attempts from seed ${seed}`,
    "try another --seed, more attempts with --max-attempts, or another --method",
  );
}

function widthOf(attempt: number): number {
  let rest = attempt;
  for (const { hidden, attempts } of WIDTHS) {
    if (rest < attempts) return hidden;
    rest -= attempts;
  }
  return WIDTHS.at(-1)!.hidden;
}

/**
 * Rounds a float network gate by gate. Every hidden gate must keep the Boolean function that its
 * float original has; the output gate must give the truth table for the hidden values that occur.
 */
function quantise(network: FloatNetwork, spec: AtomSpec): ThresholdLayer[] | undefined {
  const inputs = spec.inputs.length;
  const rows = Array.from(spec.truthTable, (_, row) => rowInputs(row, inputs));
  const hidden: QuantisedGate[] = [];
  const seen: number[][] = rows.map(() => []);
  for (const gate of network.hidden) {
    const answers = rows.map((x): GateRow => ({ x, target: weightedSum(gate, x) >= 0 ? 1 : 0 }));
    const quantised = quantiseGate(gate, answers);
    if (quantised === undefined) return undefined;
    hidden.push(quantised);
    answers.forEach(({ target }, row) => seen[row]!.push(target));
  }
  const output = quantiseGate(
    network.output,
    rows.map((x, row): GateRow => ({
      x: hidden.length === 0 ? x : seen[row]!,
      target: spec.truthTable[row] === "1" ? 1 : 0,
    })),
  );
  if (output === undefined) return undefined;
  const layer = (size: number, gates: readonly QuantisedGate[]): ThresholdLayer =>
    packLayer(size, gates.flatMap((gate) => gate.weightCodes), gates.map((gate) => gate.biasCode));
  return hidden.length === 0
    ? [layer(inputs, [output])]
    : [layer(inputs, hidden), layer(hidden.length, [output])];
}
