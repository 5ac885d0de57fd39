import { type AnyAtom, type Atom, isThreshold, verify } from "../atoms/mod.ts";
import { didYouMean } from "../text/mod.ts";
import { CircuitError, type CircuitPlace } from "./circuit_error.ts";
import { checkGate, type Instance, isAtom, type Netlist, sortInstances } from "./netlist.ts";

/** A compiled circuit: instances in order of evaluation, and the atoms that they are made of. */
export interface Circuit extends Netlist {
  /** The atoms in use, one of each type, with their packed codes. */
  readonly atoms: readonly Atom[];
  /** Instances, in an order in which every wire is driven before it is read. */
  readonly instances: readonly Instance[];
}

/**
 * Composes gates and verified atoms to a circuit. Every atom in use is verified again, from its
 * packed codes.
 *
 * @param atoms The atoms at hand; those that the netlist does not use are left out.
 * @throws {CircuitError} When an atom is missing, not exact or wired with the wrong number of
 * inputs, or the netlist is not in order.
 */
export function compileCircuit(netlist: Netlist, atoms: readonly AnyAtom[]): Circuit {
  const instances = sortInstances(netlist);
  const used = new Map<string, Atom>();
  for (const instance of instances) {
    const { name, inputs } = instance;
    if (!isAtom(instance)) {
      checkGate(instance);
      continue;
    }
    const type = instance.atom;
    const atom = used.get(type) ?? verifiedAtom(type, atoms);
    if (inputs.length !== atom.inputs.length) {
      throw new CircuitError(
        `instance ${name} gives ${inputs.length} wires to ${type}, which has ` +
          `${atom.inputs.length} inputs`,
        "wire every input of the atom once",
      );
    }
    used.set(type, atom);
  }
  return { ...netlist, instances, atoms: [...used.values()] };
}

/** The error about an atom that is not at hand; `who` needs it. */
export function missingAtom(
  who: string,
  type: string,
  names: readonly string[],
  place?: CircuitPlace,
): CircuitError {
  return new CircuitError(
    `${who} needs atom ${type}, which is not among ${names.join(", ")}`,
    `${didYouMean(type, names)}train it: deno task atoms:train --atoms ${type} ` +
      `--out out/${type}.json, with --file if the function is your own; then name all files of ` +
      "atoms, with commas between",
    place,
  );
}

function verifiedAtom(type: string, atoms: readonly AnyAtom[]): Atom {
  const atom = atoms.find(({ name }) => name === type);
  if (atom === undefined) {
    throw missingAtom("the circuit", type, atoms.map(({ name }) => name));
  }
  if (!isThreshold(atom)) {
    throw new CircuitError(
      `atom ${type} is no threshold network, so circuits cannot be made of it`,
      "make it with another method: deno task atoms:train",
    );
  }
  const { exact, firstWrong } = verify(atom);
  if (exact) return atom;
  throw new CircuitError(
    `atom ${type} is not exact: row ${firstWrong?.inputs} gives ${firstWrong?.actual}, ` +
      `expected ${firstWrong?.expected}`,
    "train it again with: deno task atoms:train",
  );
}
