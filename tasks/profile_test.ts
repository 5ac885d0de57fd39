import { assertEquals, assertMatch } from "@std/assert";
import { formatSettingsToml, SHIPPED_SETTINGS } from "../lib/boards/mod.ts";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";

const PROGRAM = `; tile
S_ADDI_INT gp1, gp0, 64
C_SET_STRIDE_REG gp1
C_SET_SCALE_REG gp1
C_LOOP_START gp2, 3
H_PREFETCH_V gp0, gp1, a0, 1, 0
V_ADD_VV gp0, gp0, gp0, 0
V_RED_SUM f0, gp0, 0
C_LOOP_END gp2
`;

Deno.test("profile --run sets what the instructions of a run took beside the static cycles", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/p.asm`, PROGRAM);
    for (
      const [task, ...args] of [
        ["board:inject", "nexys_video", "--out", "s.json"],
        ["emulate", "--program", "p.asm", "--settings", "s.json", "--out", "run.json"],
        ["profile", "p.asm", "--run", "run.json", "--out", "profile.json"],
      ]
    ) {
      const { code, stdout, stderr } = await runTaskIn(folder, task!, args);
      assertEquals([code, stderr], [0, ""], task);
      if (task === "profile") {
        assertMatch(stdout, /^emulated on nexys_video with memory model hbm: /m);
      }
    }
    const read = async (path: string): Promise<Record<string, unknown>> =>
      JSON.parse(await Deno.readTextFile(`${folder}/${path}`)).data;
    const opcodes = (await read("profile.json"))["opcodes"] as Record<string, unknown>[];
    const shares = (await read("run.json"))["perOpcode"] as { name: string; ps: number }[];
    const emulated = (name: string): unknown =>
      opcodes.find(({ opcode }) => opcode === name)!["emulatedCycles"];
    assertEquals([emulated("V_ADD_VV"), emulated("V_RED_SUM"), emulated("C_LOOP_END")], [9, 0, 1]);
    const { ps } = shares.find(({ name }) => name === "H_PREFETCH_V")!;
    assertEquals(emulated("H_PREFETCH_V"), Math.round(ps / 3 / 1000));
    // Every difference has its reason.
    for (const { opcode, cycles, emulatedCycles, difference } of opcodes) {
      assertEquals(difference === "", cycles === emulatedCycles, String(opcode));
    }
  });
});

Deno.test("profile counts a model whose long loops are written out, and says so of renewed ones", async () => {
  await inFolder(async (folder) => {
    const config = { ...SHIPPED_SETTINGS.config, maxLoopInstructions: 2000 };
    await Deno.writeTextFile(
      `${folder}/s.toml`,
      formatSettingsToml({ ...SHIPPED_SETTINGS, config }),
    );
    const profiled = async (...more: string[]) => {
      const { code, stderr } = await runTaskIn(folder, "isa:emit", [
        ...[`${FIXTURES}/decoders/tiny`, "--random-weights=1", "--settings=s.toml", "--out=b"],
        ...["--sequence=12", "--check=none", ...more],
      ]);
      assertEquals([code, stderr], [0, ""]);
      return await runTaskIn(folder, "profile", ["b/program.json"]);
    };
    const renewed = await profiled();
    assertEquals(renewed.code, 2);
    assertMatch(
      renewed.stderr,
      /^error: its loops are not one in another: .*\n.*--long-loops unroll/,
    );
    const unrolled = await profiled("--long-loops=unroll");
    assertEquals([unrolled.code, unrolled.stderr], [0, ""]);
    const read = (path: string) => JSON.parse(Deno.readTextFileSync(`${folder}/${path}`)).data;
    const { static: words, executed } = read("b/program.json").instructions;
    const { staticInstructions, dynamicInstructions } = read("out/profile.json");
    assertEquals([staticInstructions, dynamicInstructions], [words, executed]);
  });
});

Deno.test("profile --run refuses the run of another program", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.asm`, "S_ADDI_INT gp1, gp0, 5\n");
    await Deno.writeTextFile(`${folder}/b.asm`, "S_ADDI_INT gp1, gp0, 5\n".repeat(2));
    const emulated = await runTaskIn(folder, "emulate", [
      "--program",
      "a.asm",
      "--out",
      "run.json",
    ]);
    assertEquals([emulated.code, emulated.stderr], [0, ""]);
    const own = await runTaskIn(folder, "profile", ["a.asm", "--run", "run.json"]);
    assertEquals([own.code, own.stderr], [0, ""]);
    const { code, stderr } = await runTaskIn(folder, "profile", ["b.asm", "--run", "run.json"]);
    assertEquals(code, 2);
    assertMatch(stderr, /^error: this is the run of another program: it executed 1 /);
  });
});
