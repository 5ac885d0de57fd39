import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseSettingsToml } from "../boards/mod.ts";
import { dump, dumpBytes, type DumpName, run } from "../emulator/mod.ts";
import { completionLine, hbmStatisticsLine } from "./regime_lines.ts";
import { type RegimeMemory, regimeMemory } from "./regime_memory.ts";
import type { RegimeMode } from "./regime_mode.ts";
import { DDR4_2400P_ONE_MAP, DDR4_2400P_STAND_IN } from "./simple_ddr_preset.ts";
import { parseWeightManifest } from "./weight_manifest_parse.ts";

const FIXTURES = new URL("../../fixtures/regimes/", import.meta.url);
const GOLDENS = new URL("../../../shared/goldens/", import.meta.url);

/**
 * Cases whose recorded latency hangs on which of two equal-time events came first: the recorded
 * machine goes by heap address, we by creation. Here two swaps end at the same instant, so that the
 * banks close in the other order, one clock of 833 ps apart.
 */
const TIES: Readonly<Record<string, string>> = { r_mm_tiny_auto_kvswap: "54928.953" };

interface Recorded {
  readonly latency_ns_observed: readonly string[];
  readonly summary_lines: readonly string[];
}

interface Dump {
  readonly bytes: number;
  readonly sha256: string;
}

interface CaseRecord extends Recorded {
  readonly cli_args: readonly string[];
  readonly outputs: Readonly<Record<string, Dump | string>>;
  readonly result: { readonly hbm_bytes_read: number; readonly hbm_bytes_written: number };
  readonly main_port?: Recorded & { readonly hbm_out: Dump };
}

