import { assertEquals, assertThrows } from "@std/assert";
import { randomWeights } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import { machineSettings, tinyConfig } from "./_decoder_machine.ts";
import { compileDecoder } from "./compile_decoder.ts";
import { splitSequences } from "./split_sequences.ts";

Deno.test("splitSequences() gives every sequence its tokens, and none a part of them", () => {
  const config = tinyConfig({ hidden: 16, inter: 16, kvHeads: 1, ratio: 1, headDim: 16 });
  const settings = machineSettings({ mlen: 16, blen: 4 });
  const options = { positions: 8, batch: 2 };
  const { plan } = compileDecoder(config, randomWeights(config, 1), settings, options);
  assertEquals(splitSequences(plan, [3, 1, 4, 1, 5, 9]), [[3, 1, 4], [1, 5, 9]]);
  const says = "3 tokens are not 2 sequences of one length";
  assertThrows(() => splitSequences(plan, [3, 1, 4]), CompileError, says);
  // More texts than the INT SRAM has entries for: the help does not speak of fewer than one token.
  const many = compileDecoder(config, randomWeights(config, 1), settings, {
    positions: 2,
    batch: 300,
  });
  const error = assertThrows(() => many.prefill(2), CompileError, "tokens behind tables of");
  assertEquals(error.help, "run at most 144 sequences side by side");
});
