import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FILE_TASKS, filesBelow, inFolder, runTaskIn, TASKS, wordsOf } from "./_process.ts";

/** The chain for a 2-bit adder, by hand: the tasks in order, with the files that they pass on. */
const CHAIN = [
  "atoms:train --out a/atoms.json",
  "atoms:verify a/atoms.json --out a/atoms_verification.json",
  "circuit:compile adder:2 --atoms a/atoms.json --out a/circuit.json",
  "circuit:verify a/circuit.json --out a/circuit_verification.json",
  "board:inject custom_a7 --out a/settings.json",
  "isa:emit a/circuit.json --settings a/settings.json --out a/build",
  "weights:manifest a/build --board custom_a7 --out a/manifest.json",
  "emulate --program a/build/program.json --settings a/settings.json --out a/run.json",
  "compare a/run.json --out a/comparison.json",
  "artifacts:schema --out a",
];

async function runChain(folder: string): Promise<void> {
  for (const line of CHAIN) {
    const [name, ...args] = wordsOf(line);
    const { code, stdout, stderr } = await runTaskIn(folder, name!, args);
    assertEquals([code, stderr], [0, ""], line);
    assertStringIncludes(stdout, "──", line);
  }
}

Deno.test("the chain runs task by task, and twice gives byte-identical files", async () => {
  await inFolder(async (first) => {
    await runChain(first);
    const comparison = JSON.parse(await Deno.readTextFile(`${first}/a/comparison.json`));
    assertEquals([comparison.data.equal, comparison.data.cases], [true, 32]);
    const manifest = JSON.parse(await Deno.readTextFile(`${first}/a/manifest.json`));
    const names = manifest.data.regions.map(({ name }: { name: string }) => name);
    assertEquals(names, ["W_gates", "X_0", "Y_0"]);
    await inFolder(async (second) => {
      await runChain(second);
      assertEquals(filesBelow(first), filesBelow(second));
    });
  });
});

Deno.test("--json prints the artifact and nothing else, --quiet prints nothing", async () => {
  await inFolder(async (folder) => {
    const args = ["--atoms", "NOT", "--out", "atoms.json"];
    const json = await runTaskIn(folder, "atoms:train", [...args, "--json"]);
    assertEquals(
      JSON.parse(json.stdout),
      JSON.parse(await Deno.readTextFile(`${folder}/atoms.json`)),
    );
    const quiet = await runTaskIn(folder, "atoms:train", [...args, "--quiet"]);
    assertEquals([quiet.code, quiet.stdout, quiet.stderr], [0, "", ""]);
  });
});

Deno.test("a flipped bit of a packed weight is refused, and named once it is sealed", async () => {
  await inFolder(async (folder) => {
    await runTaskIn(folder, "atoms:train", ["--atoms", "CARRY"]);
    const path = `${folder}/out/atoms.json`;
    const text = await Deno.readTextFile(path);
    const weights = /"weights": "([0-9a-f]+)"/.exec(text)![1]!;
    const flipped = (parseInt(weights[0]!, 16) ^ 8).toString(16) + weights.slice(1);
    await Deno.writeTextFile(path, text.replace(`"${weights}"`, `"${flipped}"`));

    const unsealed = await runTaskIn(folder, "atoms:verify", []);
    assertEquals(unsealed.code, 2);
    assertStringIncludes(unsealed.stderr, "does not match its recorded hash");

    await runTaskIn(folder, "artifacts:seal", ["out/atoms.json"]);
    const sealed = await runTaskIn(folder, "atoms:verify", []);
    assertEquals(sealed.code, 1);
    assertStringIncludes(sealed.stderr, "failed: atom CARRY is not exact: ");
    assertStringIncludes(sealed.stderr, "(a=1 b=1 c=0): 0, expected 1");
    const compiled = await runTaskIn(folder, "circuit:compile", ["adder:2"]);
    assertEquals(compiled.code, 2);
  });
});

