import type { MachineSettings, TensorType } from "../../boards/mod.ts";
import { storedSize } from "../../memory/mod.ts";
import {
  type DecoderConfig,
  type PlenaLayout,
  plenaLayout,
  type PlenaTensor,
} from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import { tileWeights } from "../kernels/linear.ts";
import { type HbmRows, tilesPerPrefetch } from "../kernels/transfers.ts";
import { HBM_ALIGNMENT, type Region } from "../region.ts";
import { type Geometry, geometry } from "../model/geometry.ts";
import type { DecoderTarget, LayerGroup, PlannedLinear } from "../model/plan.ts";
import { cacheType, checkType } from "../model/stored_types.ts";
import { roundUp } from "../round_up.ts";

/** What can be chosen about a decoder in the public layout. */
export interface PublicOptions {
  /** Tokens of the text. */
  readonly positions: number;
  /** Which machine will run the program; 4-bit types need `extended`. `plena` by default. */
  readonly machine?: "plena" | "extended";
  /** What the program computes: logits, or the states after the last norm. `logits` by default. */
  readonly output?: "logits" | "hidden";
}

/** INT SRAM entries of a program on the public layout. */
export const PUBLIC_INT_SLOTS = {
  /** What is added to the addresses of weights in the current layer. */
  layerBase: 0,
  /** What is added to those of keys and values. */
  cacheBase: 1,
  /** Where a kernel puts what it has no register for. */
  spill: 2,
  /** Iterations that are left of loops that are renewed, the outermost first. */
  iterationsLeft: 3,
  /** The table of heads. */
  table: 8,
} as const;

/** A decoder where the public compiler puts it. */
export interface PublicPlan extends DecoderTarget {
  /** Where everything is. */
  readonly layout: PlenaLayout;
  /** Rows of the embedded input, and what is added to them. */
  readonly inputs: readonly [x: HbmRows, positions: HbmRows];
  /** Cosines and sines. */
  readonly tables: readonly [cosine: HbmRows, sine: HbmRows];
  /** The signed permutation that turns the halves of a head. */
  readonly rotation: HbmRows;
  /** Row r hides the columns after r. */
  readonly mask: HbmRows;
  /** Projections of a layer. */
  readonly query: PlannedLinear;
  /** Key projection of each key head. */
  readonly keys: readonly PlannedLinear[];
  /** Value projection of each key head. */
  readonly values: readonly PlannedLinear[];
  /** Output projection of attention. */
  readonly o: PlannedLinear;
  /** Gate. */
  readonly gate: PlannedLinear;
  /** Up. */
  readonly up: PlannedLinear;
  /** Down. */
  readonly down: PlannedLinear;
  /** Keys of a head, or its values. */
  readonly cache: HbmRows;
  /** From a head's keys to its values, and from these to the next head's keys. */
  readonly cacheStride: number;
  /** From layer to layer: weights, and keys and values. */
  readonly layerStrides: readonly [weights: number, cache: number];
  /** All layers. */
  readonly layerGroups: readonly LayerGroup[];
  /** Head of the vocabulary, behind all that the public compiler places; for `logits` outputs. */
  readonly head: PlannedLinear | undefined;
}

/**
 * Plans a decoder in the public compiler's layout (compiler specification, section 3): its addresses,
 * its matrices row by row, unpacked heads, weights as they are.
 *
 * @throws {CompileError} When the layout has no room for the text, or something does not fit.
 */
