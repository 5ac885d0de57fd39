import { assertEquals, assertThrows } from "@std/assert";
import { packWeights, smallConfig } from "./_small_model.ts";
import { forward } from "./forward.ts";
import { ModelError } from "./model_error.ts";
import { openDecoder } from "./open_decoder.ts";
import { randomWeights } from "./random_weights.ts";
import { sliceDecoder } from "./slice_decoder.ts";
import { NAME_STYLES } from "./tensor_names.ts";

const CONFIG = smallConfig("qwen2"); // 24 wide, 6 heads of 4, 2 key heads, 20 neurons
const WEIGHTS = randomWeights(CONFIG, 3);

Deno.test("sliceDecoder() cuts every tensor to a smaller decoder, which opens and runs", () => {
  const { config, weights } = sliceDecoder(CONFIG, WEIGHTS, { hidden: 12, inter: 8, layers: 1 });
  assertEquals(
    [config.hidden, config.intermediate, config.layers, config.heads, config.kvHeads],
    [12, 8, 1, 3, 1],
  );
  const opened = openDecoder(config, [packWeights(config, weights, NAME_STYLES[0]!)]);
  assertEquals(forward(config, opened, [1, 2]), forward(config, weights, [1, 2]));
  const whole = WEIGHTS.layer(0);
  const part = weights.layer(0);
  for (let r = 0; r < 12; r++) {
    for (let c = 0; c < 12; c++) assertEquals(part.wq[r * 12 + c], whole.wq[r * 24 + c]);
    for (let c = 0; c < 8; c++) assertEquals(part.wDown[r * 8 + c], whole.wDown[r * 20 + c]);
  }
  assertEquals(part.bk, whole.bk!.slice(0, 4));
});

Deno.test("sliceDecoder() keeps the first heads of every kept group", () => {
  const config = smallConfig("llama", { num_attention_heads: 6, num_key_value_heads: 3 });
  const weights = randomWeights(config, 3);
  const slice = sliceDecoder(config, weights, { hidden: 20 }); // 5 heads fit: 2 groups of 2
  assertEquals([slice.config.heads, slice.config.kvHeads], [4, 2]);
  const one = sliceDecoder(config, weights, { hidden: 5 }); // 1 head fits: 1 of its group
  assertEquals([one.config.heads, one.config.kvHeads, one.config.headDim], [1, 1, 4]);
});

Deno.test("sliceDecoder() of everything is the model itself", () => {
  const { config, weights } = sliceDecoder(CONFIG, WEIGHTS, {});
  assertEquals(config, CONFIG);
  assertEquals(forward(config, weights, [4, 2]), forward(CONFIG, WEIGHTS, [4, 2]));
});

Deno.test("sliceDecoder() refuses a slice that is larger than the model", () => {
  assertThrows(() => sliceDecoder(CONFIG, WEIGHTS, { hidden: 25 }), ModelError, "hidden 25");
  assertThrows(() => sliceDecoder(CONFIG, WEIGHTS, { layers: 0 }), ModelError, "layers must be");
});
