import { type AtomSpec, STANDARD_ATOMS } from "../truth_table.ts";
import { TrainingError } from "./training_error.ts";

/** Most inputs of a function that is trained. */
export const MAX_TRAINED_INPUTS = 6;

/**
 * Checks that a function can be trained.
 *
 * @throws {TrainingError} When its table does not have a digit per row, or it has too many inputs.
 */
export function checkSpec({ name, inputs, truthTable }: AtomSpec): void {
  if (inputs.length > MAX_TRAINED_INPUTS || inputs.length === 0) {
    throw new TrainingError(
      `${name}: ${inputs.length} inputs`,
      `give a function of 1 to ${MAX_TRAINED_INPUTS} inputs, or compose it as a circuit`,
    );
  }
  if (truthTable.length !== 2 ** inputs.length || !/^[01]*$/.test(truthTable)) {
    throw new TrainingError(
      `${name}: ${truthTable.length} rows for ${inputs.length} inputs`,
      `give ${2 ** inputs.length} digits 0 or 1, one per row`,
    );
  }
}

/**
 * The standard atom of a name.
 *
 * @throws {TrainingError} When there is none.
 */
export function standardAtom(name: string): AtomSpec {
  const found = STANDARD_ATOMS.find((atom) => atom.name === name);
  if (found === undefined) {
    throw new TrainingError(
      `unknown atom "${name}"`,
      `choose from ${STANDARD_ATOMS.map((atom) => atom.name).join(", ")}`,
    );
  }
  return found;
}
