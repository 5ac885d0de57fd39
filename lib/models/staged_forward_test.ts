import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { exists, GOLDENS, RECORDED_BUILDS } from "./_shared_data.ts";
import { dequantizeBlocks, MXFP4, quantizeBlocks, random, roundToBf16 } from "../numerics/mod.ts";
import { readNpy, readNpz } from "./_npz.ts";
import { smallConfig } from "./_small_model.ts";
import { ablation } from "./ablation.ts";
import type { DecoderWeights, LayerWeights } from "./decoder_config.ts";
import { forward, type Stage } from "./forward.ts";
import { KvCache } from "./kv_cache.ts";
import { ModelError } from "./model_error.ts";
import { parseDecoderConfig } from "./parse_config.ts";
import { randomWeights } from "./random_weights.ts";
import { LOSSY_FORMATS, roundTrip, roundTripWeight } from "./round_trip.ts";
import { stagedForward } from "./staged_forward.ts";
import { stagedContraction } from "./staged_ops.ts";
import { STORAGE_FORMATS } from "./storage_format.ts";
import { LAYER_TENSORS, layerTensorName, NAME_STYLES } from "./tensor_names.ts";

function relativeRms(values: Float32Array, truth: Float32Array): number {
  assertEquals(values.length, truth.length);
  let error = 0;
  let power = 0;
  for (const [i, value] of truth.entries()) {
    error += (values[i]! - value) ** 2;
    power += value ** 2;
  }
  return Math.sqrt(error / power);
}

/** The worked examples of section 12 of the compiler specification. */
// deno-fmt-ignore
const EXAMPLES: readonly (readonly [number[], number[]])[] = [
  [[0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8],
    [0.1015625, -0.203125, 0.3125, -0.40625, 0.5, -0.625, 0.6875, -0.8125]],
  [[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8]],
  [[1, 0.01, 0.004, 0.001, 0.0001, 0, -0.001, 0.0078125],
    [1, 0.0068359375, 0.00390625, 0.0009765625, 0, 0, -0.0009765625, 0.0068359375]],
  [[100, 99, 98, 97, 96, 95, 94, 93], [96, 96, 96, 96, 96, 96, 96, 96]],
  [[1.0625, 1.1875, 1.9375, 1.96875, 1.03125, 1.09375, 1.15625, 1.21875],
    [1, 1.25, 1.875, 1.875, 1, 1.125, 1.125, 1.25]],
  [[-60000, 0, 0, 0, 0, 0, 0, 0], [-57344, 0, 0, 0, 0, 0, 0, 0]],
  [[0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]],
];

Deno.test("roundTrip() in MXFP8 gives the worked examples of the specification", () => {
  for (const [values, expected] of EXAMPLES) {
    assertEquals([...roundTrip(Float32Array.from(values), 8, "mxfp8")], expected);
  }
  // A row of eleven: the last three are a block of their own, filled up with zeros.
  const [first, other] = [EXAMPLES[0]!, EXAMPLES[3]!];
  assertEquals(
    [...roundTrip(Float32Array.from([...first[0], 100, 99, 98]), 11, "mxfp8")],
    [...first[1], ...other[1].slice(0, 3)],
  );
});

Deno.test("roundTrip() in MXFP4 is OCP's, 32 elements to a scale", () => {
  // Largest 24: scale 4, elements 6, 2.5 → 2, 0.625 → 0.5, 0.1 → 0, and their negatives.
  const values = Float32Array.from([24, 10, 2.5, 0.4, -24, -10, -2.5, -0.4]);
  assertEquals([...roundTrip(values, 8, "mxfp4")], [24, 8, 2, 0, -24, -8, -2, -0]);
  // The first 32 share the scale 4 of the one 24, so 0.75 is lost; those behind them have their own.
  const row = new Float32Array(40).fill(0.75);
  row[31] = 24;
  const expected = [...new Array(31).fill(0), 24, ...new Array(8).fill(0.75)];
  assertEquals([...roundTrip(row, 40, "mxfp4")], expected);
  // Against the general quantiser, whose blocks are those of OCP MX 1.0: whole rows, and short ends.
  const draw = random(7);
  for (const columns of [32, 64, 50, 7]) {
    const any = Float32Array.from(
      { length: 6 * columns },
      () => (draw() - 0.5) * 2 ** Math.floor(24 * draw() - 12),
    );
    const wanted = dequantizeBlocks(quantizeBlocks(any, MXFP4, { rowLength: columns }));
    assertEquals([...roundTrip(any, columns, "mxfp4")], [...wanted], `${columns} columns`);
  }
});

