import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CompileError } from "../compile_error.ts";
import { keptWeights, randomWeights, stagedForward } from "../../models/mod.ts";
import { machineSettings, onMachine, relativeRms, tokensOf } from "./_decoder_machine.ts";
import { between, RANDOM_DECODER, STORED_AS } from "./_random_decoder.ts";
import { outputRow } from "./session.ts";

/** Machines and programs. */
const GIVEN = fc.record({
  config: RANDOM_DECODER,
  mlen: fc.constantFrom(16, 32, 64, 128, 24, 48),
  blen: fc.constantFrom(2, 4, 8, 16),
  types: fc.record({ weight: STORED_AS, kv: STORED_AS, active: STORED_AS }),
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
