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
