import type { DecoderConfig, DecoderWeights } from "../../models/mod.ts";

/** A model as the public compiler understands it. */
export interface PublicModel {
  /** The config without what it ignores. */
  readonly config: DecoderConfig;
  /** The weights that have the same effect. */
  readonly weights: DecoderWeights;
}

/** The config of a model as the public compiler understands it: without what it ignores. */
export function publicConfig(config: DecoderConfig): DecoderConfig {
  return {
    ...config,
    qkvBias: false,
    outputBias: false,
    mlpBias: false,
    qkNorm: false,
    ropeScaling: { kind: "default" },
    slidingWindows: config.slidingWindows.map(() => undefined),
  };
}

/**
 * The model that the public compiler's programs compute (compiler specification, sections 8 and 20):
 * no norm gains, biases, norms on q and k, RoPE scaling or windows, and SiLU on the up projection instead of
 * the gate. With packed heads its reference also divides the scores by 4
 * (section 6.9; its looped programs do not when a head has 16 elements).
 */
export function publicModel(
  config: DecoderConfig,
  weights: DecoderWeights,
  options: { readonly packed?: boolean } = {},
): PublicModel {
  const ones = new Float32Array(config.hidden).fill(1);
  return {
    config: publicConfig(config),
    weights: {
      embedding: () => weights.embedding(),
      head: () => weights.head(),
      finalNorm: () => ones,
      layer: (index) => {
        const { wq, wk, wv, wo, wGate, wUp, wDown } = weights.layer(index);
        return {
          attentionNorm: ones,
          mlpNorm: ones,
          wq: options.packed === true ? wq.map((value) => value / 4) : wq,
          wk,
          wv,
          wo,
          wGate: wUp,
          wUp: wGate,
          wDown,
        };
      },
    },
  };
}
