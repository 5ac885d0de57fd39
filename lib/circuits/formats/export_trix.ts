import { type Atom, CONSTRUCTED_ATOMS, encodeFp4, verify } from "../../atoms/mod.ts";
import type { Circuit } from "../circuit.ts";
import { CircuitError } from "../circuit_error.ts";
import { allWires, type AtomInstance, isAtom, type Port } from "../netlist.ts";

/** How a circuit is written for TriX. */
export interface TrixOptions {
  /** Time stamp, in ISO 8601 without zone; the start of 1970 unless given, so that bytes repeat. */
  readonly compiledAt?: string;
  /**
   * Whose weights the atoms get: `trix`, the constants of the public library for the ten standard
   * atoms, or `own`, those of the circuit. `trix` unless given.
   */
  readonly weights?: "trix" | "own";
}

const VERSION = "1.0.0";
const COMPILER_VERSION = "0.1.0-fp4";
const SIGNATURE_TRITS = 32;

/**
 * Writes a circuit of atoms as the directory that the TriX compiler emits in its FP4 mode (atoms
 * specification, 3.5 and 3.6): `<name>.trix.json`, `manifest.json` and `weights/<TYPE>.fp4`. The
 * same circuit and options give the same bytes.
 *
 * The signatures are taken from SHA-256 of the text that the specification names; which hash and which
 * order of its bits the original has is not specified, and nothing reads them.
 *
 * @returns The files by their paths, `/` between folder and name.
 * @throws {CircuitError} When the circuit has gates that are no atoms, or an atom is not exact.
 * @throws {Fp4FileError} When an atom has weights that the format has no index for.
 */
export async function exportTrix(
  circuit: Circuit,
  { compiledAt = "1970-01-01T00:00:00", weights = "trix" }: TrixOptions = {},
): Promise<Record<string, Uint8Array>> {
  const instances = circuit.instances.map((instance) => {
    if (isAtom(instance)) return instance;
    throw new CircuitError(
      `gate ${instance.name} is no atom, and TriX circuits are made of atoms`,
      "compile the circuit of atoms: deno task circuit:compile with --objective atoms",
    );
  });
  const files: Record<string, Uint8Array> = {};
  for (const atom of circuit.atoms) {
    const chosen = weights === "own" ? atom : withTrixWeights(atom);
    if (!verify(chosen).exact) {
      throw new CircuitError(
        `atom ${atom.name} is not exact`,
        "train it again with: deno task atoms:train",
      );
    }
    const file = weightFile(atom.name);
    if (Object.hasOwn(files, file)) {
      throw new CircuitError(
        `atom ${atom.name} and another one would both be written to ${file}`,
        "give the atoms names that differ in letters or digits",
      );
    }
    files[file] = encodeFp4(chosen);
  }
  const tiles = instances.map((instance, i) => ({
    instance,
    id: `TILE_${String(i).padStart(4, "0")}_${instance.atom}`,
  }));
  const routes = routesOf(circuit, tiles);
  const common = {
    name: circuit.name,
    version: VERSION,
    compiled_at: compiledAt,
    compiler_version: COMPILER_VERSION,
    verified: true,
  };
  const config = {
    ...common,
    verification_accuracy: float(1),
    num_tiles: tiles.length,
    num_routes: routes.length,
    tile_configs: await Promise.all(tiles.map(async ({ id, instance }) => ({
      tile_id: id,
      atom_type: instance.atom,
      atom_instance: instance.name,
      input_wires: instance.inputs,
      output_wires: [instance.output],
      signature: (await signatureOf(instance)).map(float),
      weight_file: weightFile(instance.atom),
      weight_format: "fp4",
    }))),
    routes,
    inputs: circuit.inputs.map(({ name }) => ({ name, wire: name })),
    outputs: circuit.outputs.map(({ name }) => ({ name, wire: name })),
    execution_order: tiles.map(({ id }) => id),
  };
  files[`${circuit.name.replace(/[^A-Za-z0-9_.-]/g, "_")}.trix.json`] = jsonBytes(config);
  const hashes: Record<string, string> = {};
  for (const path of Object.keys(files).sort()) {
    hashes[path] = (await sha256(files[path]!)).toHex();
  }
  files["manifest.json"] = jsonBytes({ ...common, weight_format: "fp4", files: hashes });
  return files;
}

/** A standard atom with the constants of the public library; any other one as it is. */
function withTrixWeights(atom: Atom): Atom {
  const standard = CONSTRUCTED_ATOMS.find(({ name }) => name === atom.name);
  return standard?.truthTable === atom.truthTable ? standard : atom;
}

function weightFile(type: string): string {
  return `weights/${type.replace(/[^A-Za-z0-9_.-]/g, "_")}.fp4`;
}

/** One end of a wire to another. */
interface Route {
  readonly source_tile: string;
  readonly source_port: number;
  readonly dest_tile: string;
  readonly dest_port: number;
  readonly wire: string;
}

/** Routes to the inputs of every tile in order, then those to the outputs. */
function routesOf(
  circuit: Circuit,
  tiles: readonly { readonly instance: AtomInstance; readonly id: string }[],
): Route[] {
  const source = new Map<string, readonly [tile: string, port: number]>();
  for (const [wire, bit] of bitsOf(circuit.inputs)) source.set(wire, ["__INPUT__", bit]);
  for (const { id, instance } of tiles) source.set(instance.output, [id, 0]);
  const route = (wire: string, tile: string, port: number): Route => {
    const [source_tile, source_port] = source.get(wire)!;
    return { source_tile, source_port, dest_tile: tile, dest_port: port, wire };
  };
  return [
    ...tiles.flatMap(({ id, instance }) =>
      instance.inputs.map((wire, port) => route(wire, id, port))
    ),
    ...bitsOf(circuit.outputs).map(([wire, bit]) => route(wire, "__OUTPUT__", bit)),
  ];
}

/** Wires with their places in their buses. */
function bitsOf(ports: readonly Port[]): [wire: string, bit: number][] {
  return ports.flatMap((port) =>
    allWires([port]).map((wire, bit): [string, number] => [wire, bit])
  );
}

/** 32 trits from overlapping pairs of bits of a hash: 01 is 1, 10 is −1, equal bits are 0. */
async function signatureOf({ atom, inputs }: AtomInstance): Promise<number[]> {
  const hash = await sha256(new TextEncoder().encode(`${atom}:${inputs.join(",")}`));
  const bit = (i: number): number => (hash[i >> 3]! >> (7 - (i & 7))) & 1;
  return Array.from({ length: SIGNATURE_TRITS }, (_, i) => bit(i + 1) - bit(i));
}

/** A number that is written with a point, as the original writes those that may be fractions. */
function float(value: number): unknown {
  const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };
  return rawJSON((value + 0).toFixed(1));
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
}

function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value, undefined, 2));
}
