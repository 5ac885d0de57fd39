import type { AnyAtom, Atom } from "../atom.ts";
import { isThreshold } from "../atom.ts";
import { atomOfGates } from "../gates_atom.ts";
import { synthesise } from "../synthesis/synthesise.ts";
import type { AtomSpec } from "../truth_table.ts";
import { type MethodOptions, networkTraining } from "./method_options.ts";
import { recodeAtom } from "./recode.ts";
import { searchArchitecture } from "./search_architecture.ts";
import { checkSpec, standardAtom } from "./standard_atom.ts";
import { type NetworkTraining, trainNetworkOnce } from "./train_network.ts";
import { train } from "./train_threshold.ts";
import { TrainingError } from "./training_error.ts";

/** The ways to make an atom from its truth table, each with what it does; the first one needs no seed. */
export const METHODS = {
  synth: "exact synthesis: minimal gates up to four inputs, decomposition for five and six",
  threshold: "gradient descent on sigmoids that sharpen to steps, then E2M1 gate by gate",
  float: "a ReLU network of two hidden layers of 32 gates, stored as float32",
  ptq: "the same network, quantised after training",
  qat: "ReLU networks quantised in every epoch, with gradients that go straight through",
  search: "the smallest of 141 architectures that training with quantisation makes exact",
} as const;
/** Name of one of the {@linkcode METHODS}. */
export type Method = keyof typeof METHODS;

const MAX_ATTEMPTS = 20;

/**
 * Makes an exact atom by a method. Without exactness there is no atom: every row is right, from the
 * packed codes, and no step decides at exactly 0.
 *
 * @param atom A truth table of up to 6 inputs, or the name of a standard atom.
 * @throws {TrainingError} When no attempt is exact.
 * @throws {IncompatibleFormatError} When the format cannot hold what the method makes.
 */
export function makeAtom(
  atom: AtomSpec | string,
  method: Method,
  options: MethodOptions = {},
): AnyAtom {
  const spec = typeof atom === "string" ? standardAtom(atom) : atom;
  checkSpec(spec);
  switch (method) {
    case "synth":
      return inFormat(synthesised(spec), options);
    case "threshold":
      return inFormat(train(spec, options), options);
    case "search":
      return searchArchitecture(spec, options);
    case "float":
    case "ptq":
    case "qat":
      return trainNetwork(spec, networkTraining(method, spec.inputs.length, options), options);
  }
}

function synthesised(spec: AtomSpec): Atom {
  const network = synthesise(spec.truthTable);
  const hidden = network.gates.length - 1;
  return atomOfGates(spec, network, { method: "synth", seed: 0, attempts: 1, epochs: 0, hidden });
}

/** A threshold atom as it is for E2M1 without scales, otherwise in the format asked for. */
function inFormat(atom: Atom, { format = "e2m1", scaling = "none" }: MethodOptions): AnyAtom {
  if (format === "e2m1" && scaling === "none") return atom;
  return recodeAtom(atom, format, scaling === "search" ? "tensor" : scaling);
}

/** Trains with one seed after the other until the codes are exact. */
function trainNetwork(spec: AtomSpec, training: NetworkTraining, options: MethodOptions): AnyAtom {
  const { seed = 0, maxAttempts = MAX_ATTEMPTS } = options;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const { atom, exact } = trainNetworkOnce(spec, training, seed + attempt);
    if (!exact) continue;
    const record = { ...atom.training!, attempts: attempt + 1 };
    return isThreshold(atom) ? { ...atom, training: record } : { ...atom, training: record };
  }
  const { method, format, scaling } = training;
  throw new TrainingError(
    `${spec.name}: no exact network by ${method} in ${format}, scaling ${scaling}, ` +
      `after ${maxAttempts} attempts from seed ${seed}`,
    "try another --seed, wider hidden layers or another scaling",
  );
}
