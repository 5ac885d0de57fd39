import type { Contraction, StagedOptions, StoredTensor } from "../../models/mod.ts";
import { type ColumnMap, columnMaps } from "../model/geometry.ts";
import { lossOf, throughColumns, throughTransposed, tileOrder } from "../model/stored_columns.ts";
import { publicAngles } from "./public_image.ts";
import type { PublicPlan } from "./public_plan.ts";

/**
 * What the staged reference pass has to know of a public layout to compute what the program on it
 * does, bit for bit: the public compiler's steps, with sums in the program's order.
 */
export function publicStagedOptions(plan: PublicPlan): StagedOptions {
  const { config, geometry: g, settings: { precision } } = plan;
  const { mlen } = g;
  const { kvHeads, headDim } = config;
  const maps = columnMaps(config, g);
  const { hidden, queries, keys, results, inner, vocabulary } = maps;
  const matrices: Partial<Record<StoredTensor["name"], readonly [ColumnMap, Contraction]>> = {
    wq: [queries, tileOrder(plan.query.tiling, hidden, mlen)],
    wk: [keys, tileOrder(plan.query.tiling, hidden, mlen)],
    wv: [keys, tileOrder(plan.query.tiling, hidden, mlen)],
    wo: [hidden, tileOrder(plan.o.tiling, results, mlen)],
    wGate: [inner, tileOrder(plan.gate.tiling, hidden, mlen)],
    wUp: [inner, tileOrder(plan.gate.tiling, hidden, mlen)],
    wDown: [hidden, tileOrder(plan.down.tiling, inner, mlen)],
  };
  if (plan.head !== undefined) {
    matrices.head = [vocabulary, tileOrder(plan.head.tiling, hidden, mlen)];
  }
  const ocpE4m3 = plan.machine === "extended";
  const active = lossOf(precision.HBM_V_ACT_TYPE, { ocpE4m3, initial: true });
  const weight = lossOf(precision.HBM_M_WEIGHT_TYPE, { ocpE4m3, initial: true });
  // Keys and values are stored by the machine itself.
  const cached = lossOf(precision.HBM_V_KV_TYPE, { ocpE4m3, initial: false });
  const head = keys.subarray(0, g.valueLanes);
  return {
    compat: "plena",
    mlen,
    splitHeads: false,
    contraction: (name) => matrices[name]?.[1],
    store: (tensor, { kind, name, columns }) => {
      switch (kind) {
        case "weight":
          return throughTransposed(tensor, columns, matrices[name]![0], weight);
        case "kv":
          return throughColumns(tensor, kvHeads * headDim, keys, cached);
        case "table": {
          // As the image has them, in float32, and not as the model: once for every key head.
          const turn = name === "cos" ? Math.cos : Math.sin;
          for (let at = 0; at < tensor.length; at += headDim) {
            const angles = publicAngles(config, Math.floor(at / columns)).map(turn);
            tensor.set(angles, at);
            tensor.set(angles, at + headDim / 2);
          }
          return throughColumns(tensor, headDim, head, active);
        }
        default:
          return throughColumns(tensor, columns, hidden, active);
      }
    },
  };
}