export function planPublic(
  config: DecoderConfig,
  settings: MachineSettings,
  options: PublicOptions,
): PublicPlan {
  const machine = settings.config;
  const { mlen, blen } = machine;
  const { positions, output = "logits" } = options;
  const g = geometry(config, machine, "whole");
  checkMachine(config, g, settings, options);
  const typeOf = publicTypes(settings);
  const layout = plenaLayout(config, {
    mlen,
    blen,
    sequence: positions,
    packHeads: false,
    bytesOf: (tensor) => publicBytes(typeOf(tensor), ...tensor.storageShape),
  });
  const tensors = new Map(layout.tensors.map((tensor) => [tensor.name, tensor]));
  const find = (name: string): PlenaTensor => tensors.get(name)!;
  const matrix = (name: string, baseSlot?: number): HbmRows => {
    const tensor = find(name);
    const { kind, address: base, storageShape: [rows, columns] } = tensor;
    const precision = kind === "kv" ? 1 : 0;
    return { name, base, baseSlot, rows, columns, type: typeOf(tensor), precision };
  };
  /** A tensor as rows of MLEN elements, which is what a matrix row by row is, too. */
  const rowsOf = (name: string): HbmRows => {
    const { rows, columns, ...rest } = matrix(name);
    return { ...rest, rows: rows * columns! / mlen };
  };
  const linear = (name: string): PlannedLinear => {
    const rows = matrix(name, PUBLIC_INT_SLOTS.layerBase);
    const tiling = tileWeights(name, rows.rows / mlen, rows.columns! / mlen, machine, "blocks");
    return { rows, tiling };
  };
  const ofHeads = (name: string): PlannedLinear[] =>
    Array.from({ length: config.kvHeads }, (_, head) => linear(`${name}_0_h${head}`));

  const regions = layout.tensors.map((tensor) => regionOf(tensor, typeOf(tensor)));
  const head = output === "logits" ? planHead(g, settings, layout.endAddress) : undefined;
  if (head !== undefined) regions.push(head.region);
  const end = head === undefined ? layout.endAddress : head.region.offset + head.region.sizeBytes;
  const limit = Math.min(machine.hbmSizeBytes, 2 ** 32);
  if (end > limit) {
    throw new CompileError(
      `the model needs ${end} bytes of HBM, there are ${limit}`,
      "choose fewer layers or a shorter text, or raise HBM_SIZE in the settings, to 4 GiB at the most",
    );
  }
  const apart = (from: string, to: string): number =>
    tensors.has(to) ? find(to).address - find(from).address : 0;
  return {
    config,
    settings,
    geometry: g,
    form: "blocks",
    machine: options.machine ?? "plena",
    output,
    positions,
    batch: 1,
    hbmBytes: end,
    regions,
    layout,
    inputs: [rowsOf("X"), rowsOf("POS")],
    tables: [rowsOf("COS"), rowsOf("SIN")],
    rotation: matrix("R_rope"),
    mask: rowsOf("causal_mask"),
    query: linear("W_q_0"),
    keys: ofHeads("W_k"),
    values: ofHeads("W_v"),
    o: linear("W_o_0"),
    gate: linear("W_gate_0"),
    up: linear("W_up_0"),
    down: linear("W_down_0"),
    cache: { ...matrix("K_stored_0_h0", PUBLIC_INT_SLOTS.cacheBase), base: 0 },
    cacheStride: apart("K_stored_0_h0", "V_stored_0_h0"),
    layerStrides: [apart("W_q_0", "W_q_1"), apart("K_stored_0_h0", "K_stored_1_h0")],
    layerGroups: [{ count: config.layers, windowed: false }],
    head: head?.linear,
  };
}

/** The head of the vocabulary in tiles, from an address on. */
function planHead(
  g: Geometry,
  { config, precision: { HBM_M_WEIGHT_TYPE: type } }: MachineSettings,
  from: number,
): { readonly linear: PlannedLinear; readonly region: Region } {
  const name = "lm_head";
  const tiling = tileWeights(name, g.hiddenBlocks, g.vocabularyBlocks, config, "blocks");
  const shape = [tiling.tiles * g.mlen, g.mlen] as const;
  const offset = roundUp(from, HBM_ALIGNMENT);
  const { elementBytes, scaleBytes } = storedSize(...shape, type);
  return {
    linear: { tiling, rows: { name, base: offset, rows: shape[0], type, precision: 0 } },
    region: {
      name,
      kind: "weight",
      layerId: 0,
      offset,
      sizeBytes: elementBytes + scaleBytes,
      shape,
      type,
      scaleOffset: elementBytes,
    },
  };
}

