import { assert, assertEquals, assertMatch } from "@std/assert";
import { sha256 } from "../lib/artifacts/mod.ts";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";

/** The file of a recorded run's description, as far as this test reads it. */
interface Case {
  readonly cli_args: readonly string[];
  readonly exit_code: number;
  readonly outputs: Readonly<Record<string, { readonly sha256?: string } | string>>;
  readonly result: {
    /** One run's; equal in all of them for these programs. */
    readonly latency_ns?: string;
    readonly hbm_bytes_read?: number;
    readonly hbm_bytes_written?: number;
  };
}

/** Options of the public emulator and ours. */
const OPTIONS: Readonly<Record<string, string>> = {
  "--opcode": "--program",
  "--fpsram": "--fp-sram",
  "--intsram": "--int-sram",
  "--weight-manifest": "--manifest",
  "--ddr3-capacity": "--ddr-capacity",
};

/** The path of a recorded file; one that is stored with gzip is unpacked into the folder. */
async function unpacked(path: string, folder: string): Promise<string | undefined> {
  const exists = await Deno.stat(path).then(() => true, () => false);
  if (exists) return path;
  const packed = await Deno.readFile(`${path}.gz`).catch(() => undefined);
  if (packed === undefined) return undefined;
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const out = `${folder}/${path.split("/").at(-1)}`;
  await Deno.writeFile(out, stream);
  return out;
}

/** Our arguments for those of a recorded run. Memory images that are empty were not kept. */
async function argumentsOf(
  recorded: Case,
  folders: readonly string[],
  folder: string,
): Promise<string[]> {
  const args: string[] = [];
  for (let i = 0; i < recorded.cli_args.length; i += 2) {
    const [option, value] = [recorded.cli_args[i]!, recorded.cli_args[i + 1]!];
    let given: string | undefined = value;
    if (/\.(mem|bin|toml|json)$/.test(value)) {
      const paths = await Promise.all(folders.map((from) => unpacked(`${from}/${value}`, folder)));
      given = paths.find((path) => path !== undefined);
    }
    if (given !== undefined) args.push(OPTIONS[option] ?? option, given);
  }
  return args;
}

/** Recorded runs, where their inputs lie, and the rules of memory that they were recorded with. */
const CASES = [
  ...[...Deno.readDirSync(`${FIXTURES}/goldens`)].map(({ name }) => ({
    name,
    folders: [`${FIXTURES}/goldens/${name}`],
    rules: "plena",
  })),
  ...[...Deno.readDirSync(`${FIXTURES}/regimes`)].flatMap(({ name }) => {
    // In the first DMA of r_mm_tiny_auto_kvswap two swaps end at one instant, and the recorded
    // emulator took them in the other order: lib/memory tests how far that goes.
    if (name.startsWith("inputs_") || name === "r_mm_tiny_auto_kvswap") return [];
    const isTiny = name.startsWith("r_mm_tiny");
    const inputs = `${FIXTURES}/regimes/inputs_${isTiny ? "mm_tiny" : "bm"}`;
    const folders = [`${FIXTURES}/regimes/${name}`, inputs];
    return [{ name, folders, rules: isTiny ? "plena" : "plena-branch" }];
  }),
].sort((a, b) => (a.name < b.name ? -1 : 1));

Deno.test("there are recorded runs to compare with", () => assert(CASES.length >= 30));

for (const { name, folders, rules } of CASES) {
  Deno.test(`emulate gives the dumps, counters and latency of recorded run ${name}`, async () => {
    await inFolder(async (folder) => {
      const recorded: Case = JSON.parse(await Deno.readTextFile(`${folders[0]}/case.json`));
      const args = await argumentsOf(recorded, folders, folder);
      const { code, stderr } = await runTaskIn(folder, "emulate", [
        ...args,
        ...["--memory-rules", rules],
        ...recorded.exit_code === 0 ? ["--dump-dir", "dumps"] : [],
      ]);
      assertEquals(code, recorded.exit_code === 0 ? 0 : 3, stderr);
      const { data } = JSON.parse(await Deno.readTextFile(`${folder}/out/run.json`));
      if (recorded.exit_code !== 0) {
        assertMatch(stderr, /^failed: /);
        assert(data.fault.reason.length > 0);
        return;
      }
      assertEquals(data.fault, null);
      assertEquals(data.latencyNs.toFixed(3), recorded.result.latency_ns);
      assertEquals(data.hbm, {
        bytesRead: recorded.result.hbm_bytes_read,
        bytesWritten: recorded.result.hbm_bytes_written,
      });
      const parts = Object.values<number>(data.attribution).reduce((a, b) => a + b, 0);
      assertEquals(parts, data.latencyPs);
      for (const dump of ["vram", "mram", "fpsram", "intsram", "hbm"]) {
        const output = recorded.outputs[dump];
        if (typeof output !== "object" || output.sha256 === undefined) continue;
        const bytes = await Deno.readFile(`${folder}/dumps/${dump}_dump.bin`);
        assertEquals(await sha256(bytes), output.sha256, dump);
      }
    });
  });
}

Deno.test("emulate writes the recorded stage profile, which was made with free HBM", async () => {
  await inFolder(async (folder) => {
    const source = `${FIXTURES}/goldens/s01_stage_profile_ffn16`;
    const { code } = await runTaskIn(folder, "emulate", [
      ...["--program", `${source}/machine_code.mem`, "--settings", `${source}/settings.toml`],
      ...["--hbm", `${source}/hbm_in.bin`, "--fp-sram", `${source}/fpsram_in.bin`],
      ...["--stage-profile", "s.json", "--stage-asm", `${source}/program.asm`],
      ...["--memory-model", "ideal", "--hbm-size", "4032"],
    ]);
    assertEquals(code, 0);
    assertEquals(
      JSON.parse(await Deno.readTextFile(`${folder}/s.json`)),
      JSON.parse(await Deno.readTextFile(`${source}/stage_profile.json`)),
    );
  });
});

Deno.test("emulate notes a manifest that is of another build", async () => {
  await inFolder(async (folder) => {
    const run = async (line: string): Promise<string> => {
      const [task, ...args] = line.split(" ");
      const { code, stdout, stderr } = await runTaskIn(folder, task!, args);
      assertEquals([code, stderr], [0, ""], line);
      return stdout;
    };
    await run("circuit:compile adder:2 --objective gates");
    await run("isa:emit");
    await run("weights:manifest");
    await run("isa:emit --vectors 100 --out out/other");
    const emulate = "emulate --memory-model auto --manifest out/manifest.json --program";
    const note = "note: out/manifest.json has other regions than the program";
    assertEquals((await run(`${emulate} out/build/program.json`)).includes(note), false);
    assertEquals((await run(`${emulate} out/other/program.json`)).includes(note), true);
  });
});
