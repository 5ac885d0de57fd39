import type { Contraction, StagedOptions, StoredTensor } from "../../models/mod.ts";
import { type ColumnMap, columnMaps } from "./geometry.ts";
import type { DecoderPlan } from "./plan.ts";
import { lossOf, throughColumns, throughTransposed, tileOrder } from "./stored_columns.ts";
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
  const active = lossOf(plan.embedding.type, { ocpE4m3, initial: true });
  const weight = lossOf(plan.qkv.rows.type, { ocpE4m3, initial: true });
  // Keys and values are stored by the machine itself.
  const cached = lossOf(plan.cache.type, { ocpE4m3, initial: false });
  const orders: Partial<Record<StoredTensor["name"], Contraction>> = {
    wq: tileOrder(plan.qkv.tiling, hidden, mlen),
    wo: tileOrder(plan.o.tiling, results, mlen),
    wGate: tileOrder(plan.gateUp.tiling, hidden, mlen),
    wDown: tileOrder(plan.down.tiling, inner, mlen),
    ...(plan.head === undefined ? {} : { head: tileOrder(plan.head.tiling, hidden, mlen) }),
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
          return throughTransposed(tensor, columns, map, weight);
        case "row":
          return throughColumns(
            tensor,
            columns,
            map,
            (row, width) => sumOfTerms(row, rowTerms, width, active),
          );
        case "activation":
          return throughColumns(tensor, columns, map, active);
        case "kv":
          return throughColumns(tensor, kvHeads * headDim, map, cached);
      }
    },
  };
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
