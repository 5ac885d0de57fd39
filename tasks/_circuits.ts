/**
 * Reading what the tasks on circuits take: built-in circuits by name, specifications, foreign
 * circuits, compiled circuits; and finding out what a compiled circuit must compute.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import {
  type ArtifactData,
  type LoadedArtifact,
  readArtifact,
  readFile,
  sha256,
} from "../lib/artifacts/mod.ts";
import { evaluateAtom, makeAtom, type NetworkAtom, STANDARD_ATOMS } from "../lib/atoms/mod.ts";
import {
  allWires,
  type BitFunction,
  bitFunction,
  builtinCircuit,
  builtinPorts,
  type Circuit,
  type CircuitSpec,
  flatten,
  isBuiltinSpec,
  type LogicCircuit,
  parseCircuitSpec,
  type Port,
  readAiger,
  readBlif,
  signalBits,
  specFunction,
  symbolicReference,
} from "../lib/circuits/mod.ts";
import { inFile, InputError, UsageError } from "../lib/cli/mod.ts";
import type { Source } from "./_inputs.ts";

/** What a circuit can be compiled from or held against. */
export type CircuitSource =
  /** A built-in one: `adder:8`. */
  | { readonly kind: "builtin"; readonly spec: string; readonly source?: undefined }
  /** A specification in YAML or JSON. */
  | { readonly kind: "spec"; readonly spec: CircuitSpec; readonly source: Source }
  /** A foreign circuit: BLIF or AIGER. */
  | { readonly kind: "logic"; readonly logic: LogicCircuit; readonly source: Source }
  /** A compiled circuit. */
  | { readonly kind: "compiled"; readonly circuit: Circuit; readonly source: Source };

/** What a circuit must compute. */
export interface Definition {
  /** Its name or file. */
  readonly text: string;
  /** Input buses. */
  readonly inputs: readonly Port[];
  /** Output buses. */
  readonly outputs: readonly Port[];
  /** The function. */
  readonly specification: BitFunction;
  /** The file. */
  readonly source?: Source;
}

const HELP = "give a built-in circuit such as adder:8, a specification (.yaml, .json), a foreign " +
  "circuit (.blif, .aag, .aig) or a compiled one (circuit.json)";

/**
 * Reads a circuit: a built-in one by its specification, anything else by its path.
 *
 * @throws {UsageError} When the name is neither.
 */
export async function loadCircuitSource(nameOrPath: string): Promise<CircuitSource> {
  if (!isPath(nameOrPath)) {
    builtinPorts(nameOrPath); // says what is wrong with it
    return { kind: "builtin", spec: nameOrPath };
  }
  const path = nameOrPath;
  const bytes = await readFile(path, HELP);
  const text = (): string => new TextDecoder().decode(bytes);
  const source = { role: "definition", path, sha256: await sha256(bytes) };
  if (/\.blif$/i.test(path)) {
    return { kind: "logic", logic: readBlif(text(), { file: path }), source };
  }
  if (/\.a[ai]g$/i.test(path)) {
    return { kind: "logic", logic: readAiger(bytes, { file: path }), source };
  }
  if (/\.json$/i.test(path) && /"fourbit"\s*:/.test(text())) {
    const { circuit } = await loadCircuit(path);
    return { kind: "compiled", circuit, source };
  }
  if (/\.(ya?ml|json)$/i.test(path)) {
    return { kind: "spec", spec: parseCircuitSpec(text(), path), source };
  }
  throw new UsageError(`the name does not tell what kind of circuit ${path} is`, HELP);
}

/** Whether a text is meant as a file rather than as a built-in circuit. */
function isPath(text: string): boolean {
  return /[\\/]|\.(ya?ml|json|blif|aag|aig)$/i.test(text);
}

/** A compiled circuit and where it comes from. */
export interface LoadedCircuit {
  /** The circuit; float32 atoms stand as threshold networks of the rows that they compute. */
  readonly circuit: Circuit;
  /** The artifact. */
  readonly loaded: LoadedArtifact<"circuit">;
}

/** Reads a compiled circuit. */
export async function loadCircuit(path: string): Promise<LoadedCircuit> {
  const loaded = await readArtifact(path, "circuit");
  return { circuit: inFile(path, () => asCircuit(loaded.data)), loaded };
}

/**
 * A circuit as gates: an atom of float32 is the Boolean function that its rows are, evaluated from its
 * weights, and stands as a threshold network of it.
 */
export function asCircuit({ networks = [], atoms, ...circuit }: ArtifactData<"circuit">): Circuit {
  const tabled = networks.map((network: NetworkAtom) => {
    const { name, inputs } = network;
    return makeAtom({ name, inputs, truthTable: evaluateAtom(network).outputs }, "synth");
  });
  return { ...circuit, atoms: [...atoms, ...tabled as Circuit["atoms"]] };
}

/**
 * Reads a compiled circuit of FP4 gates.
 *
 * @param purpose What needs such a one, for the message.
 * @throws {InputError} When it is of float32 atoms.
 */
