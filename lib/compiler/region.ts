import type { StoredType } from "../memory/mod.ts";

/**
 * Tensors begin at multiples of so many bytes: one sweep over all channels of HBM2. Transfers of a few rows
 * then stay on one pseudo-channel.
 */
export const HBM_ALIGNMENT = 512;

/** A named range of HBM. */
export interface Region {
  /** Name of the tensor. */
  readonly name: string;
  /** What it holds. */
  readonly kind: "weight" | "kv" | "activation";
  /** Layer it belongs to. */
  readonly layerId: number;
  /** Byte address of the first element. */
  readonly offset: number;
  /** Bytes of elements and scales together. */
  readonly sizeBytes: number;
  /** Rows and columns that are stored. */
  readonly shape: readonly [number, number];
  /** How elements and scales are coded. */
  readonly type: StoredType;
  /** Bytes from the first element to the first scale. */
  readonly scaleOffset: number;
}
