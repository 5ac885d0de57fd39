import { decodeTensor } from "../../memory/mod.ts";
import type { Contraction, StagedOptions, StoredTensor } from "../../models/mod.ts";
import type { TensorType } from "../../boards/mod.ts";
import type { WeightTiling } from "../kernels/linear.ts";
import { quantiseRows } from "./encode_rows.ts";
import { type ColumnMap, columnMaps } from "./geometry.ts";
import type { DecoderPlan } from "./plan.ts";
import { sumOfTerms, type Through } from "./terms.ts";

/**
 * What the staged reference pass has to know of a plan to compute what its programs do, bit for bit: what
 * comes back of every stored tensor, in blocks as they lie in HBM, and in which order products are summed
 * up. Only the shares of hidden keys are left out, which are not 0 on the machine but 6·10⁻³⁹.
 */
export function stagedOptions(
  plan: DecoderPlan,
): Required<Pick<StagedOptions, "store" | "contraction" | "mlen" | "positions">> {
  const { config, geometry: g, machine, positions } = plan;
  const { mlen } = g;
  const { kvHeads, headDim } = config;
  const { hidden, queries, keys, values, results, inner, vocabulary } = columnMaps(config, g);
  const maps: Partial<Record<StoredTensor["name"], ColumnMap>> = {
    wq: queries,
    wk: keys,
    wv: values,
    wo: hidden,
    wGate: inner,
    wUp: inner,
    wDown: hidden,
    head: vocabulary,
    k: keys,
    v: values,
    x: hidden,
    bq: queries,
    bk: keys,
    bv: values,
    bo: hidden,
    bGate: inner,
    bUp: inner,
    bDown: hidden,
    finalNorm: hidden,
  };
  const ocpE4m3 = machine === "extended";
  const loss = (type: TensorType, initial: boolean): Through => (rows, columns) => {
    const count = rows.length / columns;
    const bytes = quantiseRows(rows, count, columns, type, { ocpE4m3, initial });
    return decodeTensor(bytes, count, columns, type, { ocpE4m3 });
  };
  const active = loss(plan.embedding.type, true);
  const weight = loss(plan.qkv.rows.type, true);
  // Keys and values are stored by the machine itself.
  const cached = loss(plan.cache.type, false);
  const orders: Partial<Record<StoredTensor["name"], Contraction>> = {
    wq: order(plan.qkv.tiling, hidden, mlen),
    wo: order(plan.o.tiling, results, mlen),
    wGate: order(plan.gateUp.tiling, hidden, mlen),
    wDown: order(plan.down.tiling, inner, mlen),
    ...(plan.head === undefined ? {} : { head: order(plan.head.tiling, hidden, mlen) }),
  };
  orders.wk = orders.wv = orders.wq!;
  orders.wUp = orders.wGate!;
  return {
    mlen,
    positions,
    contraction: (name) => orders[name],
    store: (tensor, { kind, name, columns }) => {
      if (kind === "table") return bySlots(tensor, plan, plan.terms, active);
      const rowTerms = 2 * plan.terms - 1;
      if (name === "qNorm" || name === "kNorm") return bySlots(tensor, plan, rowTerms, active);
      const map = maps[name]!;
      switch (kind) {
        case "weight":
          return transposed(tensor, columns, map, weight);
        case "row":
          return throughMap(
            tensor,
            columns,
            map,
            (row, width) => sumOfTerms(row, rowTerms, width, active),
          );
        case "activation":
          return throughMap(tensor, columns, map, active);
        case "kv":
          return throughMap(tensor, kvHeads * headDim, map, cached);
      }
    },
  };
}

/** The tiles of a contraction over columns that are padded and ordered by a map. */
function order({ parts }: WeightTiling, map: ColumnMap, mlen: number): Contraction {
  return parts.map(({ firstDepth, depth }) =>
    Array.from({ length: depth }, (_, t) => {
      const from = (firstDepth + t) * mlen;
      return map.subarray(from, from + mlen).filter((column) => column >= 0);
    })
  );
}

/** Changes (rows, width) in place to what becomes of it in its padded layout. */
function throughMap(
  tensor: Float32Array,
  width: number,
  map: ColumnMap,
  through: Through,
): Float32Array {
  const rows = tensor.length / width;
  const padded = new Float32Array(rows * map.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < map.length; i++) {
      if (map[i]! >= 0) padded[row * map.length + i] = tensor[row * width + map[i]!]!;
    }
  }
  const read = through(padded, map.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < map.length; i++) {
      if (map[i]! >= 0) tensor[row * width + map[i]!] = read[row * map.length + i]!;
    }
  }
  return tensor;
}

/** The same for a matrix (outputs, inputs), which is stored with a row per input. */
function transposed(
  tensor: Float32Array,
  inputs: number,
  map: ColumnMap,
  through: Through,
): Float32Array {
  const outputs = tensor.length / inputs;
  const turned = new Float32Array(tensor.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) turned[i * outputs + o] = tensor[o * inputs + i]!;
  }
  throughMap(turned, outputs, map, through);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) tensor[o * inputs + i] = turned[i * outputs + o]!;
  }
  return tensor;
}

/**
 * Tables or gains, once for every key head, as the sum of their terms. Heads that share a block have
 * slots of their own in it, all filled, so what is lost in a block depends on the slot.
 */
function bySlots(
  tensor: Float32Array,
  { geometry: { half, keySlots, mlen, halfBlocks }, config }: DecoderPlan,
  terms: number,
  through: Through,
): Float32Array {
  const { kvHeads, headDim } = config;
  const rows = tensor.length / (kvHeads * headDim);
  const width = halfBlocks * mlen;
  for (const firstElement of [0, half]) {
    const padded = new Float32Array(rows * width);
    for (let r = 0; r < rows; r++) {
      const from = r * kvHeads * headDim + firstElement;
      for (let slot = 0; slot < keySlots; slot++) {
        padded.set(tensor.subarray(from, from + half), r * width + slot * half);
      }
    }
    const sum = sumOfTerms(padded, terms, width, through);
    for (let head = 0; head < rows * kvHeads; head++) {
      const from = Math.floor(head / kvHeads) * width + (head % kvHeads % keySlots) * half;
      tensor.set(sum.subarray(from, from + half), head * headDim + firstElement);
    }
  }
  return tensor;
}
