import type { DecoderShape } from "./decoder_shape.ts";
import { ModelError } from "./model_error.ts";

/** The machine and the program that a decoder is laid out for. */
export interface PlenaLayoutOptions {
  /** Lanes of a tile, MLEN. */
  readonly mlen: number;
  /** Rows of a block of the matrix unit, BLEN. */
  readonly blen: number;
  /** Lanes of a head when heads are packed, HLEN. */
  readonly hlen?: number;
  /** Heads of a packed tile, BROADCAST_AMOUNT. */
  readonly broadcast?: number;
  /** Pack heads; as the compiler decides by default: when HLEN and broadcast allow and the head is narrower than MLEN. */
  readonly packHeads?: boolean;
  /** Positions of a sequence. */
  readonly sequence: number;
  /** Sequences. Defaults to 1. */
  readonly batch?: number;
  /** Pads sequences to MLEN even if they are longer (`PLENA_PAD_SEQ_TO_MLEN`). */
  readonly padSequenceToMlen?: boolean;
  /** Bytes of a tensor of so many elements, for other types than MXFP8 in blocks of 8. */
  readonly bytesOf?: (tensor: Pick<PlenaTensor, "name" | "kind" | "storageShape">) => number;
}

/** One tensor of a layout. */
export interface PlenaTensor {
  /** Name, as in section 15 of the compiler specification. */
  readonly name: string;
  /** What it is for. */
  readonly kind: "weight" | "kv" | "activation";
  /** Layer; undefined for inputs. */
  readonly layer: number | undefined;
  /** Rows and columns that are given; null for what the program itself stores. */
  readonly sourceShape: readonly [number, number] | null;
  /** Rows and columns that are stored, padding included. */
  readonly storageShape: readonly [number, number];
  /** Byte address in HBM. */
  readonly address: number;
  /** Bytes, as the compiler accounts them. */
  readonly bytes: number;
}

/** A decoder in HBM as the public PLENA compiler places it. */
export interface PlenaLayout {
  /** Tensors in the order of their declaration, which is that of their addresses. */
  readonly tensors: readonly PlenaTensor[];
  /** `hbm_addrs`: byte address by name. */
  readonly hbmAddrs: Readonly<Record<string, number>>;
  /** `hbm_sizes`: bytes by name. */
  readonly hbmSizes: Readonly<Record<string, number>>;
  /** Address after the last tensor. */
  readonly endAddress: number;
}

/** Bytes of an HBM row. */
const ROW_BYTES = 32;

/** Bytes of an MXFP8 tensor as the compiler accounts them, in rows of 256 bits (section 3.2). */
export function plenaTensorBytes(rows: number, columns: number): number {
  const elements = rows * columns;
  const scales = Math.floor(elements / 8);
  return (Math.ceil(elements / ROW_BYTES) + Math.ceil(scales / ROW_BYTES)) * ROW_BYTES;
}

/**
 * Places a decoder as the public PLENA compiler does (compiler specification, sections 2 and 3): MXFP8
 * in blocks of 8, padding to tiles, addresses in the order of declaration. Gains, biases, embedding
 * and head of the vocabulary are not part of its programs. Head widths are those of the config.
 *
 * @throws {ModelError} If heads are to be packed that do not fit.
 */
export function plenaLayout(shape: DecoderShape, options: PlenaLayoutOptions): PlenaLayout {
  const { mlen, blen, sequence, batch = 1 } = options;
  const up = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;
  const packed = isPacked(shape, options);
  const headDim = up(shape.headDim, mlen);
  const queries = packed ? shape.kvHeads * mlen : shape.heads * headDim;
  const hidden = up(shape.hidden, mlen);
  const inter = up(shape.intermediate, mlen);
  const paddedSequence = up(
    sequence,
    sequence < mlen || options.padSequenceToMlen === true ? mlen : blen,
  );
  const rowsPerBatch = batch === 1 ? paddedSequence : up(Math.max(mlen, paddedSequence), mlen);
  const rows = batch * rowsPerBatch;
  const table = packed ? mlen : headDim;
  const kvWidth = packed ? options.hlen! : headDim;

  const tensors: PlenaTensor[] = [];
  // From MLEN 256 on, every tensor starts on a whole tile.
  const alignment = mlen >= 256 ? mlen * mlen : mlen;
  let next = 0;
  const place = (
    name: string,
    kind: PlenaTensor["kind"],
    layer: number | undefined,
    storageShape: readonly [number, number],
    sourceShape: readonly [number, number] | null = storageShape,
  ): void => {
    const bytes = options.bytesOf?.({ name, kind, storageShape }) ??
      plenaTensorBytes(...storageShape);
    tensors.push({ name, kind, layer, sourceShape, storageShape, address: next, bytes });
    next = up(next + bytes, alignment);
  };
  const input = (name: string, r: number, c: number): void =>
    place(name, "activation", undefined, [r, c]);
  input("X", rows, hidden);
  input("POS", rows, hidden);
  input("R_rope", table, table);
  input("COS", rows, table);
  input("SIN", rows, table);
  input("causal_mask", mlen, mlen);
  for (let i = 0; i < shape.layers; i++) {
    place(`W_q_${i}`, "weight", i, [hidden, queries]);
    place(`W_o_${i}`, "weight", i, [queries, hidden]);
    for (let h = 0; h < shape.kvHeads; h++) {
      place(`W_k_${i}_h${h}`, "weight", i, [hidden, headDim], [hidden, kvWidth]);
      place(`W_v_${i}_h${h}`, "weight", i, [hidden, headDim], [hidden, kvWidth]);
    }
    place(`W_gate_${i}`, "weight", i, [hidden, inter]);
    place(`W_up_${i}`, "weight", i, [hidden, inter]);
    place(`W_down_${i}`, "weight", i, [inter, hidden]);
  }
  for (let i = 0; i < shape.layers; i++) {
    for (let h = 0; h < shape.kvHeads; h++) {
      place(`K_stored_${i}_h${h}`, "kv", i, [rows, headDim], null);
      place(`V_stored_${i}_h${h}`, "kv", i, [rows, headDim], null);
    }
  }
  return {
    tensors,
    hbmAddrs: Object.fromEntries(tensors.map(({ name, address }) => [name, address])),
    hbmSizes: Object.fromEntries(tensors.map(({ name, bytes }) => [name, bytes])),
    endAddress: next,
  };
}

function isPacked(shape: DecoderShape, options: PlenaLayoutOptions): boolean {
  const { mlen, hlen, broadcast, packHeads } = options;
  const { headDim, heads, kvHeads } = shape;
  if (packHeads === false) return false;
  if (hlen === undefined || broadcast === undefined || headDim >= mlen) {
    if (packHeads !== true) return false;
    throw new ModelError(
      `Heads of ${headDim} cannot be packed into tiles of ${mlen} lanes`,
      "give hlen and broadcast, and a machine whose MLEN is above the width of a head",
    );
  }
  const ratio = heads / kvHeads;
  const fault = broadcast * hlen !== mlen
    ? `broadcast ${broadcast} times HLEN ${hlen} is not MLEN ${mlen}`
    : headDim > hlen
    ? `the width of a head, ${headDim}, is above HLEN ${hlen}`
    : ratio > broadcast
    ? `${ratio} query heads share a key head, but only ${broadcast} fit into a tile`
    : undefined;
  if (fault === undefined) return true;
  throw new ModelError(
    `Heads cannot be packed: ${fault}`,
    "choose another HLEN, or packHeads: false",
  );
}
