import type { RopeScaling } from "./decoder_config.ts";
import type { JsonReader } from "./json_reader.ts";

/** What a config says about the rotary embedding. */
export interface RopeConfig {
  /** Base θ. */
  readonly theta: number;
  /** Scaling. */
  readonly scaling: RopeScaling;
}

const KINDS = ["default", "linear", "dynamic", "llama3", "yarn"];

/**
 * Reads `rope_theta` and `rope_scaling`, or `rope_parameters` as newer configs have it. Defaults are
 * those of Transformers (`modeling_rope_utils.py`).
 *
 * @throws {ModelError} For a kind of scaling that is not one of ours, or a missing field.
 */
export function parseRope(json: JsonReader, maxPositions: number): RopeConfig {
  const parameters = json.object("rope_parameters");
  const theta = parameters?.positive("rope_theta") ?? json.positive("rope_theta") ?? 10000;
  const from = parameters ?? json.object("rope_scaling");
  for (const reader of from === undefined ? [json] : [json, from]) {
    const partial = reader.positive("partial_rotary_factor");
    if (partial !== undefined && partial !== 1) {
      throw reader.error(
        `${reader.path}.partial_rotary_factor is ${partial}: rotation of a part of a head is not supported`,
        "only models that rotate whole heads are supported",
        "partial_rotary_factor",
      );
    }
  }
  return { theta, scaling: from === undefined ? { kind: "default" } : scaling(from, maxPositions) };
}

function scaling(json: JsonReader, maxPositions: number): RopeScaling {
  const kind = json.text("rope_type", "type") ?? "default";
  const factor = (): number => {
    const value = json.positive("factor");
    if (value !== undefined) return value;
    throw json.error(
      `${json.path}.factor is missing`,
      `${kind} scaling of the rotary embedding needs a factor`,
      "factor",
    );
  };
  const number = (name: string): number => {
    const value = json.positive(name);
    if (value !== undefined) return value;
    throw json.error(`${json.path}.${name} is missing`, `${kind} scaling needs it`, name);
  };
  const original = json.count(["original_max_position_embeddings"]);
  switch (kind) {
    case "default":
      return { kind: "default" };
    case "linear":
      return { kind: "linear", factor: factor() };
    case "dynamic":
      return {
        kind: "dynamic",
        factor: factor(),
        originalMaxPositions: original ?? maxPositions,
      };
    case "llama3": {
      if (original === undefined) number("original_max_position_embeddings");
      return {
        kind: "llama3",
        factor: factor(),
        lowFreqFactor: number("low_freq_factor"),
        highFreqFactor: number("high_freq_factor"),
        originalMaxPositions: original!,
      };
    }
    case "yarn": {
      const stretched = original === undefined ? undefined : maxPositions / original;
      const by = json.positive("factor") ?? stretched ?? factor();
      const truncate = json.flag("truncate") ?? true;
      return {
        kind: "yarn",
        factor: by,
        betaFast: json.positive("beta_fast") ?? 32,
        betaSlow: json.positive("beta_slow") ?? 1,
        originalMaxPositions: original ?? maxPositions,
        attentionFactor: attentionFactor(json, by),
        ...(truncate ? {} : { truncate }),
      };
    }
    default:
      throw json.error(
        `Unsupported rotary scaling ${JSON.stringify(kind)}`,
        `supported are ${KINDS.join(", ")}`,
        json.found(["rope_type", "type"]),
      );
  }
}

/** YaRN's factor on cos and sin: written, from `mscale` and `mscale_all_dim`, or 0.1 ln f + 1. */
function attentionFactor(json: JsonReader, factor: number): number {
  const written = json.positive("attention_factor");
  if (written !== undefined) return written;
  const mscale = (weight: number): number => factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
  const one = json.fields.mscale;
  const all = json.fields.mscale_all_dim;
  // A zero means "not given", as in Transformers.
  if (typeof one === "number" && typeof all === "number" && one && all) {
    return mscale(one) / mscale(all);
  }
  return mscale(1);
}
