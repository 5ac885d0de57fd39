import type { Atom, TrainingRecord } from "./atom.ts";
import { packLayer } from "./threshold_layer.ts";
import type { AtomSpec } from "./truth_table.ts";

/** A list of threshold gates, each of which sees the inputs and all gates before it. */
export interface GateSequence {
  /** Number of inputs. */
  readonly inputs: number;
  /** The gates; the last one is the output. */
  readonly gates: readonly {
    /** E2M1 codes of the weights of all inputs and all gates before, in this order. */
    readonly weightCodes: readonly number[];
    /** E2M1 codes whose sum is the bias: one or two. */
    readonly biasCodes: readonly number[];
  }[];
}

/**
 * The atom of a sequence of gates: one layer per gate, with connections that skip layers when
 * there is more than one. Says nothing about what the gates compute; {@linkcode verify} does.
 */
export function atomOfGates(
  spec: AtomSpec,
  { gates, inputs }: GateSequence,
  training?: TrainingRecord,
): Atom {
  const { name, truthTable } = spec;
  return {
    name,
    inputs: spec.inputs,
    truthTable,
    layers: gates.map(({ weightCodes, biasCodes }, gate) =>
      packLayer(inputs + gate, weightCodes, biasCodes, biasCodes.length === 2 ? 2 : 1)
    ),
    ...(gates.length > 1 ? { skip: true } : {}),
    ...(training === undefined ? {} : { training }),
  };
}
