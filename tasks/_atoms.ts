/**
 * Reading what the tasks on atoms take: atoms from artifacts and TriX files, functions by name or
 * from a file.
 *
 * @module
 */
import { readArtifact, readFile, sha256 } from "../lib/artifacts/mod.ts";
import {
  type AnyAtom,
  type AtomSpec,
  decodeFp4,
  Fp4FileError,
  parseAtomsFile,
  STANDARD_ATOMS,
} from "../lib/atoms/mod.ts";
import { InputError, UsageError } from "../lib/cli/mod.ts";
import { didYouMean } from "../lib/text/mod.ts";
import type { Source } from "./_inputs.ts";

const FP4_MAGIC = [...new TextEncoder().encode("TFP4")];

/** Functions, and the file that they come from unless they are the standard ones. */
export interface LoadedSpecs {
  /** The functions. */
  readonly specs: readonly AtomSpec[];
  /** The file. */
  readonly source?: Source;
}

/** Reads a file of functions; the ten standard ones without a path. */
export async function loadSpecs(path: string | undefined): Promise<LoadedSpecs> {
  if (path === undefined) return { specs: STANDARD_ATOMS };
  const bytes = await readFile(path, "give a YAML file of atoms with --file");
  const specs = parseAtomsFile(new TextDecoder().decode(bytes), path);
  return { specs, source: { role: "functions", path, sha256: await sha256(bytes) } };
}

/**
 * The functions that `--atoms` names, with commas between: of a file, or standard ones; `all` means
 * all of the file.
 *
 * @throws {UsageError} When there is none of a name.
 */
export function chosenSpecs(list: string, specs: readonly AtomSpec[]): AtomSpec[] {
  if (list === "all") return [...specs];
  const known = new Map([...STANDARD_ATOMS, ...specs].map((spec) => [spec.name, spec]));
  const names = [...new Set(list.split(",").map((name) => name.trim()))];
  return names.map((name) => known.get(name) ?? unknownAtom(name, "--atoms", [...known.keys()]));
}

/**
 * The atoms that `--names` names, with commas between, or `all`.
 *
 * @throws {UsageError} When there is none of a name.
 */
export function chosenAtoms(list: string, atoms: readonly AnyAtom[]): AnyAtom[] {
  if (list === "all") return [...atoms];
  const known = new Map(atoms.map((atom) => [atom.name, atom]));
  const names = [...new Set(list.split(",").map((name) => name.trim()))];
  return names.map((name) => known.get(name) ?? unknownAtom(name, "--names", [...known.keys()]));
}

function unknownAtom(name: string, flag: string, names: readonly string[]): never {
  throw new UsageError(
    `unknown atom "${name}" in ${flag}`,
    `${didYouMean(name, names)}choose from ${names.join(", ")}`,
  );
}

/** Atoms with the files that they come from. */
export interface LoadedAtoms {
  /** The atoms, each with the path of its file. */
  readonly atoms: readonly { readonly atom: AnyAtom; readonly path: string }[];
  /** The files. */
  readonly sources: readonly Source[];
}

/**
 * Reads atoms: artifacts of atoms:train and TriX `.fp4` files, told apart by their content. What
 * the atoms compute is not looked at.
 *
 * @param list Paths with commas between.
 * @param specs The functions that `.fp4` files are to compute, by name, beside the standard ones.
 * @throws {UsageError} When a path is empty.
 */
export async function loadAtoms(
  list: string,
  specs: readonly AtomSpec[] = [],
): Promise<LoadedAtoms> {
  const paths = list.split(",").map((path) => path.trim());
  if (paths.includes("")) {
    throw new UsageError(`an empty name in "${list}"`, "give files with commas between");
  }
  const loaded = await Promise.all(paths.map((path) => loadFile(path, specs)));
  return {
    atoms: loaded.flatMap(({ atoms, source: { path } }) => atoms.map((atom) => ({ atom, path }))),
    sources: loaded.map(({ source }) => source),
  };
}

async function loadFile(
  path: string,
  specs: readonly AtomSpec[],
): Promise<{ atoms: readonly AnyAtom[]; source: Source }> {
  const bytes = await readFile(path, "make it with: deno task atoms:train");
  const isFp4 = path.endsWith(".fp4") || FP4_MAGIC.every((byte, i) => bytes[i] === byte);
  if (isFp4) {
    const atoms = [decodeFile(bytes, path, specs)];
    return { atoms, source: { role: "fp4", path, sha256: await sha256(bytes) } };
  }
  const { data, sha256: hash } = await readArtifact(path, "atoms");
  const atoms = [...data.atoms, ...(data.networks ?? [])];
  return { atoms, source: { role: "atoms", path, sha256: hash } };
}

function decodeFile(bytes: Uint8Array, path: string, specs: readonly AtomSpec[]): AnyAtom {
  try {
    // The file says only which name it has: that is where its function is looked up.
    const name = new TextDecoder().decode(bytes.subarray(9, 9 + (bytes[6] ?? 0)));
    const spec = specs.find((spec) => spec.name === name);
    return decodeFp4(bytes, spec === undefined ? {} : { spec });
  } catch (error) {
    if (!(error instanceof Fp4FileError)) throw error;
    throw new InputError(error.message, error.help, { file: path }, { cause: error });
  }
}
