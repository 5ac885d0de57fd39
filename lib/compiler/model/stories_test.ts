import { assert, assertEquals } from "@std/assert";
import { hbm2Memory } from "../../memory/mod.ts";
import {
  argmax,
  bytesSource,
  openDecoder,
  openSafetensors,
  parseDecoderConfig,
} from "../../models/mod.ts";
import { machineSettings, onMachine } from "./_decoder_machine.ts";

/** A trained model of 260,032 parameters, which lies beside the checkout on the project's machines. */
const STORIES = new URL("../../../../shared/models/stories260k/", import.meta.url);

function isThere(): boolean {
  try {
    return Deno.statSync(STORIES).isDirectory;
  } catch {
    return false;
  }
}

Deno.test({
  name:
    "DecoderSession tells the recorded story with bf16 weights, in fewer instructions and less time",
  ignore: !isThere(),
  fn: (): void => {
    const json = (file: string) => JSON.parse(Deno.readTextFileSync(new URL(file, STORIES)));
    const config = parseDecoderConfig(json("config.json"), "config.json");
    const bytes = Deno.readFileSync(new URL("model.safetensors", STORIES));
    const weights = openDecoder(config, [openSafetensors(bytesSource(bytes))]);
    const settings = machineSettings({ mlen: 16, blen: 4 });
    const ids: number[] = json("expected.json").greedy_ids.slice(0, 48);

    const whole = onMachine(config, weights, settings, { positions: 64 }, hbm2Memory);
    whole.session.feed(ids.slice(0, 32));
    const { instructions } = whole.compiled.prefill(32);
    assert(instructions.static < 1200, `${instructions.static} instructions`);
    assert(whole.latencyNs() < 800_000, `${whole.latencyNs()} ns`);

    const { session } = onMachine(config, weights, settings, { positions: 64 });
    const told = [ids[0]!];
    while (told.length < ids.length) told.push(argmax(session.feed([told.at(-1)!]).last));
    assertEquals(told, ids);
  },
});
