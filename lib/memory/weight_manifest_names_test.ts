import { assertEquals } from "@std/assert";
import { classifyRegion, regionLayer } from "./weight_manifest_names.ts";

/** Memory regimes specification, 4.4: the names it lists, by kind. */
const KINDS = {
  kv: [
    ...["K_stored_0_h0", "V_stored_3_h1", "V_K_stored_2_h3", "V_V_stored_0_h0", "foo_K_stored_1"],
    ...["K_stored_h2"],
  ],
  weight: [
    ...["V_PATCH_W", "V_PATCH_BIAS_POS", "V_CONNECTOR_W", "V_CONNECTOR_B"],
    ...["W_q_0", "W_o_0", "W_k_0_h1", "W_v_0_h1", "W_gate_0", "W_up_0", "W_down_0"],
    ...["V_W_q_3_h11", "V_W_k_3_h0", "V_W_v_3_h0", "V_B_q_1_h3", "V_B_k_1_h3", "V_B_v_1_h3"],
    ...["V_W_o_2", "V_B_o_2", "V_W_fc1_4", "V_W_fc2_10", "V_B_fc1_7", "V_B_fc2_7"],
    ...["V_LN1_weight_2", "V_LN1_bias_2", "V_LN2_weight_5", "V_LN2_bias_5"],
    ...["V_POST_LN_weight", "V_POST_LN_bias"],
  ],
  activation: [
    ...["X", "POS", "COS", "SIN", "R_rope", "causal_mask", "V_PIXELS", "vision_post_ln"],
    ...["K_3_h1", "V_3_h1", "O_proj_6", "V_FC1_4", "V_PATCH_OUT", "V_CONNECTOR_OUT"],
    ...["xK_stored_1", "k_stored_1", "w_q_0", "xW_q_0", "embed_tokens", "lm_head", "vision_l4_ln1"],
  ],
} as const;

for (const [kind, names] of Object.entries(KINDS)) {
  Deno.test(`classifyRegion() takes every listed ${kind} name for ${kind}`, () => {
    for (const name of names) assertEquals(classifyRegion(name), kind, name);
  });
}

Deno.test("regionLayer() gives the layers of the table", () => {
  // deno-fmt-ignore: the table of 4.5
  const table: [string, number][] = [
    ["W_q_0", 0], ["W_k_0_h1", 0], ["V_W_q_3_h11", 3], ["V_W_fc2_10", 10], ["V_B_fc1_7", 7],
    ["V_LN2_bias_5", 5], ["V_POST_LN_weight", 0], ["V_stored_12_h0", 12], ["V_K_stored_2_h3", 2],
    ["O_proj_6", 6], ["V_FC1_4", 4], ["vision_l4_ln1", 4], ["K_stored_h2", 0], ["foo_K_stored_1", 1],
    ["xK_stored_1", 1], ["k_stored_1", 1], ["causal_mask", 0],
  ];
  for (const [name, layer] of table) assertEquals(regionLayer(name), layer, name);
});
