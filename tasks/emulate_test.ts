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
};

/** The path of a recorded file; one that is stored with gzip is unpacked into the folder. */
async function unpacked(path: string, folder: string): Promise<string> {
  const packed = await Deno.readFile(`${path}.gz`).catch(() => undefined);
  if (packed === undefined) return path;
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const out = `${folder}/${path.split("/").at(-1)}`;
  await Deno.writeFile(out, stream);
  return out;
}

const CASES = [...Deno.readDirSync(`${FIXTURES}/goldens`)].map(({ name }) => name).sort();

Deno.test("there are recorded runs to compare with", () => assert(CASES.length >= 20));

for (const name of CASES) {
  Deno.test(`emulate gives the dumps, counters and latency of recorded run ${name}`, async () => {
    await inFolder(async (folder) => {
      const source = `${FIXTURES}/goldens/${name}`;
      const recorded: Case = JSON.parse(await Deno.readTextFile(`${source}/case.json`));
      const args = await Promise.all(recorded.cli_args.map(async (arg) => {
        if (!/\.(mem|bin|toml)$/.test(arg)) return OPTIONS[arg] ?? arg;
        return await unpacked(`${source}/${arg}`, folder);
      }));
      const { code, stderr } = await runTaskIn(folder, "emulate", [
        ...args,
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