/** Refuses machines that cannot work on this layout. */
function checkMachine(
  config: DecoderConfig,
  g: Geometry,
  settings: MachineSettings,
  { positions, machine: rules }: PublicOptions,
): void {
  const machine = settings.config;
  const { mlen, blen } = machine;
  checkText(positions, machine.hbmVWritebackRows, mlen, blen);
  if (!config.causal && positions % mlen !== 0) {
    throw new CompileError(
      `a text of ${positions} tokens without causal mask: nothing hides the rows that pad it to ${mlen}`,
      `choose a multiple of ${mlen} tokens`,
    );
  }
  if (tilesPerPrefetch(machine) !== 1) {
    throw new CompileError(
      `a prefetch fetches ${machine.hbmMPrefetchRows} rows, a tile has ${mlen}`,
      "set HBM_M_Prefetch_Amount to MLEN in the settings: matrices lie row by row",
    );
  }
  const [rotated, capacity] = [g.valueBlocks ** 2, Math.floor(machine.matrixSramRows / mlen)];
  if (rotated > capacity) {
    throw new CompileError(
      `R_rope: turning heads of ${config.headDim} takes ${rotated} tiles, the matrix SRAM holds ` +
        `${capacity}`,
      "choose a larger MLEN, or raise MATRIX_SRAM_SIZE in the settings",
    );
  }
  const extended = rules === "extended";
  checkType(settings, "HBM_M_WEIGHT_TYPE", extended);
  checkType(settings, "HBM_V_ACT_TYPE", extended);
  cacheType(settings, extended);
}

/** How the tensors of a public layout are coded: those of the matrix side as weights, R_rope too. */
export function publicTypes(
  { precision }: MachineSettings,
): (tensor: Pick<PlenaTensor, "name" | "kind">) => TensorType {
  return ({ name, kind }) => {
    if (kind === "kv") return precision.HBM_V_KV_TYPE;
    if (kind === "weight" || name === "R_rope") return precision.HBM_M_WEIGHT_TYPE;
    return precision.HBM_V_ACT_TYPE;
  };
}

/** The layout has rows behind a text up to MLEN only: others would attend to what lies there. */
function checkText(positions: number, writebackRows: number, mlen: number, blen: number): void {
  if (!(Number.isInteger(positions) && positions >= 1)) {
    throw new CompileError(`a text of ${positions} tokens`, "give a whole number from 1 up");
  }
  if (positions > mlen && positions % mlen !== 0) {
    throw new CompileError(
      `a text of ${positions} tokens: the public layout has no rows behind the last of them`,
      `choose up to ${mlen} tokens, or a multiple of ${mlen}`,
    );
  }
  const stored = roundUp(positions, writebackRows);
  const rows = roundUp(positions, positions < mlen ? mlen : blen);
  if (stored > rows) {
    throw new CompileError(
      `keys are stored ${writebackRows} rows at a time, the public layout has ${rows} rows`,
      "lower HBM_V_Writeback_Amount in the settings",
    );
  }
}

/** Bytes of a tensor, elements and scales in rows of 256 bits each. */
function publicBytes(type: TensorType, rows: number, columns: number): number {
  const { elementBytes, scaleBytes } = storedSize(rows, columns, type);
  return roundUp(elementBytes, 32) + roundUp(scaleBytes, 32);
}

function regionOf(
  { name, kind, layer, address, bytes, storageShape }: PlenaTensor,
  type: TensorType,
): Region {
  return {
    name,
    kind,
    layerId: layer ?? 0,
    offset: address,
    sizeBytes: bytes,
    shape: storageShape,
    type,
    scaleOffset: storedSize(...storageShape, type).elementBytes,
  };
}