Deno.test("LOSSY_FORMATS has the blocks that STORAGE_FORMATS counts", () => {
  for (const format of LOSSY_FORMATS) {
    const { blockSize = 1 } = STORAGE_FORMATS[format]!;
    // Ones beside 2^40 are lost in its block, and in no other.
    const row = new Float32Array(96).fill(1);
    row[0] = 2 ** 40;
    const lost = [...roundTrip(row, 96, format)].filter((value) => value === 0).length;
    assertEquals(lost, blockSize - 1, format);
  }
});

Deno.test("roundTrip() in bf16 rounds ties to even, and unknown formats are refused", () => {
  assertEquals([...roundTrip(Float32Array.from([1 + 2 ** -8, 1 + 3 * 2 ** -8]), 2, "bf16")], [
    1,
    1 + 2 ** -6,
  ]);
  assertThrows(() => roundTrip(new Float32Array(8), 8, "fp8" as "mxfp8"), ModelError, '"fp8"');
});

Deno.test("roundTripWeight() has blocks over the outputs of one input, each head for itself", () => {
  const [values, expected] = EXAMPLES[0]!;
  const [others, otherExpected] = EXAMPLES[3]!;
  // Two inputs; outputs 0–7 are the first column of the examples.
  const matrix = Float32Array.from(values.flatMap((value, o) => [value, others[o]!]));
  assertEquals(
    [...roundTripWeight(matrix.slice(), 2, "mxfp8")],
    expected.flatMap((value, o) => [value, otherExpected[o]!]),
  );
  // In heads of four, the first half no longer shares a scale with the second.
  const halves = Float32Array.from([...EXAMPLES[2]![0].slice(0, 4), 0.0012, 0, 0, 0]);
  assertEquals(roundTripWeight(halves.slice(), 1, "mxfp8")[4], 2 ** -10);
  assertEquals(roundTripWeight(halves.slice(), 1, "mxfp8", 4)[4], 1.25 * 2 ** -10);
});

for (const name of RECORDED_BUILDS) {
  const folder = new URL(`${name}/`, GOLDENS);
  Deno.test({
    name: `stagedForward() of plena is, bit for bit, the public compiler's reference in ${name}`,
    ignore: !exists(new URL("model_state.npz", folder)),
    fn: async (): Promise<void> => {
      const bytes = (file: string): Uint8Array => Deno.readFileSync(new URL(file, folder));
      const { args } = JSON.parse(
        Deno.readTextFileSync(new URL("compile_result.json", folder)),
      );
      const config = parseDecoderConfig({
        model_type: "llama",
        hidden_size: args.hidden,
        intermediate_size: args.inter,
        num_hidden_layers: args.layers,
        num_attention_heads: args.heads,
        num_key_value_heads: args.kv,
        vocab_size: args.vocab,
        rms_norm_eps: 1e-5,
      });
      const state = await readNpz(bytes("model_state.npz"));
      const style = NAME_STYLES[0]!;
      const weights: DecoderWeights = {
        embedding: () => state.get(style.embedding)!.values,
        head: () => state.get(style.head[0]!)!.values,
        finalNorm: () => state.get(style.finalNorm)!.values,
        layer: (index) =>
          Object.fromEntries(
            LAYER_TENSORS.filter(({ present }) => present(config)).map((tensor) => [
              tensor.field,
              state.get(layerTensorName(style, index, tensor)!)!.values,
            ]),
          ) as unknown as LayerWeights,
      };
      const x = (await readNpz(bytes("input_tensors.npz"))).get("X")!;
      const golden = readNpy(bytes("torch_golden_output.npy"));
      for (let b = 0; b < args.batch; b++) {
        const embeddings = new Float32Array(args.seq * args.hidden);
        for (let r = 0; r < args.seq; r++) {
          const from = (b * args.seq + r) * x.shape[1]!;
          embeddings.set(x.values.subarray(from, from + args.hidden), r * args.hidden);
        }
        const { hidden } = stagedForward(config, weights, { embeddings }, {
          compat: "plena",
          mlen: args.mlen,
          packed: args.pack,
        });
        const expected = golden.values.subarray(b * hidden.length, (b + 1) * hidden.length);
        assertEquals(hidden, expected.slice());
      }
    },
  });
}

const TOKENS = [3, 39, 0, 17, 17, 8, 21, 5, 30];
const MODELS = {
  llama: smallConfig("llama", { attention_bias: true, mlp_bias: true }),
  qwen2: smallConfig("qwen2", {
    sliding_window: 4,
    use_sliding_window: true,
    max_window_layers: 1,
  }),
  qwen3: smallConfig("qwen3", { head_dim: 6 }),
  llada: smallConfig("llada"),
};

