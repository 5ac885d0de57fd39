import type { MachineSettings } from "../../boards/mod.ts";
import type { DecoderConfig } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import {
  LONG_CONTRACTION,
  type MatrixForm,
  tileWeights,
  type WeightTiling,
} from "../kernels/linear.ts";
import type { HbmRows } from "../kernels/transfers.ts";
import { HBM_ALIGNMENT, type Region } from "../region.ts";
import { roundUp } from "../round_up.ts";
import { type Geometry, geometry } from "./geometry.ts";
import { HbmPlacer, LAYER_BASE_HIGH_SLOT } from "./hbm_placer.ts";
import { cacheType, checkType, isFine } from "./stored_types.ts";

/** Consecutive layers whose code is the same. */
export interface LayerGroup {
  /** Layers. */
  readonly count: number;
  /** Whether they see a window only. */
  readonly windowed: boolean;
}

/** Projections that may have a bias. */
export type BiasName = "qkv" | "o" | "gateUp" | "down";

/** What can be chosen about the layout of a decoder on the machine. */
export interface PlanOptions {
  /**
   * Positions that the cache of keys and values holds. `dynamic` scaling of the rotary embedding counts
   * with all of them: there is one table for all texts.
   */
  readonly positions: number;
  /** Sequences that run side by side, all as long; 1 by default. */
  readonly batch?: number;
  /** How products are made; `blocks` by default. */
  readonly matrix?: MatrixForm;
  /** Which machine will run the programs; 4-bit types need `extended`. `plena` by default. */
  readonly machine?: "plena" | "extended";
  /** Lowest address of the layers, to keep them apart from what all share; right behind by default. */
  readonly layersFrom?: number;
  /** What programs compute: logits, or the states after the last norm. `logits` by default. */
  readonly output?: "logits" | "hidden";
}

/** A projection of the decoder. */
export interface PlannedLinear {
  /** Its tiles in HBM. */
  readonly rows: HbmRows;
  /** Their order. */
  readonly tiling: WeightTiling;
}

/** A row in as many terms as keep it to bfloat16: their sum is what counts. */
export interface TermRows {
  /** The terms, one after the other. */
  readonly rows: HbmRows;
  /** How many. */
  readonly terms: number;
}

/** A decoder on a machine, wherever its tensors lie in HBM. */
export interface DecoderTarget {
  /** The model. */
  readonly config: DecoderConfig;
  /** The machine. */
  readonly settings: MachineSettings;
  /** Padding and packing. */
  readonly geometry: Geometry;
  /** How products are made. */
  readonly form: MatrixForm;
  /** Which machine will run the programs. */
  readonly machine: "plena" | "extended";
  /** What programs compute. */
  readonly output: "logits" | "hidden";
  /** Positions that the cache holds. */
  readonly positions: number;
  /** Sequences side by side. */
  readonly batch: number;
  /** Bytes of HBM in all. */
  readonly hbmBytes: number;
  /** What lies where. */
  readonly regions: readonly Region[];
}

/** Where everything of a decoder lies in HBM. Prefill and decode programs share it. */
export interface DecoderPlan extends DecoderTarget {
  /** Whether the whole text fills one tile of rows, so that gate and up are multiplied in pairs. */
  readonly isPaired: boolean;
  /** Rows of one block of keys or values in the cache. */
  readonly regionRows: number;
  /** Rows of one table of the rotary embedding. */
  readonly tableRows: number;
  /** Tables whose sum is a cosine or sine: 2 when one would be too coarse. */
  readonly terms: number;
  /** Embedding, one token after the other. */
  readonly embedding: HbmRows;
  /** Tables of the rotary embedding: of each term the cosines, then the sines. */
  readonly tables: HbmRows;
  /** Row r hides the columns after r; then rows that keep the lanes of a slot: of keys, of values. */
  readonly masks: HbmRows;
  /** First row of the masks of slots. */
  readonly headMaskRow: number;
  /** Row m of these, from here on, hides the first m - MLEN columns. */
  readonly windowMaskRow: number;
  /** The last norm's gain, for `hidden` outputs. */
  readonly finalGain: TermRows | undefined;
  /** Projections of a layer. */
  readonly qkv: PlannedLinear;
  /** Output projection of attention. */
  readonly o: PlannedLinear;
  /** Gate and up. */
  readonly gateUp: PlannedLinear;
  /** Down. */
  readonly down: PlannedLinear;
  /** Biases that the model has. */
  readonly biases: Readonly<Partial<Record<BiasName, TermRows>>>;
  /** Gains of the norms on q and k; a row for each block of a pair. */
  readonly headGains: TermRows | undefined;
  /** Positions that a position sees back, itself included, in layers with a window. */
  readonly window: number | undefined;
  /** The layers, in groups that share a loop. */
  readonly layerGroups: readonly LayerGroup[];
  /** Head of the vocabulary; for `logits` outputs. */
  readonly head: PlannedLinear | undefined;
  /** Cache of a layer: of each sequence `regionRows` positions of each block of keys, then of values. */
  readonly cache: HbmRows;
  /** Address of each layer's tensors. */
  readonly layerBases: readonly number[];
  /** From layer to layer; constant unless HBM is beyond 32-bit addresses. */
  readonly layerStride: number;
  /** Whether addresses of layers need more than 32 bits. */
  readonly isLarge: boolean;
}

