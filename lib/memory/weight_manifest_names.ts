import type { RegionKind } from "./weight_manifest.ts";

/** Names that are weights although they begin as activations do. */
const WEIGHT_NAMES: readonly string[] = [
  "V_PATCH_W",
  "V_PATCH_BIAS_POS",
  "V_CONNECTOR_W",
  "V_CONNECTOR_B",
];

/** Decoder weights, then weights, biases and norms of the vision tower (`V_` is for vision). */
const WEIGHT_PREFIXES: readonly string[] = [
  "W_",
  "V_W_",
  "V_B_",
  "V_LN1_",
  "V_LN2_",
  "V_POST_LN_",
];

/**
 * What a region of the PLENA compiler is for, from its name: the first rule that fits of stored keys
 * and values, named weights, weight prefixes; anything else is an activation (so are embedding and
 * LM-head tables, as the public generator has it).
 */
export function classifyRegion(name: string): RegionKind {
  if (/(^|_)[KV]_stored_/.test(name)) return "kv";
  if (WEIGHT_NAMES.includes(name)) return "weight";
  return WEIGHT_PREFIXES.some((prefix) => name.startsWith(prefix)) ? "weight" : "activation";
}

/**
 * The layer that a region's name tells: the first number in it, apart from a head at its end (`_h3`)
 * and from the numbers of `fc1`, `fc2`, `ln1` and `ln2`; 0 if there is none.
 */
export function regionLayer(name: string): number {
  const bare = name.replace(/_h\d+$/, "").replaceAll(/(fc|ln)[12]/gi, "$1");
  return Number(/\d+/.exec(bare)?.[0] ?? 0);
}
