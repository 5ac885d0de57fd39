import { assert, assertEquals } from "@std/assert";
import { SHIPPED_SETTINGS } from "../boards/mod.ts";
import { idealMemory, SparseMemory } from "../memory/mod.ts";
import { dump, DUMP_NAMES, dumpBytes, dumpChunks } from "./dumps.ts";
import { createMachine } from "./machine.ts";
import { run } from "./run.ts";
import { stageLabels, STAGES } from "./stage_labels.ts";
import { StageProfiler } from "./stage_profile.ts";
import { TraceCollector } from "./trace_events.ts";

function machine(vectorSramRows: number): ReturnType<typeof createMachine> {
  const settings = {
    ...SHIPPED_SETTINGS,
    config: { ...SHIPPED_SETTINGS.config, vectorSramRows, hbmSizeBytes: 2 ** 22 },
  };
  return createMachine({ program: new Uint32Array(), settings, memory: idealMemory() });
}

Deno.test("dumpBytes() gives the sizes of the specification's table", () => {
  const shipped = createMachine({
    program: new Uint32Array(),
    settings: SHIPPED_SETTINGS,
    memory: idealMemory(),
  });
  assertEquals(
    DUMP_NAMES.map((name) => dumpBytes(shipped, name)),
    [512 * 2 ** 20, 524288, 2048, 4096, 16 * 2 ** 30],
  );
});

Deno.test("dumpChunks() of half a gigabyte holds one megabyte at a time", () => {
  const shipped = machine(4_194_304);
  shipped.writeRow(4_000_000, [1]);
  let bytes = 0;
  let largest = 0;
  let ones = 0;
  for (const chunk of dumpChunks(shipped, "vram")) {
    bytes += chunk.length;
    largest = Math.max(largest, chunk.length);
    if (chunk.includes(0x3f)) ones++;
  }
  assertEquals([bytes, largest, ones], [2 ** 29, 2 ** 20, 1]);
});

Deno.test("dumpChunks() of HBM reads one megabyte at a time, also up to a byte far away", () => {
  const hbm = new SparseMemory(2 ** 40);
  hbm.write(2 ** 39, Uint8Array.of(1));
  const { machine } = run({
    program: new Uint32Array(0),
    settings: SHIPPED_SETTINGS,
    memory: idealMemory(),
    hbm,
  });
  // All of it would be half a terabyte.
  const first = dumpChunks(machine, "hbm").next().value;
  assertEquals(first?.length, 2 ** 20);
  assertEquals(hbm.usedBytes, 2 ** 39 + 1);
  hbm.write(2 ** 39, Uint8Array.of(0));
  hbm.write(2 ** 21, Uint8Array.of(7));
  const lengths = [...dumpChunks(machine, "hbm", true)].map((chunk) => chunk.length);
  assertEquals(lengths, [2 ** 20, 2 ** 20, 1]);
});

Deno.test("dump() is little-endian in every memory, and trims zeros at the end", () => {
  const one = machine(64);
  one.writeRow(1, [1, -2]);
  one.writeTile(0, [0, 1.00390625]);
  one.registers.fpSram[1] = -1;
  one.registers.intSram[0] = 0x01020304;
  one.hbm.write(2 ** 21, Uint8Array.of(9));
  const vram = new Uint8Array(132);
  vram.set([0x80, 0x3f, 0x00, 0xc0], 128);
  assertEquals(dump(one, "vram", true), vram);
  // 1.00390625 lies between two bfloat16 values and goes to the even one.
  assertEquals(dump(one, "mram", true), Uint8Array.of(0, 0, 0x80, 0x3f));
  assertEquals(dump(one, "fpsram", true), Uint8Array.of(0, 0, 0x80, 0xbf));
  assertEquals(dump(one, "intsram", true), Uint8Array.of(4, 3, 2, 1));
  const hbm = dump(one, "hbm", true);
  assertEquals([hbm.length, hbm.at(-1)], [2 ** 21 + 1, 9]);
  assertEquals(dump(one, "hbm").length, 2 ** 22);
});

