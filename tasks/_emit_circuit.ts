/**
 * The build of a circuit: what isa:emit writes for it.
 *
 * @module
 */
import {
  type ArtifactData,
  encodeSafetensors,
  type NewBlob,
  readFile,
  sha256,
} from "../lib/artifacts/mod.ts";
import type { MachineSettings } from "../lib/boards/mod.ts";
import {
  allWires,
  builtinReference,
  caseCount,
  type Circuit,
  formatVectors,
  functionOutputs,
  MAX_INPUT_WIRES,
  parseVectors,
  referenceOutputs,
  referenceVectors,
  seededVectors,
  wireValues,
} from "../lib/circuits/mod.ts";
import { inFile, InputError, UsageError } from "../lib/cli/mod.ts";
import { type CircuitProgram, lowerCircuit } from "../lib/compiler/mod.ts";
import { formatMem } from "../lib/isa/mod.ts";
import { type Definition, definitionFor, loadFp4Circuit } from "./_circuits.ts";
import type { Source } from "./_inputs.ts";

const MAX_VECTORS = 2 ** 22;

/** What a build folder is made of. */
export interface Build {
  /** The files it was made from. */
  readonly inputs: readonly Source[];
  /** Program, images and expected outputs. */
  readonly blobs: readonly NewBlob[];
  /** What `program.json` says. */
  readonly data: ArtifactData<"program">;
}

/** Which cases a program computes. */
export interface VectorOptions {
  /** A file of vectors, or how many are to be made; all cases there are unless given. */
  readonly vectors: string | undefined;
  /** Seed of those that are made. */
  readonly seed: number;
}

/**
 * Lowers a compiled circuit.
 *
 * @param path The circuit.
 */
export async function emitCircuit(
  path: string,
  machine: MachineSettings,
  options: VectorOptions,
): Promise<Build> {
  const input = await loadFp4Circuit(path, "the machine runs threshold gates of FP4");
  const { circuit, loaded } = input;
  const definition = await definitionFor(input, undefined);
  const { vectors, sources } = await vectorsFor(circuit, path, options);
  const program = inFile(path, () => lowerCircuit(circuit, machine, vectors && { vectors }));
  const expected = interleave(expectedOutputs(circuit, definition, program, vectors));
  const shape = [program.cases, allWires(circuit.outputs).length];
  const outputs = { dtype: "U8" as const, shape, bytes: expected };
  const { mlen, vlen, blen, hbmMPrefetchRows, hbmVPrefetchRows, hbmVWritebackRows } =
    machine.config;
  return {
    inputs: [{ role: "circuit", path, sha256: loaded.sha256 }, ...sources],
    blobs: [
      { role: "asm", path: "program.asm", content: program.assembly },
      { role: "mem", path: "program.mem", content: formatMem(program.words) },
      { role: "hbm", path: "hbm.bin", content: program.hbm },
      { role: "fp_sram", path: "fp_sram.bin", content: program.fpSram, dtype: "F16", shape: [2] },
      { role: "golden", path: "golden.safetensors", content: encodeSafetensors({ outputs }) },
      ...(vectors === undefined ? [] : [{
        role: "vectors",
        path: "vectors.csv",
        content: formatVectors(vectors, circuit.inputs),
      }]),
    ],
    data: {
      name: circuit.name,
      machine: {
        mlen,
        vlen,
        blen,
        hbmMPrefetchRows,
        hbmVPrefetchRows,
        hbmVWritebackRows,
        weightType: machine.precision.HBM_M_WEIGHT_TYPE,
        activationType: machine.precision.HBM_V_ACT_TYPE,
      },
      instructions: program.instructions,
      levels: program.levels,
      gates: program.gates,
      regions: program.regions,
      hbmBytes: program.hbmBytes,
      cases: {
        count: program.cases,
        inputs: circuit.inputs,
        ...(vectors === undefined ? {} : { vectors: vectors.length }),
      },
      outputs: { ports: circuit.outputs, wires: program.outputWires },
    },
  };
}

async function vectorsFor(
  circuit: Circuit,
  path: string,
  { vectors, seed }: VectorOptions,
): Promise<{ vectors?: bigint[][]; sources: Source[] }> {
  if (vectors === undefined) {
    const wires = allWires(circuit.inputs).length;
    if (wires <= MAX_INPUT_WIRES) return { sources: [] };
    throw new InputError(
      `${circuit.name} has ${wires} input wires, too many to run all cases`,
      "give vectors: --vectors 100000, or a CSV file",
      { file: path },
    );
  }
  if (/^\d+$/.test(vectors)) {
    const count = Number(vectors);
    if (count < 1 || count > MAX_VECTORS) {
      throw new UsageError(`--vectors ${vectors}`, `give a file, or a number up to ${MAX_VECTORS}`);
    }
    return { vectors: seededVectors(circuit.inputs, count, seed), sources: [] };
  }
  const bytes = await readFile(vectors, "give a CSV file of vectors, or how many are to be made");
  return {
    vectors: parseVectors(new TextDecoder().decode(bytes), circuit.inputs, vectors),
    sources: [{ role: "vectors", path: vectors, sha256: await sha256(bytes) }],
  };
}

/** Per output wire what every row must have; a built-in circuit's by integer arithmetic. */
function expectedOutputs(
  { inputs, outputs }: Circuit,
  { text, source, specification }: Definition,
  { cases }: CircuitProgram,
  given: readonly (readonly bigint[])[] | undefined,
): Uint8Array[] {
  const rows = given && Array.from({ length: cases }, (_, i) => given[i] ?? given.at(-1)!);
  if (source !== undefined) {
    const wires = rows === undefined
      ? countingValues(allWires(inputs).length, cases)
      : wireValues(rows, inputs);
    return functionOutputs(specification, wires, cases);
  }
  const reference = builtinReference(text);
  if (rows !== undefined) return referenceVectors(reference, rows, outputs);
  // Rows beyond the last case begin again.
  const all = caseCount(inputs);
  const once = referenceOutputs(reference, inputs, outputs, 0, Math.min(all, cases));
  return cases <= all
    ? once
    : once.map((values) => Uint8Array.from({ length: cases }, (_, row) => values[row % all]!));
}

/** Wire i of case j is binary digit i of j. */
function countingValues(wires: number, cases: number): Uint8Array[] {
  return Array.from(
    { length: wires },
    (_, wire) => Uint8Array.from({ length: cases }, (_, row) => (row >>> wire) & 1),
  );
}

/** One array per wire to one row per case. */
function interleave(wires: readonly Uint8Array[]): Uint8Array {
  const cases = wires[0]!.length;
  const rows = new Uint8Array(cases * wires.length);
  wires.forEach((values, wire) => {
    for (let row = 0; row < cases; row++) rows[row * wires.length + wire] = values[row]!;
  });
  return rows;
}
