import { assert } from "@std/assert";
import { run } from "../../emulator/mod.ts";
import { hbm2Memory, SparseMemory } from "../../memory/mod.ts";
import { BENCHMARKS } from "./benchmark_programs.ts";

for (const { name, bound = {}, public: others, make } of BENCHMARKS) {
  Deno.test(`BENCHMARKS stays within its bounds: ${name}`, () => {
    const { words, settings, hbm: pieces, fpSram, intSram, instructions } = make();
    const hbm = new SparseMemory(settings.config.hbmSizeBytes);
    for (const { address, bytes } of pieces) hbm.write(address, bytes);
    const memory = hbm2Memory();
    const result = run({ program: words, settings, memory, hbm, fpSram, intSram });
    assert(result.fault === undefined, result.fault?.reason);
    assert(result.instructions === instructions.executed);
    const { static: program, executed } = instructions;
    assert(program <= (bound.static ?? Infinity), `${program} instructions`);
    assert(executed <= (bound.executed ?? Infinity), `${executed} executed`);
    const time = Math.min(bound.latencyNs ?? Infinity, others?.latencyNs ?? Infinity);
    assert(result.latencyNs <= time, `${result.latencyNs} ns`);
  });
}