for (const [name, config] of Object.entries(MODELS)) {
  Deno.test(`stagedForward() of ${name} without rounding is the true pass`, () => {
    const weights = randomWeights(config, 5);
    const truth = forward(config, weights, TOKENS);
    for (const gains of ["fold", "multiply"] as const) {
      for (const arithmetic of ["lean", "reference"] as const) {
        const options = { precision: "fp32", gains, arithmetic, chunk: 7, mlen: 8 } as const;
        const staged = stagedForward(config, weights, TOKENS, options);
        assert(relativeRms(staged.hidden, truth.hidden) < 2e-6, `${gains}, ${arithmetic}`);
        assert(relativeRms(staged.logits, truth.logits) < 2e-6, `${gains}, ${arithmetic}`);
      }
    }
  });
}

Deno.test("stagedForward() has the stages of forward(), each near the true one", () => {
  const config = MODELS.qwen3;
  const weights = randomWeights(config, 5);
  const collect = (run: (onStage: (stage: Stage) => void) => unknown): Stage[] => {
    const stages: Stage[] = [];
    run((stage) => stages.push(stage));
    return stages;
  };
  const truth = collect((onStage) => forward(config, weights, TOKENS, { onStage }));
  const staged = collect((onStage) =>
    stagedForward(config, weights, TOKENS, {
      onStage,
      gains: "multiply",
      arithmetic: "reference",
      precision: "no-weight-quant",
    })
  );
  assertEquals(
    staged.map(({ name, layer, rows, columns }) => [name, layer, rows, columns]),
    truth.map(({ name, layer, rows, columns }) => [name, layer, rows, columns]),
  );
  for (const [i, stage] of truth.entries()) {
    assert(relativeRms(staged[i]!.values, stage.values) < 0.04, `${stage.name} ${stage.layer}`);
  }
});

Deno.test("stagedForward() asks for what comes back of every stored tensor, folded as it is", () => {
  const config = MODELS.llama;
  const weights = randomWeights(config, 5);
  const asked = new Map<string, Float32Array>();
  const kept = stagedForward(config, weights, TOKENS, {
    precision: "no-bf16",
    store: (values, { kind, name, layer }) => {
      asked.set(`${kind} ${name} ${layer ?? "-"}`, values.slice());
      return values;
    },
  });
  // Nothing was lost, so it is the true pass.
  assert(relativeRms(kept.hidden, forward(config, weights, TOKENS).hidden) < 2e-6);
  const matrices = ["wq", "wk", "wv", "wo", "wGate", "wUp", "wDown"];
  // In each layer matrices with biases, k and v; then x, cos, sin, the head and the last gain.
  assertEquals(asked.size, 2 * (2 * matrices.length + 2) + 5);
  // √hidden, the gain and 1/√head_dim are in W_q, and nothing in W_o.
  const { wq, wo, attentionNorm } = weights.layer(1);
  const factor = Math.sqrt(24) / Math.sqrt(4);
  assertAlmostEquals(asked.get("weight wq 1")![30]!, wq[30]! * attentionNorm[6]! * factor, 1e-6);
  assertEquals(asked.get("weight wo 1"), wo);
});

Deno.test("stagedContraction() rounds to float32 in a tile, and to bfloat16 after a part", () => {
  const x = Float32Array.of(1, 1, 1);
  const w = Float32Array.of(2 ** 25, 1, -(2 ** 25));
  const tile = (...inputs: number[]): Int32Array => Int32Array.from(inputs);
  const sum = (...parts: Int32Array[][]): number =>
    stagedContraction(x, w, 3, parts, roundToBf16)[0]!;
  assertEquals(sum([tile(0, 1, 2)]), 0); // float32 has 24 bits
  assertEquals(sum([tile(0, 2, 1)]), 1);
  assertEquals(sum([tile(0, 2), tile(1)]), 1);
  assertEquals(sum([tile(0), tile(1), tile(2)]), 0);
  // 256 + 1 is a tie in bfloat16, which has 8 bits.
  w.set([256, 1, 1]);
  assertEquals(sum([tile(0, 1, 2)]), 258);
  assertEquals(sum([tile(0)], [tile(1)], [tile(2)]), 256);
  assertEquals(sum([tile(0)], [tile(1), tile(2)]), 258);
});

