import { type DecoderWeights, forward, stagedForward } from "../../models/mod.ts";
import type { DecoderPlan } from "./plan.ts";
import { stagedOptions } from "./staged_options.ts";

/** What a prefill program should leave, (tokens, columns), from two references. */
export interface ReferenceOutputs {
  /** The model as it is, in float64: how much quantisation and bfloat16 lose. */
  readonly float: Float32Array;
  /** The model with the machine's roundings: how right the program is. */
  readonly staged: Float32Array;
}

/** Both references for a text: logits or hidden states, as the plan's programs compute them. */
export function referenceOutputs(
  plan: DecoderPlan,
  weights: DecoderWeights,
  tokens: readonly number[],
): ReferenceOutputs {
  const { config, output } = plan;
  const kind = output === "logits" ? "logits" : "hidden";
  const logits = kind === "logits" ? "all" : "none";
  const staged = { ...stagedOptions(plan), logits } as const;
  return {
    float: forward(config, weights, tokens, { logits })[kind],
    staged: stagedForward(config, weights, tokens, staged)[kind],
  };
}
