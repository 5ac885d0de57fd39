/** Reading the stages of a program from the comments of its assembly text. */

/** The stages of the public profile, in the order of its output. */
export const STAGES = [
  "router_topk",
  "accumulator_init",
  "gather",
  "expert_weight_address",
  "expert_weight_prefetch",
  "expert_projection",
  "expert_activation",
  "expert_bias",
  "expert_route_weight",
  "scatter_combine",
  "other",
] as const;

/** A stage of the public profile. */
export type Stage = (typeof STAGES)[number];

/** Where an instruction belongs. */
export interface StageLabel {
  /** The stage. */
  readonly stage: Stage;
  /** Number of the routed pair; `undefined` outside of pairs. */
  readonly pair: number | undefined;
}

const PAIR = "allocate vram matrix step6_pair";
const ACTIVATION_PARTS = ["vram fill zero", "vram matrix add", "vram matrix mul"];

/** The rules in order: the first whose condition holds gives the stage. */
const RULES: readonly [Stage, (comment: string, current: Stage) => boolean][] = [
  ["router_topk", (c) => has(c, "gpt-oss router", "router token", "router dot token")],
  ["scatter_combine", (c) => has(c, "gpt-oss vram scatter-add", "_scatter")],
  ["expert_route_weight", (c) => has(c, PAIR) && has(c, "_route")],
  [
    "expert_route_weight",
    (c, current) =>
      has(c, "materialize route weight", "vram matrix mul") ||
      (has(c, "true-zero vram rows") && current === "expert_route_weight"),
  ],
  ["accumulator_init", (c) => has(c, "step6_device_routing_acc", "true-zero vram rows")],
  [
    "gather",
    (c) =>
      has(c, "gpt-oss gather token rows", "gather pair", "clear gather padding") ||
      (has(c, PAIR) && has(c, "_gather")),
  ],
  ["expert_bias", (c) => has(c, "dynamic expert bias add")],
  ["expert_activation", (c) => has(c, PAIR) && has(c, "_sigmoid")],
  [
    "expert_activation",
    (c, current) =>
      has(c, "tile row min fp", "tile row max fp") ||
      (current === "expert_activation" && has(c, ...ACTIVATION_PARTS)),
  ],
  [
    "expert_weight_address",
    (c) => has(c, "dynamic hbm weight prefetch", "expert_id_to_weight_base"),
  ],
  ["expert_weight_prefetch", (c) => has(c, "subblock [")],
  [
    "expert_projection",
    (c) =>
      has(c, "sub projection", "vram block add", "vram block") ||
      (has(c, PAIR) && !has(c, "_gather")),
  ],
];

function has(text: string, ...parts: string[]): boolean {
  return parts.some((part) => text.includes(part));
}

/**
 * The label of each instruction of an assembly text, in the order of lines (emulator specification,
 * section 1.10). A line that begins with a capital letter is one instruction; a comment line may
 * change the stage and pair of what follows.
 */
export function stageLabels(assembly: string): StageLabel[] {
  const labels: StageLabel[] = [];
  let stage: Stage = "other";
  let pair: number | undefined;
  for (const raw of assembly.split("\n")) {
    const line = raw.trim();
    if (line.startsWith(";")) {
      const comment = line.toLowerCase();
      const current: Stage = stage;
      stage = RULES.find(([, holds]) => holds(comment, current))?.[0] ?? stage;
      const digits = /step6_pair(\d+)/.exec(line)?.[1] ?? /pair=(\d+)/.exec(line)?.[1];
      if (digits !== undefined) pair = Number(digits);
      else if (stage === "router_topk" || stage === "accumulator_init") pair = undefined;
    } else if (/^[A-Z]/.test(line)) {
      labels.push({ stage, pair });
    }
  }
  return labels;
}