Deno.test("stagedForward() goes on from what it is given", () => {
  const config = MODELS.qwen3;
  const weights = randomWeights(config, 5);
  const stages: Stage[] = [];
  const whole = stagedForward(config, weights, TOKENS, { onStage: (s) => stages.push(s) });
  const last = stages.find(({ name, layer }) => name === "attn_residual" && layer === 1)!;
  // Another text, from a stage of this one on.
  const other = stagedForward(config, weights, [...TOKENS].reverse(), {
    goOnFrom: ({ name, layer }) =>
      name === "attn_residual" && layer === 1 ? last.values.slice() : undefined,
  });
  assertEquals(other.hidden, whole.hidden);
  assertEquals(other.logits, whole.logits);
});

Deno.test("stagedForward() with a cache gives what one pass gives", () => {
  const config = MODELS.qwen2;
  const weights = randomWeights(config, 5);
  const whole = stagedForward(config, weights, TOKENS).hidden;
  const cache = new KvCache(config);
  const parts = [[0, 5], [5, 6], [6, 9]].flatMap(([from, to]) => [
    ...stagedForward(config, weights, TOKENS.slice(from, to), { cache }).hidden,
  ]);
  assertEquals(parts, [...whole]);
});

Deno.test("ablation() gets worse with every source of rounding", () => {
  const config = MODELS.llama;
  const rows = ablation(config, randomWeights(config, 5), TOKENS);
  const error = Object.fromEntries(rows.map((row) => [row.precision, row.relativeRms]));
  assert(error["fp32"]! < 2e-6);
  assert(error["no-weight-quant"]! > 1e-4 && error["no-weight-quant"]! < 0.03);
  assert(error["no-bf16"]! > error["no-weight-quant"]!);
  assert(error["hardware"]! > error["no-weight-quant"]!);
  const exact = rows.find(({ precision }) => precision === "fp32")!;
  assertAlmostEquals(exact.cosine, 1, 1e-9);
  assertEquals(exact.topTokenRate, 1);
  // What the public compiler leaves out is not rounding: no mode comes near the model.
  for (const row of ablation(config, randomWeights(config, 5), TOKENS, { compat: "plena" })) {
    assert(row.relativeRms > 0.1, row.precision);
  }
});

Deno.test("ablation() takes several texts, each by itself, with the outputs that are asked for", () => {
  const config = MODELS.qwen3;
  const weights = randomWeights(config, 5);
  const texts = [TOKENS, [...TOKENS].reverse()];
  for (const output of ["logits", "hidden"] as const) {
    const rows = ablation(config, weights, texts, { output, mlen: 8 });
    const logits = output === "logits" ? "all" : "none";
    for (const { precision, maxError, ...row } of rows) {
      const [truth, staged] = [
        texts.map((text) => forward(config, weights, text)[output]),
        texts.map((text) => {
          return stagedForward(config, weights, text, { precision, logits, mlen: 8 })[output];
        }),
      ].map((parts) => Float32Array.from(parts.flatMap((part) => [...part])));
      assertAlmostEquals(row.relativeRms, relativeRms(staged!, truth!), 1e-12);
      const errors = [...truth!].map((value, i) => Math.abs(value - staged![i]!));
      assertEquals(maxError, Math.max(...errors));
      assertEquals(precision === "fp32" ? row.topTokenRate : 1, 1);
    }
    assert(rows[0]!.relativeRms > 1e-3);
  }
});

Deno.test("ablation() measures by the true model, if another one is staged", () => {
  const config = MODELS.llada;
  const truth = { config, weights: randomWeights(config, 5) };
  const zero = new Float32Array(config.hidden);
  const without = { ...truth.weights, finalNorm: () => zero };
  for (const output of ["logits", "hidden"] as const) {
    for (const row of ablation(config, without, TOKENS, { output, truth })) {
      // Zeros are as far off as the model is large.
      assertEquals([row.relativeRms, row.cosine], [1, 0]);
    }
    const other = { config, weights: without };
    for (const row of ablation(config, truth.weights, TOKENS, { output, truth: other })) {
      assertEquals([row.relativeRms, row.cosine], [Infinity, 0]);
    }
  }
});

Deno.test("ablation() counts no row for right that has no numbers", () => {
  const config = MODELS.llama;
  const truth = { config, weights: randomWeights(config, 5) };
  const bad = { ...truth.weights, finalNorm: () => new Float32Array(config.hidden).fill(NaN) };
  for (const row of ablation(config, bad, TOKENS, { truth })) {
    const { relativeRms, cosine, maxError, topTokenRate } = row;
    assertEquals([relativeRms, cosine, maxError, topTokenRate], [NaN, NaN, NaN, 0]);
  }
});
