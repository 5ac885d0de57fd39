import type { DecoderShape } from "./decoder_shape.ts";
import { ModelError } from "./model_error.ts";
import { plenaLayout, type PlenaLayoutOptions } from "./plena_layout.ts";
import { storageBytes, storageFormat, type StorageFormatName } from "./storage_format.ts";

/** What a region of memory is for, as weight manifests have it. */
export type FootprintKind = "weight" | "kv" | "activation";

/** One tensor in memory. */
export interface FootprintRegion {
  /** Name, such as `W_q_0` or `K_stored_0`; it tells kind and layer to a weight manifest. */
  readonly name: string;
  /** What it is for. */
  readonly kind: FootprintKind;
  /** Layer; undefined for what belongs to the whole model. */
  readonly layer: number | undefined;
  /** Rows and columns; a stack of matrices is one of all their rows. */
  readonly shape: readonly [rows: number, columns: number];
  /** Name of the storage format. */
  readonly format: string;
  /** Bytes, scales included. */
  readonly bytes: number;
  /** Address of the first byte, where a layout was asked for. */
  readonly address?: number;
}

/** The formats of a footprint. */
export interface FootprintFormats {
  /** Matrices. Defaults to `mxfp8`. */
  readonly weight?: StorageFormatName;
  /** Stored keys and values. Defaults to `mxfp8`. */
  readonly kv?: StorageFormatName;
  /** Inputs and tables. Defaults to `mxfp8`. */
  readonly activation?: StorageFormatName;
  /** Embedding and head of the vocabulary. Defaults to `weight`. */
  readonly embedding?: StorageFormatName;
  /** Norm gains, biases and attention sinks. Defaults to `bf16`. */
  readonly vector?: StorageFormatName;
}

/** What a footprint depends on besides the model. */
export interface FootprintOptions {
  /** Positions of a sequence: the prompt and what is generated. */
  readonly sequence: number;
  /** Sequences at once. Defaults to 1. */
  readonly batch?: number;
  /** How the tensors are stored. */
  readonly formats?: FootprintFormats;
  /** Layers with a sliding window keep keys and values of their window only. Defaults to false. */
  readonly windowedCache?: boolean;
  /**
   * Sizes and addresses as the public PLENA compiler lays the decoder out, for a machine of these
   * dimensions; everything is in MXFP8 then, and embedding, norms and head are not there.
   */
  readonly layout?: Omit<PlenaLayoutOptions, "sequence" | "batch">;
}

/** What a decoder takes in memory. */
export interface Footprint {
  /** Every region: weights of the whole model, then layer by layer, then the rest. */
  readonly regions: readonly FootprintRegion[];
  /** Bytes by kind, and their sum. */
  readonly bytes: Readonly<Record<FootprintKind | "total", number>>;
  /** Weights of the model, biases and gains included, tied ones once. */
  readonly parameters: number;
  /** Address after the last region, where a layout was asked for. */
  readonly endAddress?: number;
}

/**
 * The exact sizes of everything a decoder keeps in memory: its weights, the keys and values of
 * `sequence` positions, and as activations the embedded input and the tables of the rotary
 * embedding (what else is computed stays in the SRAM of the accelerator). Takes time in proportion
 * to the layers, none to the sizes.
 *
 * ```ts
 * import { footprint, parseDecoderShape } from "@fourbit/fourbit/models";
 * import { assertEquals } from "@std/assert";
 *
 * const shape = parseDecoderShape({
 *   model_type: "llama",
 *   hidden_size: 2048,
 *   intermediate_size: 8192,
 *   num_hidden_layers: 16,
 *   num_attention_heads: 32,
 *   num_key_value_heads: 8,
 *   vocab_size: 128256,
 *   tie_word_embeddings: true,
 * });
 * const { parameters, bytes } = footprint(shape, { sequence: 2048, formats: { kv: "bf16" } });
 * assertEquals(parameters, 1_235_814_400);
 * assertEquals(bytes.kv, 2 * 16 * 2048 * 8 * 64 * 2);
 * ```
 *
 * @throws {ModelError} If an option is no count of at least 1, or a format is unknown.
 */