export async function loadFp4Circuit(path: string, purpose: string): Promise<LoadedCircuit> {
  const input = await loadCircuit(path);
  if (input.loaded.data.networks === undefined) return input;
  throw new InputError(
    `this circuit is of float32 atoms, ${purpose}`,
    "compile it with: deno task circuit:compile --precision fp4",
    { file: path },
  );
}

/** A compiled circuit, or one that is built on the spot of E2M1 gates. */
export async function loadRunnable(nameOrPath: string): Promise<{
  readonly circuit: Circuit;
  readonly source?: Source;
}> {
  if (!isPath(nameOrPath)) {
    const { netlist } = builtinCircuit(nameOrPath, "gates");
    return { circuit: { ...netlist, atoms: [] } };
  }
  if (!/\.json$/i.test(nameOrPath)) {
    throw new InputError(
      "this is no compiled circuit",
      `compile it first: deno task circuit:compile ${nameOrPath}`,
      { file: nameOrPath },
    );
  }
  const { circuit, loaded } = await loadCircuit(nameOrPath);
  return { circuit, source: { role: "circuit", path: nameOrPath, sha256: loaded.sha256 } };
}

/** What a source says that circuits must compute. */
export function definitionOf(
  from: CircuitSource,
  atoms: readonly { readonly name: string; readonly truthTable: string }[],
): Definition {
  const source = from.source === undefined ? {} : { source: from.source };
  const text = from.source?.path ?? (from.kind === "builtin" ? from.spec : "");
  switch (from.kind) {
    case "builtin": {
      const ports = builtinPorts(from.spec);
      const specification = bitFunction(symbolicReference(from.spec), ports.inputs);
      return { text, ...ports, specification };
    }
    case "spec": {
      const { inputs, outputs } = from.spec;
      // A standard atom is what its name says, whatever a file says.
      const known = [...STANDARD_ATOMS, ...atoms];
      const specification = inFile(from.source.path, () =>
        specFunction(from.spec, (name) => {
          const atom = known.find((atom) => atom.name === name);
          if (atom !== undefined) return atom.truthTable;
          throw new InputError(
            `nothing says what atom ${name} computes`,
            "compile the circuit with it: deno task circuit:compile --atoms",
          );
        }));
      return { text, inputs, outputs, specification, ...source };
    }
    case "logic": {
      const { inputs, outputs, specification } = from.logic;
      return { text, inputs, outputs, specification, ...source };
    }
    case "compiled": {
      const { inputs, outputs } = from.circuit;
      const list = inFile(from.source.path, () => flatten(from.circuit));
      const specification: BitFunction = (algebra, bits) => {
        const signals = signalBits(algebra, list, bits);
        return list.outputs.map((signal) => signals[signal]!);
      };
      return { text, inputs, outputs, specification, ...source };
    }
  }
}

/**
 * What a compiled circuit must compute: what the user names, or what it was compiled from.
 *
 * @param against A built-in circuit or a file; what the circuit was compiled from unless given.
 * @throws {InputError} When the file has changed, or has other buses.
 */
export async function definitionFor(
  { circuit, loaded }: LoadedCircuit,
  against: string | undefined,
): Promise<Definition> {
  const { path } = loaded;
  const recorded = loaded.artifact.inputs.find(({ role }) => role === "definition");
  const name = against ??
    (recorded === undefined ? circuit.name : join(dirname(path), recorded.path));
  const from = await loadOrExplain(name, path, recorded === undefined && against === undefined);
  if (against === undefined && recorded !== undefined && recorded.sha256 !== from.source?.sha256) {
    throw new InputError(
      "the file has changed since the circuit was compiled from it",
      "compile the circuit again with: deno task circuit:compile",
      { file: name },
    );
  }
  const definition = definitionOf(from, [...circuit.atoms, ...(loaded.data.networks ?? [])]);
  // Foreign formats may have no names: wires are then matched in their order.
  const isNamed = against === undefined || from.kind === "builtin" || from.kind === "spec";
  const help = against === undefined
    ? "compile the circuit again with: deno task circuit:compile"
    : "hold it against a circuit that has the same buses";
  for (const side of ["inputs", "outputs"] as const) {
    if (haveSameWires(circuit[side], definition[side], isNamed)) continue;
    throw new InputError(
      `the circuit's ${side} are ${listed(circuit[side])}, ` +
        `its definition has ${listed(definition[side])}`,
      help,
      { file: path },
    );
  }
  return definition;
}

async function loadOrExplain(
  name: string,
  file: string,
  isOwnName: boolean,
): Promise<CircuitSource> {
  if (!isOwnName || isBuiltinSpec(name)) return await loadCircuitSource(name);
  throw new InputError(
    `the circuit is called "${name}", and nothing says what it must compute`,
    "name what to hold it against: --against adder:8",
    { file, path: "data.name" },
  );
}

function listed(ports: readonly Port[]): string {
  return ports.map(({ name, width }) => `${name}:${width}`).join(" ");
}

/** Whether buses have the same widths, and names if they count; without names, as many wires. */
function haveSameWires(a: readonly Port[], b: readonly Port[], isNamed: boolean): boolean {
  return isNamed ? listed(a) === listed(b) : allWires(a).length === allWires(b).length;
}