Deno.test("stageLabels() classifies one comment per stage and follows pairs", () => {
  const text = `
; gpt-oss router for all tokens
S_ADDI_INT gp1, gp0, 1
; True-zero VRAM rows
C_LOOP_START gp1, 2
  V_ADD_VV gp1, gp1, gp1, 0
; Allocate VRAM matrix step6_pair3_gather
V_ADD_VV gp1, gp1, gp1, 0
label: not an instruction
; expert_id_to_weight_base
S_LD_INT gp1, gp0, 0
; SubBlock [0, 1]
H_PREFETCH_M gp1, gp0, a0, 0, 0
; sub projection
M_MM 0, gp1, gp2
; allocate vram matrix step6_pair3_sigmoid
V_EXP_V gp1, gp1, 0
; vram fill zero
V_ADD_VF gp1, gp1, f1, 0
; dynamic expert bias add
V_ADD_VV gp1, gp1, gp1, 0
; materialize route weight pair=4
V_MUL_VV gp1, gp1, gp1, 0
; true-zero vram rows
V_MUL_VV gp1, gp1, gp1, 0
; gpt-oss vram scatter-add
V_ADD_VV gp1, gp1, gp1, 0
`;
  // deno-fmt-ignore: stage and pair of each instruction
  assertEquals(stageLabels(text).map(({ stage, pair }) => `${stage} ${pair ?? "-"}`), [
    "router_topk -", "accumulator_init -", "accumulator_init -", "gather 3", "expert_weight_address 3",
    "expert_weight_prefetch 3", "expert_projection 3", "expert_activation 3", "expert_activation 3",
    "expert_bias 3", "expert_route_weight 4", "expert_route_weight 4", "scatter_combine 4",
  ]);
});

Deno.test("StageProfiler adds up by stage and pair and prints floats as the public profile does", () => {
  const profiler = new StageProfiler([
    { stage: "gather", pair: 10 },
    { stage: "other", pair: undefined },
    { stage: "gather", pair: 2 },
  ]);
  const event = { opcode: 0x29, bytesRead: 64, bytesWritten: 0 };
  profiler.record({ ...event, pc: 0, startPs: 0, endPs: 12_000 });
  profiler.record({ ...event, pc: 1, startPs: 12_000, endPs: 12_000 });
  profiler.record({ ...event, pc: 2, startPs: 12_000, endPs: 24_000_000, bytesRead: 192 });
  profiler.record({ ...event, pc: 9, startPs: 24_000_000, endPs: 48_000_000, bytesRead: 192 });
  const json = profiler.toJson();
  const parsed = JSON.parse(json);
  assertEquals(Object.keys(parsed.stages), [...STAGES]);
  assertEquals(Object.keys(parsed.pairs), ["2", "10"]);
  assertEquals(parsed.stages.gather.instructions, 2);
  assertEquals(parsed.stages.gather.hbm_bytes_read, 192);
  assertEquals(parsed.stages.other.instructions, 2);
  assertEquals(parsed.pairs[10].stages.gather.seconds, 1.2e-8);
  assert(json.includes('"seconds": 1.2e-8,'));
  assert(json.includes('"total_profiled_seconds": 0.000048,'));
  assert(json.includes('"seconds": 0.0,'));
  assert(json.endsWith("}\n"));
});

Deno.test("TraceCollector gives one track per unit, within its window and limit", () => {
  const collector = new TraceCollector({ fromPs: 1000, toPs: 5000, maxInstructions: 2 });
  const event = { bytesRead: 0, bytesWritten: 0 };
  const opcodes = [0x22, 0x01, 0x29, 0x0d, 0x22, 0x22];
  opcodes.forEach((opcode, i) => {
    const bytesRead = i >= 2 ? 512 : 0;
    collector.record({
      ...event,
      pc: i,
      opcode,
      startPs: 1000 * i,
      endPs: 1000 * (i + 1),
      bytesRead,
    });
  });
  const trace = JSON.parse(collector.toJson()) as { traceEvents: Record<string, unknown>[] };
  const events = trace.traceEvents.filter((entry) => entry["ph"] === "X");
  assertEquals(events.map((entry) => [entry["name"], entry["ts"], entry["dur"]]), [
    ["M_MM", 0.001, 0.001],
    ["H_PREFETCH_V", 0.002, 0.001],
  ]);
  assertEquals(events[1]!["args"], { pc: 2, bytesRead: 512, bytesWritten: 0 });
  assertEquals(collector.dropped, 2);
  const tracks = trace.traceEvents.filter((entry) => entry["name"] === "thread_name");
  assertEquals(new Set(tracks.map((entry) => entry["tid"])).size, 6);
});