export function footprint(shape: DecoderShape, options: FootprintOptions): Footprint {
  const { sequence, batch = 1, formats = {}, windowedCache = false, layout } = options;
  requireCount("sequence", sequence);
  requireCount("batch", batch);
  const dense = denseRegions(shape, sequence, batch, formats, windowedCache);
  const parameters = dense.regions
    .filter(({ kind }) => kind === "weight")
    .reduce((sum, { shape: [rows, columns] }) => sum + rows * columns, 0);
  if (layout === undefined) return { ...dense, bytes: totals(dense.regions), parameters };
  const laid = plenaLayout(shape, { ...layout, sequence, batch });
  const regions = laid.tensors.map(({ name, kind, layer, storageShape, address, bytes }) => ({
    name,
    kind,
    layer,
    shape: storageShape,
    format: "mxfp8",
    bytes,
    address,
  }));
  return { regions, bytes: totals(regions), parameters, endAddress: laid.endAddress };
}

function denseRegions(
  shape: DecoderShape,
  sequence: number,
  batch: number,
  formats: FootprintFormats,
  windowedCache: boolean,
): { readonly regions: FootprintRegion[] } {
  const weight = storageFormat(formats.weight ?? "mxfp8");
  const kv = storageFormat(formats.kv ?? "mxfp8");
  const activation = storageFormat(formats.activation ?? "mxfp8");
  const embedding = storageFormat(formats.embedding ?? weight);
  const vector = storageFormat(formats.vector ?? "bf16");
  const regions: FootprintRegion[] = [];
  let layer: number | undefined;
  const add = (
    kind: FootprintKind,
    format: typeof weight,
    name: string,
    rows: number,
    columns: number,
  ): void => {
    regions.push({
      name,
      kind,
      layer,
      shape: [rows, columns],
      format: format.name,
      bytes: storageBytes(format, rows, columns),
    });
  };
  const { hidden, headDim, heads, kvHeads, vocabulary, experts } = shape;
  const queries = heads * headDim;
  const keys = kvHeads * headDim;

  add("weight", embedding, "W_embedding", vocabulary, hidden);
  for (let i = 0; i < shape.layers; i++) {
    layer = i;
    const matrix = (name: string, rows: number, columns: number): void =>
      add("weight", weight, `W_${name}_${i}`, rows, columns);
    const row = (name: string, columns: number): void =>
      add("weight", vector, `W_${name}_${i}`, 1, columns);
    row("attention_norm", hidden);
    matrix("q", hidden, queries);
    matrix("k", hidden, keys);
    matrix("v", hidden, keys);
    matrix("o", queries, hidden);
    if (shape.qkvBias) {
      row("q_bias", queries);
      row("k_bias", keys);
      row("v_bias", keys);
    }
    if (shape.outputBias) row("o_bias", hidden);
    if (shape.qkNorm) {
      row("q_norm", headDim);
      row("k_norm", headDim);
    }
    if (shape.attentionSinks) row("sinks", heads);
    row("mlp_norm", hidden);
    const count = experts?.count ?? 1;
    const inner = experts?.intermediate ?? shape.intermediate;
    if (experts !== undefined) {
      matrix("router", hidden, count);
      if (experts.routerBias) row("router_bias", count);
    }
    matrix("gate", count * hidden, inner);
    matrix("up", count * hidden, inner);
    matrix("down", count * inner, hidden);
    if (experts?.biases ?? shape.mlpBias) {
      row("gate_bias", count * inner);
      row("up_bias", count * inner);
      row("down_bias", count * hidden);
    }
  }
  layer = undefined;
  add("weight", vector, "W_final_norm", 1, hidden);
  if (!shape.tiedEmbeddings) add("weight", embedding, "W_head", hidden, vocabulary);
  for (let i = 0; i < shape.layers; i++) {
    layer = i;
    const window = windowedCache ? shape.slidingWindows[i] : undefined;
    const positions = batch * Math.min(sequence, window ?? sequence);
    add("kv", kv, `K_stored_${i}`, positions, keys);
    add("kv", kv, `V_stored_${i}`, positions, keys);
  }
  layer = undefined;
  add("activation", activation, "X", batch * sequence, hidden);
  add("activation", activation, "COS", sequence, headDim);
  add("activation", activation, "SIN", sequence, headDim);
  return { regions };
}

function totals(regions: readonly FootprintRegion[]): Footprint["bytes"] {
  const sums = { weight: 0, kv: 0, activation: 0, total: 0 };
  for (const { kind, bytes } of regions) {
    sums[kind] += bytes;
    sums.total += bytes;
  }
  return sums;
}

/** @throws {ModelError} If `value` is no whole number of at least 1. */
export function requireCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new ModelError(
    `${name} must be a whole number of at least 1, current value is ${value}`,
    `give ${name} as a count`,
  );
}