Deno.test("a program that faults exits with 3 and leaves a run.json up to the fault", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/bad.asm`,
      "S_ADDI_INT gp1, gp0, 3\nV_ADD_VV gp1, gp1, gp1, 0\n",
    );
    const { code, stderr } = await runTaskIn(folder, "emulate", ["--program", "bad.asm"]);
    assertEquals(code, 3);
    assertStringIncludes(stderr, "V_ADD_VV");
    const { data } = JSON.parse(await Deno.readTextFile(`${folder}/out/run.json`));
    assertEquals([data.fault.pc, data.instructions], [1, 1]);
  });
});

Deno.test("emulate stops a program that does not end, and exits with 3", async () => {
  await inFolder(async (folder) => {
    // The body sets its own counter, so that the loop never counts down.
    const endless = "C_LOOP_START gp1, 2\nS_ADDI_INT gp1, gp0, 5\nC_LOOP_END gp1\n";
    await Deno.writeTextFile(`${folder}/endless.asm`, endless);
    const args = ["--program=endless.asm", "--max-instructions=1000000", "--out=run.json"];
    const { code, stderr } = await runTaskIn(folder, "emulate", args);
    assertEquals(code, 3);
    assertMatch(stderr, /stopped at pc \d, as --max-instructions says/);
    const run = JSON.parse(await Deno.readTextFile(`${folder}/run.json`));
    assertEquals(run.data.instructions, 1_000_000);
  });
});

Deno.test("compare exits with 1 and names the case whose inputs were changed", async () => {
  await inFolder(async (folder) => {
    await runChain(folder);
    const program = JSON.parse(await Deno.readTextFile(`${folder}/a/build/program.json`));
    const inputs = program.data.regions.find(({ name }: { name: string }) => name === "X_0");
    const hbm = await Deno.readFile(`${folder}/a/build/hbm.bin`);
    // Row 5 becomes a copy of row 4: A=0 B=1 Cin=0 instead of A=1 B=1 Cin=0.
    const row = (index: number): number => inputs.offset + index * inputs.shape[1];
    hbm.copyWithin(row(5), row(4), row(5));
    await Deno.writeFile(`${folder}/changed.bin`, hbm);
    const chained = ["--program", "a/build/program.json", "--settings", "a/settings.json"];
    const run = await runTaskIn(folder, "emulate", [...chained, "--hbm", "changed.bin"]);
    assertEquals(run.code, 0, run.stderr);
    const { code, stderr } = await runTaskIn(folder, "compare", []);
    assertEquals(code, 1);
    assertEquals(
      stderr,
      "failed: 1 of 32 cases differ, first case 5 (A=1 B=1 Cin=0): 0 0 1, expected 0 1 0\n",
    );
    const { data } = JSON.parse(await Deno.readTextFile(`${folder}/out/comparison.json`));
    assertEquals([data.equal, data.wrongCases], [false, 1]);
  });
});

Deno.test("circuit:verify exits with 1 and names the case when wires are swapped", async () => {
  await inFolder(async (folder) => {
    await runTaskIn(folder, "atoms:train", []);
    await runTaskIn(folder, "circuit:compile", ["adder:2"]);
    const path = `${folder}/out/circuit.json`;
    const swapped = (await Deno.readTextFile(path))
      .replace('"output": "Sum[0]"', '"output": "?"')
      .replace('"output": "Sum[1]"', '"output": "Sum[0]"')
      .replace('"output": "?"', '"output": "Sum[1]"');
    await Deno.writeTextFile(path, swapped);
    await runTaskIn(folder, "artifacts:seal", ["out/circuit.json"]);
    const { code, stderr } = await runTaskIn(folder, "circuit:verify", []);
    assertEquals(code, 1);
    assertStringIncludes(
      stderr,
      "failed: output Sum is wrong in 16 of 32 cases, first A=1 B=0 Cin=0: 2, expected 1",
    );
  });
});

Deno.test("emulate takes the program and the shipped settings by default", async () => {
  await inFolder(async (folder) => {
    for (const line of ["atoms:train", "circuit:compile adder:2", "isa:emit", "emulate"]) {
      const [name, ...args] = wordsOf(line);
      const { code, stderr } = await runTaskIn(folder, name!, args);
      assertEquals([code, stderr], [0, ""], line);
    }
  });
});

Deno.test("the README's task table has every task of deno.json with its description", async () => {
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  for (const [name, { description }] of Object.entries(TASKS)) {
    assert(readme.includes(`| \`${name}\``), `no row for ${name}`);
    assert(description.length > 0 && description.length <= 80, name);
  }
  assert(FILE_TASKS.length >= 10);
});

Deno.test("weights:manifest reads the region maps of the PLENA compiler", async () => {
  await inFolder(async (folder) => {
    const addrs = { X: 0, W_q_0: 4096, K_stored_7_h1: 16384, bad: null, tail: 40000 };
    const sizes = { X: 1152, W_q_0: 50000, K_stored_7_h1: 4096 };
    await Deno.mkdir(`${folder}/build`);
    await Deno.writeTextFile(`${folder}/build/hbm_addrs.json`, JSON.stringify(addrs));
    await Deno.writeTextFile(`${folder}/build/hbm_sizes.json`, JSON.stringify(sizes));
    const refused = await runTaskIn(folder, "weights:manifest", ["build"]);
    assertEquals(refused.code, 2);
    const args = ["build", "--ddr-capacity", "20K", "--total-layers", "4"];
    const { code, stderr } = await runTaskIn(folder, "weights:manifest", args);
    assertEquals([code, stderr], [0, ""]);
    const { data } = JSON.parse(await Deno.readTextFile(`${folder}/out/manifest.json`));
    assertEquals(data.manifest, {
      activation_ceiling: 4096,
      ddr_capacity_bytes: 20480,
      regions: [
        { layer_id: 0, offset: 0, size: 1152, kind: "activation" },
        { layer_id: 0, offset: 4096, size: 12288, kind: "weight" },
        { layer_id: 7, offset: 16384, size: 4096, kind: "kv" },
      ],
    });
    assertEquals(data.warnings, [
      { what: "no whole number for an offset, left out", regions: ["bad"] },
      { what: "no size to be found, left out", regions: ["tail"] },
      { what: "cut where the next region begins", regions: ["W_q_0"] },
    ]);
    assertEquals([data.regime, data.estimate.layersInBuild], ["resident", 2]);
    const plena = JSON.parse(await Deno.readTextFile(`${folder}/out/manifest.plena.json`));
    assertEquals(plena, data.manifest);
  });
});