/** Groups of rows, and blocks of gate and up, from which on pairs save more than they cost. */
const [PAIRED_GROUPS, PAIRED_BLOCKS] = [16, 8];

/** What an address register takes from one integer register. */
const WORD = 2 ** 32;

/**
 * Lays a decoder out in HBM: global tensors first, then the layers, each with its weights and its
 * cache of keys and values at the same distances, so that a loop can run over layers.
 *
 * @throws {CompileError} When positions or batch are no counts, a type cannot be transferred, or
 * something does not fit.
 */
export function planDecoder(
  config: DecoderConfig,
  settings: MachineSettings,
  options: PlanOptions,
): DecoderPlan {
  const machine = settings.config;
  const { positions, batch = 1 } = options;
  checkCount("positions", positions);
  checkCount("batch", batch);
  const g = geometry(config, machine);
  const { mlen } = g;
  const form = options.matrix ?? "blocks";
  const extended = options.machine === "extended";
  if (form === "broadcast" && (machine.hlen !== mlen || machine.broadcastAmount !== 1)) {
    throw new CompileError(
      `whole-tile products need one head slot as wide as a tile: HLEN is ${machine.hlen}, MLEN ${mlen}`,
      "set HLEN to MLEN and BROADCAST_AMOUNT to 1 in the settings, or choose --matrix blocks",
    );
  }
  const { window, groups } = groupLayers(config, positions);
  const weightType = checkType(settings, "HBM_M_WEIGHT_TYPE", extended);
  const actType = checkType(settings, "HBM_V_ACT_TYPE", extended);
  const kvType = cacheType(settings, extended);
  const regionRows = roundUp(positions + machine.hbmVWritebackRows, mlen);
  const tableRows = roundUp(positions + machine.hbmVPrefetchRows, 64);
  const terms = isFine(actType) ? 1 : 2;
  const isPaired = form === "blocks" && positions * batch === mlen &&
    // A loop over layers takes a register.
    g.hiddenBlocks <= LONG_CONTRACTION - Number(config.layers > 1) &&
    2 * g.interBlocks >= PAIRED_BLOCKS &&
    mlen / machine.blen >= PAIRED_GROUPS;

  const hbm = new HbmPlacer(mlen);
  const planLinear = (
    name: string,
    depth: number,
    blocks: number,
    layerBase?: number,
    isPaired = false,
  ): PlannedLinear => {
    const tiling = tileWeights(name, depth, blocks, machine, form, isPaired);
    return { tiling, rows: hbm.place(name, "weight", tiling.tiles * mlen, weightType, layerBase) };
  };

  const embedding = hbm.place("embedding", "weight", config.vocabulary * g.hiddenBlocks, actType);
  const tables = hbm.place("rope", "activation", terms * 2 * g.halfBlocks * tableRows, actType);
  const masks = hbm.place("masks", "activation", 6 * mlen + g.keySlots + g.valueSlots, actType);
  const inTerms = (name: string, blocks: number, layerBase?: number): TermRows => {
    const count = 2 * terms - 1;
    return { terms: count, rows: hbm.place(name, "weight", count * blocks, actType, layerBase) };
  };
  const finalGain = options.output === "hidden" ? inTerms("final_gain", g.hiddenBlocks) : undefined;
  const head = options.output === "hidden"
    ? undefined
    : planLinear("lm_head", g.hiddenBlocks, g.vocabularyBlocks);

  const layerBase = hbm.end;
  const shared = hbm.regions.length;
  const qkvBlocks = g.queryBlocks + g.keyBlocks + g.allValueBlocks;
  const qkv = planLinear("W_qkv", g.hiddenBlocks, qkvBlocks, layerBase);
  const o = planLinear("W_o", g.resultBlocks, g.hiddenBlocks, layerBase);
  const gateUp = planLinear("W_gate_up", g.hiddenBlocks, 2 * g.interBlocks, layerBase, isPaired);
  const down = planLinear("W_down", g.interBlocks, g.hiddenBlocks, layerBase);
  const biases: Partial<Record<BiasName, TermRows>> = {};
  if (config.qkvBias) biases.qkv = inTerms("b_qkv", qkvBlocks, layerBase);
  if (config.outputBias) biases.o = inTerms("b_o", g.hiddenBlocks, layerBase);
  if (config.mlpBias) {
    biases.gateUp = inTerms("b_gate_up", 2 * g.interBlocks, layerBase);
    biases.down = inTerms("b_down", g.hiddenBlocks, layerBase);
  }
  const headGains = config.qkNorm ? inTerms("qk_gain", 4 * g.halfBlocks, layerBase) : undefined;
  const cacheRows = batch * (g.keyBlocks + g.allValueBlocks) * regionRows;
  const cache = hbm.place("KV", "kv", cacheRows, kvType, layerBase);
  const layerStride = hbm.end - layerBase;
  const layers = placeLayers(
    hbm.regions.slice(shared),
    { first: Math.max(layerBase, options.layersFrom ?? 0), count: config.layers },
    { plannedAt: layerBase, stride: layerStride },
  );
  const hbmBytes = layers.end;
  if (layerBase > WORD || layerStride > WORD) {
    throw new CompileError(
      `${layerBase > WORD ? "embedding and head need" : "a layer needs"} ` +
        `${layerBase > WORD ? layerBase : layerStride} bytes: offsets have 32 bits`,
      layerBase > WORD
        ? "choose narrower weights, or a smaller vocabulary or width: --slice"
        : "choose narrower weights or fewer positions",
    );
  }
  if (hbmBytes > machine.hbmSizeBytes) {
    throw new CompileError(
      `the model needs ${hbmBytes} bytes of HBM, the machine has ${machine.hbmSizeBytes}`,
      "choose narrower weights, fewer layers or positions, or raise HBM_SIZE in the settings",
    );
  }
  const isLarge = hbmBytes > WORD;
  const high = <T extends HbmRows>(rows: T): T =>
    isLarge ? { ...rows, highSlot: LAYER_BASE_HIGH_SLOT } : rows;
  const highLinear = (linear: PlannedLinear): PlannedLinear => ({
    ...linear,
    rows: high(linear.rows),
  });
  return {
    config,
    settings,
    geometry: g,
    form,
    isPaired: isPaired && gateUp.tiling.parts.every((part) => part.chunkBlocks === 2),
    machine: options.machine ?? "plena",
    output: options.output ?? "logits",
    positions,
    batch,
    regionRows,
    tableRows,
    terms,
    embedding,
    tables,
    masks,
    headMaskRow: 2 * mlen,
    windowMaskRow: 2 * mlen + g.keySlots + g.valueSlots,
    window,
    layerGroups: groups,
    finalGain,
    qkv: highLinear(qkv),
    o: highLinear(o),
    gateUp: highLinear(gateUp),
    down: highLinear(down),
    biases: Object.fromEntries(
      Object.entries(biases).map(([name, { rows, terms }]) => [name, { rows: high(rows), terms }]),
    ),
    headGains: headGains && { ...headGains, rows: high(headGains.rows) },
    head,
    cache: high(cache),
    layerBases: layers.bases,
    layerStride,
    isLarge,
    hbmBytes,
    regions: [...hbm.regions.slice(0, shared), ...layers.regions],
  };
}

