import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { exists, STORIES } from "./_shared_data.ts";
import { ablation } from "./ablation.ts";
import type { DecoderConfig, DecoderWeights } from "./decoder_config.ts";
import { forward } from "./forward.ts";
import { argmax, generate, keptWeights } from "./generate.ts";
import { KvCache } from "./kv_cache.ts";
import { openDecoder } from "./open_decoder.ts";
import { parseDecoderConfig } from "./parse_config.ts";
import { perplexity } from "./perplexity.ts";
import { bytesSource, openSafetensors } from "./safetensors_file.ts";
import { stagedForward } from "./staged_forward.ts";

const ignore = !exists(STORIES);
const json = (file: string) => JSON.parse(Deno.readTextFileSync(new URL(file, STORIES)));

function open(): { config: DecoderConfig; weights: DecoderWeights } {
  const config = parseDecoderConfig(json("config.json"), "config.json");
  const bytes = Deno.readFileSync(new URL("model.safetensors", STORIES));
  return {
    config,
    weights: keptWeights(config, openDecoder(config, [openSafetensors(bytesSource(bytes))])),
  };
}

Deno.test({
  name: "forward() gives the recorded logits of the trained model",
  ignore,
  fn: (): void => {
    const { config, weights } = open();
    const { greedy_ids, last_token_logits } = json("expected.json");
    const { logits } = forward(config, weights, greedy_ids.slice(0, 32), { logits: "last" });
    assertEquals(logits.length, last_token_logits.length);
    for (const [i, expected] of last_token_logits.entries()) {
      assertAlmostEquals(logits[i]!, expected, 2e-6, `logit ${i}`);
    }
  },
});

Deno.test({
  name: "generate() tells the recorded story, token by token with the cache",
  ignore,
  fn: (): void => {
    const { config, weights } = open();
    const { prompt_ids, greedy_ids } = json("expected.json");
    assert(greedy_ids.length > 40);
    const made = [...generate(config, weights, prompt_ids, greedy_ids.length - prompt_ids.length)];
    assertEquals([...prompt_ids, ...made], greedy_ids);
  },
});

Deno.test({
  name: "stagedForward() in bf16 tells the recorded story, whatever is folded",
  ignore,
  fn: (): void => {
    const { config, weights } = open();
    const { greedy_ids } = json("expected.json");
    const formats = { weight: "bf16", kv: "bf16", activation: "bf16" } as const;
    const ways = [{}, { gains: "multiply" }, { arithmetic: "reference" }] as const;
    for (const way of ways) {
      const cache = new KvCache(config, greedy_ids.length);
      const told = [greedy_ids[0]];
      while (told.length < greedy_ids.length) {
        const options = { formats, ...way, cache, logits: "last" } as const;
        told.push(argmax(stagedForward(config, weights, told.slice(-1), options).logits));
      }
      assertEquals(told, greedy_ids);
    }
  },
});

Deno.test({
  name: "ablation() of the public compiler's semantics has the distance that was measured of it",
  ignore,
  fn: (): void => {
    // Its program for this model: cosine 0.36, the right next token in 9 % of 32 positions.
    const { config, weights } = open();
    const tokens = json("expected.json").greedy_ids.slice(0, 32);
    const rows = ablation(config, weights, tokens, { compat: "plena", mlen: 16 });
    const hardware = rows.find(({ precision }) => precision === "hardware")!;
    assertAlmostEquals(hardware.cosine, 0.36, 0.005);
    assertAlmostEquals(hardware.topTokenRate, 0.09, 0.005);
  },
});

Deno.test({
  name: "perplexity() of the recorded story is low, and near 512 where nothing is known",
  ignore,
  fn: (): void => {
    const { config, weights } = open();
    const { greedy_ids } = json("expected.json");
    const { logits } = forward(config, weights, greedy_ids);
    const story = perplexity(logits, config.vocabulary, greedy_ids);
    assert(story > 1 && story < 1.5, `${story}`);
    assertAlmostEquals(perplexity(logits.slice().fill(3), 512, greedy_ids), 512, 1e-9);
  },
});
