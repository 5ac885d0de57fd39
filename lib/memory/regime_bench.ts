/** A whole decoder layer, 96,000 reads and 5,120 writes of 64 bytes, per iteration. */
import { assertEquals } from "@std/assert";
import { layerManifest, replayLayer } from "./_regime_trace.ts";
import { type RegimeMemory, regimeMemory } from "./regime_memory.ts";
import { REGIME_MODES, type RegimeMode } from "./regime_mode.ts";
import { REGIME_RULES, type RegimeRules } from "./regime_rules.ts";

function memory(mode: RegimeMode, rules: RegimeRules): RegimeMemory {
  return regimeMemory({ mode, rules, manifest: layerManifest(), hostBandwidth: 1_500_000_000 });
}

for (const mode of REGIME_MODES) {
  if (mode === "auto") continue;
  for (const rules of REGIME_RULES) {
    assertEquals(replayLayer(memory(mode, rules)).bytesRead, 6_144_000);
    Deno.bench(`${mode} under ${rules}`, { group: mode }, () => {
      replayLayer(memory(mode, rules));
    });
  }
}
