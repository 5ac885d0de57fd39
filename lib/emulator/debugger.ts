import type { SparseMemory } from "../memory/mod.ts";
import type { MatrixSram } from "./matrix_sram.ts";
import type { Registers } from "./registers.ts";
import type { VectorSram } from "./vector_sram.ts";

/** The parts of a machine that can be watched. */
export interface WatchedState {
  readonly registers: Registers;
  readonly vectorSram: VectorSram;
  readonly matrixSram: MatrixSram;
  readonly hbm: SparseMemory;
}

/** Where a run stops. */
export interface Breakpoints {
  readonly untilPc: number;
  readonly pcs: ReadonlySet<number>;
}

/** Why a run stops before an instruction, if it does. */
export function stopsAt(stops: Breakpoints, pc: number): "pc" | "breakpoint" | undefined {
  if (pc === stops.untilPc) return "pc";
  return stops.pcs.has(pc) ? "breakpoint" : undefined;
}

/** A piece of the machine's state to be watched for changes. */
export type Watch =
  /** A general or floating-point register, or an entry of a scalar SRAM. */
  | { readonly kind: "gp" | "fp" | "fp-sram" | "int-sram"; readonly index: number }
  /** A row of the vector SRAM. */
  | { readonly kind: "row"; readonly row: number }
  /** A tile of the matrix SRAM. */
  | { readonly kind: "tile"; readonly tile: number }
  /** Bytes of HBM. */
  | { readonly kind: "hbm"; readonly address: number; readonly bytes: number };

/** A place that the machine does not have. */
export class PlaceError extends RangeError {
  /** The name of the class. */
  override readonly name: string = "PlaceError";
  /** How to mend it. */
  readonly help: string;

  /** The error of a numbered place of which there are `count`. */
  constructor(what: string, index: number, count: number) {
    super(`The machine has no ${what} ${index}`);
    this.help = `give a number from 0 to ${count - 1}`;
  }
}

/** How many places of a kind a machine has, and which one a watch names. */
function placeOf(machine: WatchedState, watch: Watch): [string, number, number] {
  const { registers, vectorSram, matrixSram, hbm } = machine;
  switch (watch.kind) {
    case "gp":
      return ["register gp", watch.index, registers.gp.length];
    case "fp":
      return ["register f", watch.index, registers.fp.length];
    case "fp-sram":
      return ["FP SRAM entry", watch.index, registers.fpSram.length];
    case "int-sram":
      return ["INT SRAM entry", watch.index, registers.intSram.length];
    case "row":
      return ["vector row", watch.row, vectorSram.rows];
    case "tile":
      return ["tile", watch.tile, matrixSram.tiles];
    case "hbm":
      return ["HBM byte", watch.address + Math.max(0, watch.bytes - 1), hbm.capacityBytes];
  }
}

/**
 * Throws unless the machine has what a watch names.
 *
 * @throws {PlaceError} If it has not.
 */
export function checkPlace(machine: WatchedState, watch: Watch): void {
  const [what, index, count] = placeOf(machine, watch);
  if (!(index >= 0 && index < count && Number.isInteger(index))) {
    throw new PlaceError(what, index, count);
  }
}

function contents(machine: WatchedState, watch: Watch): Uint32Array | Uint8Array {
  const { registers, vectorSram, matrixSram } = machine;
  switch (watch.kind) {
    case "gp":
      return registers.gp.slice(watch.index, watch.index + 1);
    case "fp":
      return registers.fpBits.slice(watch.index, watch.index + 1);
    case "fp-sram":
      return registers.fpSramBits.slice(watch.index, watch.index + 1);
    case "int-sram":
      return registers.intSram.slice(watch.index, watch.index + 1);
    case "row": {
      const at = vectorSram.offset(watch.row);
      return vectorSram.pageBits(watch.row).slice(at, at + vectorSram.rowLength);
    }
    case "tile":
      return new Uint32Array(matrixSram.read(watch.tile).slice().buffer);
    case "hbm":
      return machine.hbm.read(watch.address, watch.bytes);
  }
}

function same(a: Uint32Array | Uint8Array, b: Uint32Array | Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The watches of a machine with what they saw last. */
export class WatchList {
  readonly #seen = new Map<Watch, Uint32Array | Uint8Array | undefined>();

  /** Number of watches. */
  get size(): number {
    return this.#seen.size;
  }

  /** Adds a watch; returns how to remove it. */
  add(watch: Watch): () => void {
    this.#seen.set(watch, undefined);
    return () => void this.#seen.delete(watch);
  }

  /** Takes the present contents as what is to change. */
  remember(machine: WatchedState): void {
    for (const watch of this.#seen.keys()) this.#seen.set(watch, contents(machine, watch));
  }

  /** The watches whose contents are no longer what was remembered; remembers the new ones. */
  changes(machine: WatchedState): Watch[] {
    const changed: Watch[] = [];
    for (const [watch, before] of this.#seen) {
      const after = contents(machine, watch);
      if (before !== undefined && same(before, after)) continue;
      this.#seen.set(watch, after);
      changed.push(watch);
    }
    return changed;
  }
}
