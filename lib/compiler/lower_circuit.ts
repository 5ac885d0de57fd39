import type { MachineSettings } from "../boards/mod.ts";
import {
  caseCount,
  checkVectors,
  type Circuit,
  decidesAtZero,
  flatten,
  wireValues,
} from "../circuits/mod.ts";
import { decodeTensor, encodeTensor, storedSize, type StoredType } from "../memory/mod.ts";
import { countingWires, inputBlock, storedTiles, weightTiles } from "./circuit_images.ts";
import { type CircuitLayout, circuitProgram, rowGroup } from "./circuit_program.ts";
import { CompileError } from "./compile_error.ts";
import { placeGates } from "./place_gates.ts";
import { HBM_ALIGNMENT, type Region } from "./region.ts";
import { roundUp } from "./round_up.ts";

/** A circuit as a program for the machine, with everything that a run needs. */
export interface CircuitProgram {
  /** Instruction words. */
  readonly words: Uint32Array;
  /** The same as assembly text, with comments. */
  readonly assembly: string;
  /** Instructions in the text, and instructions that a run executes. */
  readonly instructions: { readonly static: number; readonly executed: number };
  /** Dependent matrix passes. */
  readonly levels: number;
  /** Threshold gates. */
  readonly gates: number;
  /** HBM from address 0: weights and inputs. */
  readonly hbm: Uint8Array;
  /** FP SRAM preload, binary16, little-endian. */
  readonly fpSram: Uint8Array;
  /** What lies where in HBM. */
  readonly regions: readonly Region[];
  /** HBM that the program needs, outputs included. */
  readonly hbmBytes: number;
  /**
   * Input cases: one row each. At least as many as the machine works on together; beyond the last
   * one they begin again, or repeat the last vector.
   */
  readonly cases: number;
  /** Gates that may decide at exactly z = 0, whose sums are doubled. */
  readonly oneSidedGates: number;
  /** Per output wire: the region, and the column in its rows. */
  readonly outputWires: readonly { readonly region: string; readonly column: number }[];
}

/** What a program shall compute. */
export interface LowerOptions {
  /**
   * Values of the input buses, one list per case. Unless given, every case there is, case i being the
   * binary digits of i.
   */
  readonly vectors?: readonly (readonly bigint[])[];
}

/** FP SRAM: 0 and 1. */
const FP_CONSTANTS = Float16Array.of(0, 1);

/**
 * Lowers a circuit to the machine: every input case is a row of the vector SRAM, every wire and
 * gate a column of it. Level by level, M_MM multiplies the rows with the gates' weights, which are E2M1
 * values in whatever type the settings give to weights in HBM, and V_MAX_VF and V_MIN_VF clamp the
 * sums to the step. One hardware loop streams the cases from HBM through the vector SRAM and the
 * outputs back to HBM. Tiles of equal weights are stored and loaded once. Weights that do not fit the
 * matrix SRAM together are loaded in parts, as they are needed, for more rows at a time.
 *
 * @throws {CompileError} When the circuit or its cases do not fit the machine.
 * @throws {CircuitError} When a vector does not fit the input buses.
 */
