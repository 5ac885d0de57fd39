import { assertEquals, assertMatch } from "@std/assert";
import { type ArtifactData, fileSha256, readArtifact } from "../lib/artifacts/mod.ts";
import { formatSettingsToml, SHIPPED_SETTINGS } from "../lib/boards/mod.ts";
import { FIXTURES, inFolder, runTaskIn, wordsOf } from "./_process.ts";

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

/** Emits a model of two layers, for a machine that allows so few instructions that loops are too long. */
async function emitLongLoops(folder: string, ...more: string[]): Promise<void> {
  const config = { ...SHIPPED_SETTINGS.config, maxLoopInstructions: 2000 };
  await Deno.writeTextFile(
    `${folder}/s.toml`,
    formatSettingsToml({ ...SHIPPED_SETTINGS, config }),
  );
  const { code, stderr } = await runTaskIn(folder, "isa:emit", [
    ...[`${FIXTURES}/decoders/tiny`, "--random-weights=1", "--settings=s.toml", "--out=b"],
    ...["--sequence=12", "--check=none", ...more],
  ]);
  assertEquals([code, stderr], [0, ""]);
}

/** Profiles a program, and gives `data` of its artifact. */
async function profiled(folder: string, ...args: string[]): Promise<ArtifactData<"profile">> {
  const { code, stderr } = await runTaskIn(folder, "profile", args);
  assertEquals([code, stderr], [0, ""]);
  return (await readArtifact(`${folder}/out/profile.json`, "profile")).data;
}

/** Leaves a file out of what a build says that it has, as in builds that were made without it. */
async function withoutBlob(folder: string, role: string): Promise<void> {
  const path = `${folder}/b/program.json`;
  const artifact = JSON.parse(await Deno.readTextFile(path));
  artifact.blobs = artifact.blobs.filter((blob: { role: string }) => blob.role !== role);
  await Deno.writeTextFile(path, JSON.stringify(artifact));
  const { code } = await runTaskIn(folder, "artifacts:seal", ["b/program.json"]);
  assertEquals(code, 0);
}

const byName = (a: readonly [string, number], b: readonly [string, number]): number =>
  a[0] < b[0] ? -1 : 1;

Deno.test("profile counts of a build whose loops are renewed what a run executes, opcode by opcode", async () => {
  await inFolder(async (folder) => {
    await emitLongLoops(folder);
    const profile = await profiled(folder, "b/program.json");
    const emulated = await runTaskIn(folder, "emulate", [
      ...["--program=b/program.json", "--memory-model=ideal", "--out=run.json"],
    ]);
    assertEquals([emulated.code, emulated.stderr], [0, ""]);
    const run = (await readArtifact(`${folder}/run.json`, "run")).data;
    const counts = profile.opcodes.map(({ opcode, executed }) => [opcode, executed] as const);
    assertEquals(
      counts.sort(byName),
      run.perOpcode.filter(({ executed }) => executed > 0)
        .map(({ name, executed }) => [name, executed] as const).sort(byName),
    );
    assertEquals(profile.dynamicInstructions, run.instructions);
    // The stages are all of it, and the cycles those of the opcodes.
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    assertEquals(sum(profile.stages.map(({ executed }) => executed)), run.instructions);
    const cycles = profile.opcodes.map(({ executed, cycles }) => executed * cycles);
    assertEquals(profile.cycles, sum(cycles));
    const { code, stdout } = await runTaskIn(folder, "profile", ["b", "--run", "run.json"]);
    assertEquals(code, 0);
    assertMatch(stdout, /^emulated on no board with memory model ideal: /m);

    // The text alone does not say so, and neither does a build without the counts.
    const text = await runTaskIn(folder, "profile", ["b/generated_asm_code.asm"]);
    assertEquals(text.code, 2);
    assertMatch(
      text.stderr,
      /^error: its loops are not one in another: .*\nhelp: .* give program\.json of the build/,
    );
    await withoutBlob(folder, "executions");
    const old = await runTaskIn(folder, "profile", ["b/program.json"]);
    assertEquals(old.code, 2);
    assertMatch(
      old.stderr,
      /^error: its loops are not one in another: .*\nhelp: .* emit the model again/,
    );
  });
});

