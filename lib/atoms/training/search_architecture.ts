import type { AnyAtom } from "../atom.ts";
import { isThreshold } from "../atom.ts";
import { ACTIVATIONS, encodedWidth } from "../quantised_network.ts";
import type { AtomSpec } from "../truth_table.ts";
import { type Architecture, placeLayers } from "./dense_network.ts";
import { type MethodOptions, networkTraining } from "./method_options.ts";
import { trainNetworkOnce } from "./train_network.ts";
import { TrainingError } from "./training_error.ts";

const WIDTHS = [4, 8, 16, 32, 64, 128, 256] as const;
const DEPTHS = [1, 2, 3] as const;
/** Attempts per architecture: a larger one is soon the better bet. */
const ATTEMPTS = 3;
const MAX_EPOCHS = 200;

/**
 * The architectures of the search, from few parameters to many: no hidden layer, and one to three
 * of 4 to 256 gates, with every activation and, from two on, with and without residual connections.
 */
export function architectures(inputs: number): Architecture[] {
  const all: Architecture[] = [{ hidden: [], activation: "step", residual: false }];
  for (const depth of DEPTHS) {
    for (const width of WIDTHS) {
      for (const activation of ACTIVATIONS) {
        const hidden = Array<number>(depth).fill(width);
        all.push({ hidden, activation, residual: false });
        if (depth > 1) all.push({ hidden, activation, residual: true });
      }
    }
  }
  // Steps first among equals: their atoms need no scales, and circuits can be made of them.
  const rank = ({ activation }: Architecture): number => activation === "step" ? 0 : 1;
  const size = (one: Architecture): number => placeLayers(inputs, one).at(-1)!.end;
  return all.sort((a, b) => size(a) - size(b) || rank(a) - rank(b));
}

/**
 * Tries the architectures one after the other with quantisation-aware training, and returns the
 * first exact atom: the smallest of those that three seeds each could make exact.
 *
 * @throws {TrainingError} When none was exact within the attempts.
 */
export function searchArchitecture(spec: AtomSpec, options: MethodOptions = {}): AnyAtom {
  const { seed = 0, maxAttempts = Infinity, maxEpochs = MAX_EPOCHS, encoding = "binary" } = options;
  let attempts = 0;
  for (const architecture of architectures(encodedWidth(spec.inputs.length, encoding))) {
    const training = networkTraining("qat", spec.inputs.length, {
      ...options,
      ...architecture,
      maxEpochs,
    });
    for (let i = 0; i < ATTEMPTS && attempts < maxAttempts; i++, attempts++) {
      const { atom, exact } = trainNetworkOnce(spec, training, seed + i);
      if (!exact) continue;
      const record = { ...atom.training!, method: "search", attempts: attempts + 1 };
      return isThreshold(atom) ? { ...atom, training: record } : { ...atom, training: record };
    }
  }
  throw new TrainingError(
    `${spec.name}: no architecture was exact in ${attempts} attempts from seed ${seed}`,
    "try another --seed, more attempts with --max-attempts, or another --method",
  );
}
