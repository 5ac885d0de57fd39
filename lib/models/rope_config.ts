import { MOST } from "./count_limits.ts";
import type { RopeScaling } from "./decoder_config.ts";
import type { JsonReader } from "./json_reader.ts";

/** What a config says about the rotary embedding. */
export interface RopeConfig {
  /** Base θ. */
  readonly theta: number;
  /** Scaling. */
  readonly scaling: RopeScaling;
  /** Longest sequence that it is made for. */
  readonly maxPositions: number;
}

const ORIGINAL = "original_max_position_embeddings";
const KINDS = ["default", "linear", "dynamic", "llama3", "yarn"];

/**
 * Reads `rope_theta` and `rope_scaling`, or `rope_parameters` as newer configs have it. Defaults are
 * those of Transformers (`modeling_rope_utils.py`).
 *
 * `maxPositions` is what the config writes as its longest sequence. With `dynamic` scaling that is the
 * trained length, unless `original_max_position_embeddings` is written beside it: frequencies change
 * only in longer texts, so it is stretched by the factor, as far as the scaling is meant to reach.
 *
 * @throws {ModelError} For a kind of scaling that is not one of ours, or a missing field.
 */
export function parseRope(json: JsonReader, maxPositions: number): RopeConfig {
  const parameters = json.object("rope_parameters");
  const theta = parameters?.positive("rope_theta") ?? json.positive("rope_theta") ?? 10000;
  const older = json.object("rope_scaling");
  const from = parameters ?? older;
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
  if (parameters !== undefined && older !== undefined) {
    const [one, other] = [parameters, older].map((reader) => scalingOf(reader, maxPositions));
    if (JSON.stringify(one) !== JSON.stringify(other)) {
      throw json.error(
        `${json.path}.rope_scaling is another scaling than rope_parameters`,
        "they mean the same: leave one of them out",
        "rope_scaling",
      );
    }
  }
  const scaling = from === undefined ? { kind: "default" } as const : scalingOf(from, maxPositions);
  if (scaling.kind !== "dynamic" || from!.found([ORIGINAL]) !== undefined) {
    return { theta, scaling, maxPositions };
  }
  const reached = Math.min(MOST.positions, Math.floor(scaling.factor * maxPositions));
  return { theta, scaling, maxPositions: Math.max(maxPositions, reached) };
}

function scalingOf(json: JsonReader, maxPositions: number): RopeScaling {
  const kind = kindOf(json);
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
  const original = json.count([ORIGINAL], { most: MOST.positions });
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
      if (original === undefined) number(ORIGINAL);
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

/**
 * The kind of a scaling. Versions of Transformers differ on one that names none (an error, or `default`
 * whatever else it says), so it may say nothing else.
 */
function kindOf(json: JsonReader): string {
  const beta = json.fields.llama_4_scaling_beta;
  if (beta !== undefined && beta !== null && beta !== 0) {
    throw json.error(
      `Unsupported: scores scaled by the position; ${json.path}.llama_4_scaling_beta is ${beta}`,
      'only models with "llama_4_scaling_beta": 0',
      "llama_4_scaling_beta",
    );
  }
  const [one, other] = [json.text("rope_type"), json.text("type")];
  if (one !== undefined && other !== undefined && one !== other) {
    throw json.error(
      `${json.path}.rope_type is ${JSON.stringify(one)}, but type is ${JSON.stringify(other)}`,
      "they mean the same: correct one of them, or leave it out",
      "rope_type",
    );
  }
  const kind = one ?? other;
  if (kind !== undefined) return kind;
  const without = ["rope_theta", "partial_rotary_factor"];
  const more = Object.keys(json.fields).find((name) =>
    !without.includes(name) && json.found([name]) !== undefined
  );
  if (more === undefined) return "default";
  throw json.error(
    `${json.path}.rope_type is missing, beside ${more}`,
    `add "rope_type", one of ${KINDS.join(", ")}`,
    "rope_type",
  );
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
