import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/toml";
import { dynamicCounts, programCycles } from "./counts.ts";
import { LoopError } from "./loops.ts";
import type { MachineDimensions, ValidateOptions } from "./machine_dimensions.ts";
import { parseMem } from "./mem_text.ts";
import { validate } from "./validate.ts";

/** Recorded runs of the public emulator, beside the checkout; not part of it. */
const GOLDENS = new URL("../../../shared/goldens/", import.meta.url);

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}

const ignore = !exists(GOLDENS);
if (ignore) {
  // deno-lint-ignore no-console
  console.warn(`isa: recorded runs are skipped, ${GOLDENS.pathname} is absent`);
}

type Values = Record<string, Record<string, number>>;

interface Golden {
  readonly name: string;
  readonly words: Uint32Array;
  readonly dimensions: MachineDimensions;
  readonly options: ValidateOptions;
  readonly exitCode: number;
  readonly faultPc: number | undefined;
  readonly freeHbmNs: number;
  readonly executions: Float64Array | undefined;
  readonly cyclesOf: (name: string) => number;
}

/** The bytes that `--hbm-size` asks for. */
function sizeOption(args: readonly string[]): number | undefined {
  const at = args.indexOf("--hbm-size");
  if (at < 0) return undefined;
  const [, digits, suffix] = /^([0-9]+)([kmgt]?)/i.exec(args[at + 1]!)!;
  return Number(digits) * 1024 ** " kmgt".indexOf(suffix!.toLowerCase() || " ");
}

function readGolden(name: string): Golden {
  const at = (path: string): URL => new URL(`${name}/${path}`, GOLDENS);
  const info = JSON.parse(Deno.readTextFileSync(at("case.json")));
  const settings = parse(Deno.readTextFileSync(at("settings.toml"))) as {
    TRANSACTIONAL: { CONFIG: Values; LATENCY: Values };
  };
  const { CONFIG, LATENCY } = settings.TRANSACTIONAL;
  const value = (key: string): number => CONFIG[key]!["value"]!;
  const words = parseMem(Deno.readTextFileSync(at("machine_code.mem")));
  const intSram = info.inputs.intsram === undefined
    ? new Uint32Array(0)
    : new Uint32Array(Deno.readFileSync(at("intsram_in.bin")).slice().buffer);
  const traced = exists(at("pc_trace.txt"))
    ? Deno.readTextFileSync(at("pc_trace.txt")).trim().split("\n").slice(0, -1)
    : undefined;
  const executions = traced && new Float64Array(words.length);
  for (const line of traced ?? []) executions![parseInt(line)]! += 1;
  return {
    name,
    words,
    dimensions: {
      mlen: value("MLEN"),
      vlen: value("VLEN"),
      blen: value("BLEN"),
      hlen: value("HLEN"),
      broadcastAmount: value("BROADCAST_AMOUNT"),
      matrixSramRows: value("MATRIX_SRAM_SIZE"),
      vectorSramRows: value("VECTOR_SRAM_SIZE"),
      hbmMPrefetchRows: value("HBM_M_Prefetch_Amount"),
      hbmVPrefetchRows: value("HBM_V_Prefetch_Amount"),
      hbmVWritebackRows: value("HBM_V_Writeback_Amount"),
      maxLoopInstructions: value("MAX_LOOP_INSTRUCTIONS"),
      hbmSizeBytes: sizeOption(info.cli_args) ?? value("HBM_SIZE"),
    },
    options: {
      intSram,
      preloadedVramRows: (info.inputs.vram?.bytes ?? 0) / value("VLEN"),
    },
    exitCode: info.exit_code,
    faultPc: info.result.fault_pc ?? undefined,
    freeHbmNs: Number(info.latency_ns_zero_hbm ?? NaN),
    executions,
    cyclesOf: (key) =>
      key === "MLEN" || key === "VLEN"
        ? value(key)
        : LATENCY[key]![value("DC_EN") === 0 ? "dc_lib_dis" : "dc_lib_en"]!,
  };
}

function* goldens(): Generator<Golden> {
  for (const { name } of Deno.readDirSync(GOLDENS)) {
    if (exists(new URL(`${name}/machine_code.mem`, GOLDENS))) yield readGolden(name);
  }
}

/** Faults that depend on the data types of the settings, of which a program knows nothing. */
const TYPE_FAULTS = /^u(36|37|47)_/;

Deno.test({ name: "validate() finds errors in just the programs that faulted", ignore }, () => {
  let good = 0;
  let faulting = 0;
  for (const { name, words, dimensions, options, exitCode, faultPc } of goldens()) {
    const errors = validate(words, dimensions, options).filter(({ severity }) =>
      severity === "error"
    );
    const text = `${name}: ${JSON.stringify(errors.slice(0, 3))}`;
    if (exitCode === 0 || TYPE_FAULTS.test(name)) {
      assertEquals(errors.length, 0, text);
      good++;
    } else {
      assert(errors.length > 0, text);
      if (faultPc !== undefined) assert(errors.some(({ pc }) => pc === faultPc), text);
      faulting++;
    }
  }
  assert(good >= 125 && faulting >= 17, `${good} good, ${faulting} faulting`);
});

Deno.test(
  { name: "dynamicCounts() and programCycles() agree with the recorded runs", ignore },
  () => {
    const refused: string[] = [];
    let counted = 0;
    let timed = 0;
    for (const { name, words, exitCode, executions, freeHbmNs, cyclesOf } of goldens()) {
      if (exitCode !== 0) continue;
      try {
        const counts = dynamicCounts(words);
        if (executions !== undefined) {
          assertEquals(counts.executions, executions, name);
          assertEquals(counts.total, executions.reduce((sum, times) => sum + times, 0));
          counted++;
        }
      } catch (error) {
        if (!(error instanceof LoopError)) throw error;
        refused.push(name.slice(0, 3));
        continue;
      }
      if (Number.isNaN(freeHbmNs)) continue;
      assertEquals(programCycles(words, cyclesOf), freeHbmNs, name);
      timed++;
    }
    // These share counters between nested loops, let loops overlap, or use C_BREAK.
    assertEquals(refused.sort(), ["f05", "f06", "f15", "f17", "u70"]);
    assert(counted >= 88 && timed >= 98, `${counted} counted, ${timed} timed`);
  },
);
