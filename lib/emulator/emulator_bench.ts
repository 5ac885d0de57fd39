/**
 * The machine on whole recorded programs, in a process that has run them before. To compare: the
 * project's figures for the public emulator are 0.57 s of processor time for p03 and 0.48 s for t03
 * beyond its start-up. They were taken on another host; it was not run here.
 */
import { assertEquals } from "@std/assert";
import { hbm2Memory, idealMemory } from "../memory/mod.ts";
import { goldenNames, readGolden } from "./_golden_case.ts";
import { run } from "./run.ts";

const GOLDENS = new URL("../../../shared/goldens/", import.meta.url);
const FIXTURES = new URL("../../fixtures/goldens/", import.meta.url);

for (const name of ["p03_perf_h128_mlen32", "t03_tiny16_2layer", "s01_stage_profile_ffn16"]) {
  const root = [GOLDENS, FIXTURES].find((folder) => goldenNames(folder).includes(name));
  if (root === undefined) continue;
  const { options, record } = await readGolden(new URL(`${name}/`, root));
  // Never time a wrong answer.
  const { latencyNs, instructions } = run({ ...options, memory: hbm2Memory() });
  assertEquals(latencyNs, Number(record.result.latency_ns ?? record.latency_ns_fifo_ties));
  const group = `${name}, ${instructions} instructions`;
  Deno.bench("with HBM2", { group, baseline: true }, () => {
    run({ ...options, memory: hbm2Memory() });
  });
  Deno.bench("with HBM2, in TypeScript only", { group }, () => {
    run({ ...options, memory: hbm2Memory({ typeScriptOnly: true }), typeScriptOnly: true });
  });
  Deno.bench("with free memory", { group }, () => {
    run({ ...options, memory: idealMemory() });
  });
}
