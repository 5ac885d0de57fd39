import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CompileError } from "../compile_error.ts";
import { keptWeights, parseDecoderConfig, randomWeights, stagedForward } from "../../models/mod.ts";
import {
  machineSettings,
  onMachine,
  relativeRms,
  type StoredAs,
  tokensOf,
} from "./_decoder_machine.ts";
import { outputRow } from "./session.ts";

const between = (min: number, max: number) => fc.integer({ min, max });
const type = fc.constantFrom<StoredAs[]>("bf16", "bf16", "mxfp8", "mxfp4");
const scaled = (rope_type: string, more: object = {}) => ({
  rope_scaling: { rope_type, factor: 4, original_max_position_embeddings: 32, ...more },
});

/** Models of sizes that are seldom multiples of anything. */
const MODEL = fc.record({
  model_type: fc.constantFrom("llama", "mistral", "qwen2", "qwen3", "llada"),
  hidden_size: between(8, 100),
  intermediate_size: between(8, 120),
  num_hidden_layers: between(1, 3),
  num_key_value_heads: between(1, 4),
  ratio: between(1, 3),
  half: between(1, 40),
  vocab_size: fc.constant(30),
  max_position_embeddings: fc.constant(128),
  rms_norm_eps: fc.constantFrom(1e-5, 1e-6),
  rope_theta: fc.constantFrom(1e4, 5e5),
  attention_bias: fc.boolean(),
  mlp_bias: fc.boolean(),
  tie_word_embeddings: fc.boolean(),
  sliding_window: fc.oneof(fc.constant(null), between(1, 40)),
  use_sliding_window: fc.boolean(),
  max_window_layers: between(0, 2),
  scaling: fc.constantFrom(
    {},
    scaled("linear"),
    scaled("dynamic"),
    scaled("llama3", { low_freq_factor: 1, high_freq_factor: 4 }),
    scaled("yarn"),
  ),
}).map(({ ratio, half, scaling, ...fields }) =>
  parseDecoderConfig({
    ...fields,
    ...scaling,
    num_attention_heads: fields.num_key_value_heads * ratio,
    head_dim: 2 * half,
  })
);

/** Machines and programs. */
const GIVEN = fc.record({
  config: MODEL,
  mlen: fc.constantFrom(16, 32, 64, 128),
  blen: fc.constantFrom(2, 4, 8, 16),
  types: fc.record({ weight: type, kv: type, active: type }),
  hbmVPrefetchRows: fc.constantFrom(1, 4, 16),
  hbmVWritebackRows: fc.constantFrom(1, 4, 8),
  prefetchTiles: between(1, 3),
  sramTiles: fc.constantFrom(12, 64, 64),
  maxLoopInstructions: fc.constantFrom(100_000, 100_000, 3_000, 800),
  longLoops: fc.constantFrom("renew" as const, "unroll" as const),
  matrix: fc.constantFrom("blocks" as const, "broadcast" as const),
  output: fc.constantFrom("logits" as const, "hidden" as const),
  logits: fc.constantFrom("all" as const, "last" as const),
  batch: fc.constantFrom(1, 1, 2, 3),
  rows: between(1, 90),
  fillsTile: fc.boolean(),
  steps: between(0, 3),
  seed: between(1, 1000),
});

for (const seed of [1, 2, 3]) {
  Deno.test(`compileDecoder() is the staged pass bit for bit in any shape, seed ${seed}`, () => {
    let [compared, refused] = [0, 0];
    fc.assert(
      fc.property(GIVEN, ({ config, mlen, types, batch, longLoops, logits, ...given }) => {
        // Texts that fill one tile of rows, and leave no position, have kernels of their own.
        const isTile = given.fillsTile && mlen % batch === 0;
        const rows = isTile ? mlen / batch : given.rows;
        const positions = isTile ? rows : 100;
        const settings = machineSettings({
          mlen,
          blen: given.blen,
          hbmMPrefetchRows: given.prefetchTiles * mlen,
          hbmVPrefetchRows: given.hbmVPrefetchRows,
          hbmVWritebackRows: given.hbmVWritebackRows,
          matrixSramRows: given.sramTiles * mlen,
          maxLoopInstructions: given.maxLoopInstructions,
        }, types);
        const steps = config.causal && !isTile ? given.steps : 0;
        const { matrix, output } = given;
        const machine = Object.values(types).includes("mxfp4") ? "extended" : "plena";
        const options = { positions, matrix, output, batch, machine } as const;
        const weights = keptWeights(config, randomWeights(config, given.seed));
        const texts = Array.from(
          { length: batch },
          (_, i) => tokensOf(rows + steps, given.seed + i),
        );
        let built: ReturnType<typeof onMachine>;
        try {
          built = onMachine(config, weights, settings, options);
          built.compiled.prefill(rows, { longLoops, logits });
        } catch (error) {
          // Types and capacities that the machine does not have; but never a wrong program.
          if (!(error instanceof CompileError) || /emitted/.test(error.message)) throw error;
          refused++;
          return;
        }
        const { compiled, session } = built;
        const truths = texts.map((text) =>
          stagedForward(config, weights, text, compiled.staged())[output]
        );
        const columns = output === "logits" ? config.vocabulary : config.hidden;
        const check = (sequence: number, position: number, values: Float32Array): void => {
          const truth = truths[sequence]!.subarray(position * columns, (position + 1) * columns);
          assertEquals(relativeRms(values, truth), 0, `sequence ${sequence}, row ${position}`);
          compared++;
        };
        const first = session.feedBatch(texts.map((t) => t.slice(0, rows)), { longLoops, logits });
        for (let sequence = 0; sequence < batch; sequence++) {
          for (let r = logits === "last" ? rows - 1 : 0; r < rows; r++) {
            const row = sequence * rows + r;
            check(sequence, r, outputRow(compiled, first.program, first.run, row));
          }
        }
        for (let step = rows; step < rows + steps; step++) {
          const tokens = texts.map((text) => [text[step]!]);
          const { lasts } = session.feedBatch(tokens, { longLoops });
          lasts.forEach((values, sequence) => check(sequence, step, values));
        }
      }),
      { numRuns: 120, seed },
    );
    assert(refused < 60, `${refused} shapes refused`);
    assert(compared > 1000, `${compared} rows compared`);
  });
}