/** Every layer with a copy of the regions of one, which were planned at an address of their own. */
function placeLayers(
  planned: readonly Region[],
  { first, count }: { readonly first: number; readonly count: number },
  { plannedAt, stride }: { readonly plannedAt: number; readonly stride: number },
): { readonly bases: number[]; readonly regions: Region[]; readonly end: number } {
  const bases: number[] = [];
  const regions: Region[] = [];
  let next = roundUp(first, HBM_ALIGNMENT);
  for (let layerId = 0; layerId < count; layerId++) {
    // A layer stays within 4 GiB, so that the upper half of its addresses is one number.
    if (Math.floor(next / WORD) !== Math.floor((next + stride - 1) / WORD)) {
      next = roundUp(next, WORD);
    }
    bases.push(next);
    for (const region of planned) {
      const offset = region.offset - plannedAt + next;
      regions.push({ ...region, name: `${region.name}_${layerId}`, layerId, offset });
    }
    next += stride;
  }
  return { bases, regions, end: next };
}

/** Consecutive layers that are alike, and the one window that some of them have. */
function groupLayers(
  config: DecoderConfig,
  positions: number,
): { readonly window: number | undefined; readonly groups: readonly LayerGroup[] } {
  const windows = new Set<number>();
  const groups: LayerGroup[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const window = config.slidingWindows[layer];
    const windowed = window !== undefined && window < positions;
    if (windowed) windows.add(window);
    const last = groups.at(-1);
    if (last?.windowed === windowed) {
      groups[groups.length - 1] = { windowed, count: last.count + 1 };
    } else groups.push({ windowed, count: 1 });
  }
  if (windows.size <= 1) return { window: [...windows][0], groups };
  throw new CompileError(
    `layers with sliding windows of ${[...windows].join(" and ")} positions need different masks`,
    "plan for no more positions than the second shortest window, or choose a model with one window",
  );
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new CompileError(`a plan for ${name} ${value}`, `give ${name} as a whole number from 1 up`);
}