export function lowerCircuit(
  circuit: Circuit,
  settings: MachineSettings,
  { vectors }: LowerOptions = {},
): CircuitProgram {
  const { mlen, vlen, blen, hbmSizeBytes } = settings.config;
  if (mlen !== vlen || mlen % blen !== 0) {
    throw new CompileError(
      `a machine with MLEN ${mlen}, VLEN ${vlen} and BLEN ${blen} has no matrix instructions`,
      "choose settings with VLEN = MLEN, a multiple of BLEN",
    );
  }
  if (vectors !== undefined) checkVectors(circuit.inputs, vectors);
  if (vectors?.length === 0) {
    throw new CompileError(`${circuit.name} has no case to compute`, "give at least one vector");
  }
  const list = flatten(circuit);
  const placement = placeGates(list, blen, mlen);
  const group = rowGroup(settings.config);
  const wanted = vectors?.length ?? caseCount(circuit.inputs);
  const cases = vectors === undefined && wanted >= group
    ? wanted
    : Math.max(1, Math.ceil(wanted / group)) * group;
  const wires = vectors === undefined ? countingWires(list.inputs, cases) : wireValues(
    Array.from({ length: cases }, (_, i) => vectors[Math.min(i, wanted - 1)]!),
    circuit.inputs,
  );
  const tiles = weightTiles(list, placement, mlen);
  const stored = storedTiles(tiles);
  const weightType = settings.precision.HBM_M_WEIGHT_TYPE;
  const activationType = settings.precision.HBM_V_ACT_TYPE;
  const blockOf = (column: number): number => Math.floor(column / mlen);
  const blocks = blockOf(placement.columns - 1) + 1;
  const inputColumns = placement.columnOf.slice(0, list.inputs);
  const inputBlocks = 1 +
    inputColumns.reduce((most, column) => Math.max(most, blockOf(column)), 0);
  const outputColumns = list.outputs.map((signal) => placement.columnOf[signal]!);
  const outputBlocks = [...new Set(outputColumns.map(blockOf))].sort((a, b) => a - b);

  const regions: Region[] = [];
  let end = 0;
  const addRegion = (
    name: string,
    kind: Region["kind"],
    shape: readonly [number, number],
    type: StoredType,
  ): Region => {
    const { elementBytes, scaleBytes } = storedSize(...shape, type);
    const offset = roundUp(end, HBM_ALIGNMENT);
    const sizeBytes = elementBytes + scaleBytes;
    const region = { name, kind, layerId: 0, offset, sizeBytes, shape, type };
    regions.push({ ...region, scaleOffset: elementBytes });
    end = offset + sizeBytes;
    return regions.at(-1)!;
  };
  const weights = addRegion("W_gates", "weight", [stored.length * mlen, mlen], weightType);
  const inputs = Array.from(
    { length: inputBlocks },
    (_, block) => addRegion(`X_${block}`, "activation", [cases, vlen], activationType),
  );
  const imageBytes = end;
  const outputs = outputBlocks.map((block) =>
    addRegion(`Y_${block}`, "activation", [cases, vlen], activationType)
  );
  if (end > hbmSizeBytes) {
    throw new CompileError(
      `${circuit.name} with ${cases} cases needs ${end} bytes of HBM, the machine has ` +
        `${hbmSizeBytes}`,
      "raise HBM_SIZE in the settings or choose a narrower circuit",
    );
  }

  const atZero = list.gates.map((_, gate) => decidesAtZero(list, gate));
  const layout: CircuitLayout = {
    name: circuit.name,
    placement,
    tiles,
    blocks,
    cases,
    weights,
    inputs,
    decidesAtZero: atZero,
    outputs: outputBlocks.map((block, i) => ({ block, region: outputs[i]! })),
  };
  const { program, executed } = circuitProgram(layout, settings);

  const hbm = new Uint8Array(imageBytes);
  const weightValues = new Float32Array(stored.length * mlen * mlen);
  stored.forEach((values, place) => weightValues.set(values, place * mlen * mlen));
  hbm.set(encodeWeights(circuit.name, weightValues, weights), weights.offset);
  inputs.forEach((region, block) => {
    const values = inputBlock(wires, placement, block, vlen, cases);
    hbm.set(encodeTensor(values, ...region.shape, activationType), region.offset);
  });

  const words = program.words();
  return {
    words,
    assembly: program.text(),
    instructions: { static: words.length, executed },
    levels: placement.levels.length,
    gates: list.gates.length,
    hbm,
    fpSram: new Uint8Array(FP_CONSTANTS.buffer.slice(0)),
    regions,
    hbmBytes: end,
    cases,
    oneSidedGates: atZero.filter(Boolean).length,
    outputWires: outputColumns.map((column) => ({
      region: outputs[outputBlocks.indexOf(blockOf(column))]!.name,
      column: column % vlen,
    })),
  };
}

/** Codes the weights in the type of the settings, which must hold every one of them exactly. */
function encodeWeights(
  name: string,
  values: Float32Array,
  { shape, type }: Region,
): Uint8Array {
  const bytes = encodeTensor(values, ...shape, type);
  const stored = decodeTensor(bytes, ...shape, type);
  const wrong = values.findIndex((value, i) => value !== stored[i]);
  if (wrong < 0) return bytes;
  throw new CompileError(
    `${name}: the weight ${values[wrong]} is ${
      stored[wrong]
    } in the type that the settings give to ` +
      "weights",
    "choose 8-bit weights, or wire no input of a gate twice",
  );
}
