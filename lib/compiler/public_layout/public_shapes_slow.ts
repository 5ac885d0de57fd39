import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { EXTENDED_RULES, run } from "../../emulator/mod.ts";
import { idealMemory, SparseMemory } from "../../memory/mod.ts";
import { keptWeights, randomWeights, stagedForward } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import { machineSettings, relativeRms, tokensOf } from "../model/_decoder_machine.ts";
import { between, RANDOM_DECODER, STORED_AS } from "../model/_random_decoder.ts";
import { outputRow } from "../model/session.ts";
import { compilePublic } from "./compile_public.ts";

const GIVEN = fc.record({
  config: RANDOM_DECODER,
  mlen: fc.constantFrom(16, 32, 32, 64, 64, 48),
  blen: fc.constantFrom(2, 4, 8, 16),
  types: fc.record({ weight: STORED_AS, kv: STORED_AS, active: STORED_AS }),
  hbmVPrefetchRows: fc.constantFrom(1, 4, 16),
  sramTiles: fc.constantFrom(12, 64, 64, 64),
  maxLoopInstructions: fc.constantFrom(100_000, 3_000),
  output: fc.constantFrom("logits" as const, "hidden" as const),
  blocks: between(0, 3),
  rows: between(1, 64),
  seed: between(1, 1000),
});

Deno.test("compilePublic() is the staged pass of the public steps bit for bit in any shape", () => {
  let [compared, refused] = [0, 0];
  fc.assert(
    fc.property(GIVEN, ({ config, mlen, types, output, ...given }) => {
      const settings = machineSettings({
        mlen,
        blen: given.blen,
        hbmMPrefetchRows: mlen,
        hbmVPrefetchRows: given.hbmVPrefetchRows,
        hbmVWritebackRows: given.blen,
        matrixSramRows: given.sramTiles * mlen,
        maxLoopInstructions: given.maxLoopInstructions,
      }, types);
      // Short texts are padded, which only a causal mask hides.
      const isShort = given.blocks === 0 && config.causal;
      const count = isShort ? Math.min(given.rows, mlen) : Math.max(given.blocks, 1) * mlen;
      const machine = Object.values(types).includes("mxfp4") ? "extended" : "plena";
      const weights = keptWeights(config, randomWeights(config, given.seed));
      const tokens = tokensOf(count, given.seed);
      let compiled: ReturnType<typeof compilePublic>;
      try {
        compiled = compilePublic(config, weights, settings, tokens, { machine, output });
        compiled.prefill(count);
      } catch (error) {
        // Types and capacities that the machine does not have; but never a wrong program.
        if (!(error instanceof CompileError) || /emitted/.test(error.message)) throw error;
        refused++;
        return;
      }
      const hbm = new SparseMemory(settings.config.hbmSizeBytes);
      for (const { address, bytes } of compiled.hbm()) hbm.write(address, bytes);
      const program = compiled.prefill(count);
      const { fault, machine: ended } = run({
        program: program.words,
        settings,
        memory: idealMemory(),
        hbm,
        fpSram: program.fpSram,
        intSram: program.intSram(tokens),
        ...(machine === "extended" ? { rules: EXTENDED_RULES } : {}),
      });
      assert(fault === undefined, `pc ${fault?.pc}: ${fault?.reason}`);
      const values = tokens.flatMap((_, row) => [...outputRow(compiled, program, ended, row)]);
      const logits = output === "logits" ? "all" : "none";
      const staged = { ...compiled.staged(), logits } as const;
      const truth = stagedForward(compiled.plan.config, weights, tokens, staged)[output];
      assertEquals(relativeRms(values, truth), 0);
      compared += count;
    }),
    { numRuns: 150, seed: 1 },
  );
  assert(refused < 50, `${refused} shapes refused`);
  assert(compared > 1000, `${compared} rows compared`);
});