Deno.test("profile says the same of a build as of its text where loops lie one in another", async () => {
  await inFolder(async (folder) => {
    await emitLongLoops(folder, "--long-loops=unroll");
    const build = await profiled(folder, "b/program.json");
    const { stages: _, sourceLines: __, ...text } = await profiled(
      folder,
      "b/generated_asm_code.asm",
      "--settings=b/settings.toml",
    );
    const { stages, sourceLines, ...figures } = build;
    assertEquals(figures, text);
    const { instructions } = (await readArtifact(`${folder}/b/program.json`, "model")).data;
    assertEquals(
      [figures.staticInstructions, figures.dynamicInstructions],
      [instructions.static, instructions.executed],
    );
    // A build that was made without the counts says it too, stage by stage.
    await withoutBlob(folder, "executions");
    assertEquals(await profiled(folder, "b/program.json"), { ...figures, stages, sourceLines });
  });
});

Deno.test("profile says when its cycles are not those of the machine that a build is for", async () => {
  await inFolder(async (folder) => {
    await emitLongLoops(folder);
    const settings = formatSettingsToml({
      ...SHIPPED_SETTINGS,
      config: { ...SHIPPED_SETTINGS.config, blen: 8 },
    });
    await Deno.writeTextFile(`${folder}/wide.toml`, settings);
    const { mlen, blen } = SHIPPED_SETTINGS.config;
    for (
      const [args, key, expected, found] of [
        [["--mlen=32"], "mlen", mlen, 32],
        [["--settings=wide.toml"], "blen", blen, 8],
        [[`--mlen=${mlen}`, "--board=v80"], "", 0, 0],
        [["--settings=b/settings.toml"], "", 0, 0],
        [[], "", 0, 0],
      ] as const
    ) {
      const { code, stdout, stderr } = await runTaskIn(folder, "profile", ["b", ...args]);
      assertEquals([code, stderr], [0, ""]);
      const says =
        `note: the program was compiled for ${key} = ${expected}, these cycles are those ` +
        `of a machine with ${found}`;
      assertEquals(/^note: .*/m.exec(stdout)?.[0], key === "" ? undefined : says);
    }
    // The build of a circuit says it too; of bare text nothing is known.
    for (const line of ["atoms:train", "circuit:compile adder:2", "isa:emit --out c"]) {
      const [task, ...args] = wordsOf(line);
      assertEquals((await runTaskIn(folder, task!, args)).code, 0, line);
    }
    for (
      const [args, isNoted] of [
        [["c"], false],
        [["c", "--mlen=256"], true],
        [["c/program.asm", "--mlen=256"], false],
      ] as const
    ) {
      const { stdout } = await runTaskIn(folder, "profile", args);
      assertEquals(/^note: /m.test(stdout), isNoted, args.join(" "));
    }
  });
});

Deno.test("profile refuses a build whose counts are those of another program", async () => {
  await inFolder(async (folder) => {
    await emitLongLoops(folder);
    const path = `${folder}/b/executions.bin`;
    await Deno.writeFile(path, (await Deno.readFile(path)).subarray(8));
    const changed = await runTaskIn(folder, "profile", ["b/program.json"]);
    assertEquals(changed.code, 2);
    assertMatch(changed.stderr, /^error: the content does not match the hash .*executions\.bin\n/);
    const build = JSON.parse(await Deno.readTextFile(`${folder}/b/program.json`));
    const blob = build.blobs.find(({ role }: { role: string }) => role === "executions");
    blob.sha256 = await fileSha256(path);
    await Deno.writeTextFile(`${folder}/b/program.json`, JSON.stringify(build));
    await runTaskIn(folder, "artifacts:seal", ["b/program.json"]);
    const meant = await runTaskIn(folder, "profile", ["b/program.json"]);
    assertEquals(meant.code, 2);
    assertMatch(meant.stderr, /^error: \d+ counts for \d+ instructions.*\nhelp: /);
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