function names(root: URL): string[] {
  try {
    return [...Deno.readDirSync(root)].map(({ name }) => name)
      .filter((name) => /^r_(bm|mm_tiny)_/.test(name) && name !== "r_bm_hbm").sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A file of a case, or of the inputs that its family shares, which are packed. */
async function readFile(folder: URL, name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(new URL(name, folder));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const family = /\/r_(bm|mm_tiny)_[^/]*\/$/.exec(folder.pathname)![1]!;
  try {
    const file = await Deno.open(new URL(`../inputs_${family}/${name}.gz`, folder));
    const plain = file.readable.pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(plain).arrayBuffer());
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Uint8Array(0);
    throw error;
  }
}

async function readText(folder: URL, name: string): Promise<string> {
  return new TextDecoder().decode(await readFile(folder, name));
}

function size(text: string): number {
  const [, digits, unit] = /^(\d+)([KMG]?)$/.exec(text)!;
  return Number(digits) * 1024 ** " KMG".indexOf(unit || " ");
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function checkCase(root: URL, name: string): Promise<void> {
  const folder = new URL(`${name}/`, root);
  const record = JSON.parse(await readText(folder, "case.json")) as CaseRecord;
  const stdout = (await readText(folder, "stdout.txt")).split("\n");
  const flag = (option: string): string | undefined => {
    const at = record.cli_args.indexOf(option);
    return at < 0 ? undefined : record.cli_args[at + 1];
  };
  const manifest = parseWeightManifest(await readText(folder, "manifest.json"));
  const capacity = flag("--ddr3-capacity");
  const bandwidth = flag("--host-bandwidth");
  const basics = {
    mode: flag("--memory-model") as RegimeMode,
    manifest,
    ...(capacity === undefined ? {} : { ddrCapacityBytes: size(capacity) }),
    ...(bandwidth === undefined ? {} : { hostBandwidth: Number(bandwidth) }),
  };
  const words = (await readText(folder, "machine_code.mem")).split(/\s+/).filter((w) => w !== "");
  const hbmSize = flag("--hbm-size");
  const options = {
    program: Uint32Array.from(words, (word) => parseInt(word, 16)),
    settings: parseSettingsToml(await readText(folder, "settings.toml")),
    hbm: await readFile(folder, "hbm_in.bin"),
    fpSram: await readFile(folder, "fpsram_in.bin"),
    intSram: await readFile(folder, "intsram_in.bin"),
    ...(flag("--vram") === undefined ? {} : { vram: await readFile(folder, "vram_in.bin") }),
    ...(hbmSize === undefined ? {} : { hbmSizeBytes: size(hbmSize) }),
  };

  const execute = (memory: RegimeMemory): ReturnType<typeof run> => {
    const result = run({ ...options, memory });
    assertEquals(result.fault, undefined);
    assertEquals(result.hbm.bytesRead, record.result.hbm_bytes_read, "bytes read");
    assertEquals(result.hbm.bytesWritten, record.result.hbm_bytes_written, "bytes written");
    const { dramPs, hostPs } = memory.timeShares();
    assertEquals(result.attribution.dramPs, dramPs);
    assertEquals(result.attribution.hostPs, hostPs);
    return result;
  };

  // r_mm_tiny_* was only recorded with the newer device.
  const onlyNewer = name.startsWith("r_mm_tiny_");
  const devices = [
    ...(onlyNewer ? [] : [[DDR4_2400P_STAND_IN, record as Recorded] as const]),
    ...(onlyNewer ? [[DDR4_2400P_ONE_MAP, record as Recorded] as const] : []),
    ...(record.main_port ? [[DDR4_2400P_ONE_MAP, record.main_port] as const] : []),
  ];
  for (const [i, [preset, recorded]] of devices.entries()) {
    const memory = regimeMemory({ ...basics, rules: "plena", preset });
    const result = execute(memory);
    const last = completionLine(memory.settle(result.latencyPs));
    const nanos = /Latency (.*)ns$/.exec(last)![1]!;
    assertEquals([nanos], TIES[name] ? [TIES[name]] : recorded.latency_ns_observed, preset.name);
    if (TIES[name]) {
      const error = Number(nanos) - Number(recorded.latency_ns_observed[0]);
      assert(Math.abs(error) < 1e-4 * Number(nanos), `latency ${nanos}`);
    }
    assertEquals(memory.summaryLine(), recorded.summary_lines.at(-1));
    for (const [output, wanted] of Object.entries(record.outputs)) {
      if (typeof wanted === "string") continue;
      const bytes = new Uint8Array(dumpBytes(result.machine, output as DumpName));
      bytes.set(dump(result.machine, output as DumpName, true));
      assertEquals([bytes.length, await sha256(bytes)], [wanted.bytes, wanted.sha256], output);
    }
    if (record.main_port) {
      const bytes = new Uint8Array(dumpBytes(result.machine, "hbm"));
      bytes.set(dump(result.machine, "hbm", true));
      assertEquals(await sha256(bytes), record.main_port.hbm_out.sha256, "hbm");
    }
    // The log is of the first device.
    if (i > 0) continue;
    const { hbm, latencyPs } = result;
    const logged = (wanted: string): void =>
      assert(stdout.some((line) => line.endsWith(wanted)), `not logged: ${wanted}`);
    logged(hbmStatisticsLine(hbm.bytesRead, hbm.bytesWritten, latencyPs));
    logged(memory.summaryLine());
    if (!TIES[name]) logged(last);
    // The newer emulator logs no such line for the two older modes.
    if (!onlyNewer || memory.name in { "resident": 0, "kv-swap": 0 }) logged(memory.startLine());
    const warned = stdout.filter((line) => line.includes("WARN memory::streaming: "));
    assertEquals(memory.warnings().length, warned.length, "warnings");
    for (const [k, warning] of memory.warnings().entries()) {
      assertStringIncludes(warned[k]!, warning);
    }
  }

  // The same bytes and contents under the other rules.
  const right = execute(regimeMemory({ ...basics, rules: "right" }));
  const plena = execute(regimeMemory({ ...basics, rules: "plena" }));
  assertEquals(dump(right.machine, "hbm", true), dump(plena.machine, "hbm", true));
}

for (const name of names(FIXTURES)) {
  Deno.test(`regimeMemory() reproduces the recorded run ${name} from fixtures`, () =>
    checkCase(FIXTURES, name));
}

Deno.test("the fixtures hold every mode", () => assert(names(FIXTURES).length >= 9));

const recorded = names(GOLDENS);
Deno.test({
  name: recorded.length > 0
    ? `regimeMemory() reproduces all ${recorded.length} recorded runs`
    : "regimeMemory() reproduces all recorded runs (skipped: ../shared/goldens is absent)",
  ignore: recorded.length === 0,
  fn: async (t) => {
    for (const name of recorded) await t.step(name, () => checkCase(GOLDENS, name));
  },
});
