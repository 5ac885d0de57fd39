import type { TensorType } from "../../boards/mod.ts";
import { storedSize } from "../../memory/mod.ts";
import type { HbmRows } from "../kernels/transfers.ts";
import { HBM_ALIGNMENT, type Region } from "../region.ts";
import { roundUp } from "../round_up.ts";

/** INT SRAM entry with the address of the current layer: its lower half. */
export const LAYER_BASE_SLOT = 0;
/** INT SRAM entry with the upper half. */
export const LAYER_BASE_HIGH_SLOT = 4;
/** Rows of a tensor are rounded up to a multiple of these. */
const ROW_GROUP = 64;

/** Gives tensors their places in HBM, one behind the other. */
export class HbmPlacer {
  /** What was placed, as if all belonged to layer 0. */
  readonly regions: Region[] = [];
  readonly #mlen: number;
  #end = 0;

  /** Begins at address 0 with rows of `mlen` elements. */
  constructor(mlen: number) {
    this.#mlen = mlen;
  }

  /** Where the next tensor will begin. */
  get end(): number {
    return roundUp(this.#end, HBM_ALIGNMENT);
  }

  /**
   * Places a tensor.
   *
   * @param layerBase Address of the layer that it belongs to: programs find it relative to that.
   */
  place(
    name: string,
    kind: Region["kind"],
    rows: number,
    type: TensorType,
    layerBase?: number,
  ): HbmRows {
    const whole = roundUp(rows, ROW_GROUP);
    const { elementBytes, scaleBytes } = storedSize(whole, this.#mlen, type);
    const sizeBytes = elementBytes + scaleBytes;
    const offset = this.end;
    this.#end = offset + sizeBytes;
    this.regions.push({
      name,
      kind,
      layerId: 0,
      offset,
      sizeBytes,
      shape: [whole, this.#mlen],
      type,
      scaleOffset: elementBytes,
    });
    return {
      name,
      base: offset - (layerBase ?? 0),
      rows: whole,
      type,
      precision: kind === "kv" ? 1 : 0,
      ...(layerBase === undefined ? {} : { baseSlot: LAYER_BASE_SLOT }),
    };
  }
}
