import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FIXTURES, inFolder, type Outcome, runTaskIn, wordsOf } from "./_process.ts";

/** The ten standard functions, typed from the specification; the first input is bit 0 of a row. */
const STANDARD = {
  AND: "0001",
  OR: "0111",
  NOT: "10",
  NAND: "1110",
  NOR: "1000",
  XOR: "0110",
  XNOR: "1001",
  SUM: "01101001",
  CARRY: "00010111",
  MUX: "00100111",
};

interface FileAtom {
  readonly name: string;
  readonly truthTable: string;
}

async function tablesIn(path: string): Promise<Record<string, string>> {
  const { data } = JSON.parse(await Deno.readTextFile(path));
  const atoms: FileAtom[] = [...data.atoms, ...(data.networks ?? [])];
  return Object.fromEntries(atoms.map(({ name, truthTable }) => [name, truthTable]));
}

function lastLine({ stdout }: Outcome): string {
  return stdout.trimEnd().split("\n").at(-1)!;
}

Deno.test("atoms:train makes all ten exact by synth, ptq, qat and search, in E2M1 and NF4", async () => {
  await inFolder(async (folder) => {
    const paths: string[] = [];
    for (const method of ["synth", "ptq", "qat", "search"]) {
      for (const format of [["--format", "e2m1"], ["--format", "nf4", "--scaling", "tensor"]]) {
        const path = `${method}_${format[1]}.json`;
        const args = ["--method", method, ...format, "--out", path];
        const outcome = await runTaskIn(folder, "atoms:train", args);
        assertEquals([outcome.code, outcome.stderr], [0, ""], path);
        assertEquals(lastLine(outcome), "PASS: 10 of 10 atoms exact", path);
        assertEquals(await tablesIn(`${folder}/${path}`), STANDARD, path);
        paths.push(path);
      }
    }
    const verified = await runTaskIn(folder, "atoms:verify", [paths.join(","), "--json"]);
    assertEquals([verified.code, verified.stderr], [0, ""]);
    const { data } = JSON.parse(verified.stdout);
    assertEquals(data.checks.length, 80);
    const names = Object.entries(STANDARD);
    for (const { name, rows, wrong } of data.checks) {
      assertEquals([rows, wrong], [names.find((one) => one[0] === name)![1].length, 0], name);
    }
  });
});

Deno.test("atoms:train puts threshold atoms and other networks apart, and says what a format cannot", async () => {
  await inFolder(async (folder) => {
    await runTaskIn(folder, "atoms:train", ["--method", "float", "--atoms", "XOR"]);
    const { data } = JSON.parse(await Deno.readTextFile(`${folder}/out/atoms.json`));
    assertEquals([data.atoms.length, data.networks.length], [0, 1]);
    assertEquals(data.networks[0].network.layers[0].weights.format, "float32");

    // NF4 without scales ends at ±1: some thresholds fit, some do not.
    const args = ["--method", "threshold", "--format", "nf4", "--out", "nf4.json"];
    const outcome = await runTaskIn(folder, "atoms:train", args);
    assertEquals(outcome.code, 1);
    const made = Object.keys(await tablesIn(`${folder}/nf4.json`));
    const failures = outcome.stderr.trimEnd().split("\n");
    assertEquals(lastLine(outcome), `FAIL: ${made.length} of 10 atoms exact`);
    assert(made.length > 0 && made.length < 10, `${made}`);
    assertEquals(failures.length, 10 - made.length);
    for (const failure of failures) {
      assertMatch(
        failure,
        /^failed: \w+ is incompatible with nf4 without a scale: the \w+ \S+ of layer \d becomes .*; give it scales/,
      );
    }
  });
});

Deno.test("atoms:train writes nothing when no atom can be made", async () => {
  await inFolder(async (folder) => {
    const args = ["--format", "nf4", "--atoms", "AND,SUM"];
    const { code, stdout, stderr } = await runTaskIn(folder, "atoms:train", args);
    assertEquals([code, stdout], [1, "FAIL: 0 of 2 atoms exact\n"]);
    assertStringIncludes(stderr, "failed: SUM is incompatible with nf4 without a scale");
    assertEquals([...Deno.readDirSync(folder)].length, 0);
  });
});

Deno.test("atoms:train makes functions of a file, from tables and expressions", async () => {
  await inFolder(async (folder) => {
    const file = `${FIXTURES}/atoms/user_atoms.yaml`;
    const all = await runTaskIn(folder, "atoms:train", ["--file", file]);
    assertEquals([all.code, lastLine(all)], [0, "PASS: 4 of 4 atoms exact"]);
    const rows = (inputs: number, output: (row: number) => boolean): string =>
      Array.from({ length: 2 ** inputs }, (_, row) => output(row) ? "1" : "0").join("");
    assertEquals(await tablesIn(`${folder}/out/atoms.json`), {
      MAJORITY: "00010111",
      IMPLIES: rows(2, (row) => row !== 0b01),
      AND_OR_INVERT: rows(4, (row) => (row & 0b0011) !== 0b0011 && (row & 0b1100) !== 0b1100),
      PARITY5: rows(5, (row) => row.toString(2).replaceAll("0", "").length % 2 === 1),
    });
    const some = ["--file", file, "--atoms", "IMPLIES,CARRY", "--method", "qat"];
    const two = await runTaskIn(folder, "atoms:train", some);
    assertEquals([two.code, lastLine(two)], [0, "PASS: 2 of 2 atoms exact"]);
    assertEquals(await tablesIn(`${folder}/out/atoms.json`), {
      IMPLIES: "1011",
      CARRY: "00010111",
    });
  });
});

Deno.test("atoms:train gives the same bytes for the same seed, and records its options", async () => {
  await inFolder(async (folder) => {
    const line = "--method qat --hidden 8,8 --activation hardtanh --residual --encoding onehot " +
      "--format mxfp4 --seed 5 --max-attempts 9 --atoms SUM --json";
    const first = await runTaskIn(folder, "atoms:train", wordsOf(line));
    const again = await runTaskIn(folder, "atoms:train", wordsOf(line));
    assertEquals([first.code, first.stderr], [0, ""]);
    assertEquals(first.stdout, again.stdout);
    const { data, producer } = JSON.parse(first.stdout);
    assertEquals(producer.options, {
      activation: "hardtanh",
      atoms: ["SUM"],
      encoding: "onehot",
      format: "mxfp4",
      hidden: [8, 8],
      maxAttempts: 9,
      method: "qat",
      residual: true,
      seed: 5,
    });
    const { network, training } = data.networks[0];
    assertEquals(network.layers.map(({ gates }: { gates: number }) => gates), [8, 8, 1]);
    assertEquals([network.activation, network.encoding, network.residual], [
      "hardtanh",
      "onehot",
      true,
    ]);
    assert(training.seed >= 5);
  });
});

/** Options that do not go together, and what stderr must say. */
const MISFITS: readonly [line: string, says: RegExp][] = [
  ["--hidden 8", /^error: --hidden means nothing to --method synth\nhelp: .*float, ptq, qat\n$/],
  [
    "--method threshold --encoding onehot",
    /^error: --encoding means nothing to --method threshold/,
  ],
  ["--method float --format nf4", /^error: --method float stores float32, not nf4\nhelp: .*ptq/],
  ["--format mxfp4 --scaling row", /^error: --scaling means nothing to --format mxfp4\nhelp: /],
  ["--scaling search", /^error: --scaling search means nothing to --method synth\nhelp: /],
  ["--method ptq --activation step", /^error: steps have no slope that --method ptq could follow/],
  ["--method qat --hidden 8,,8", /^error: --hidden cannot be "8,,8"\nhelp: give widths from 1/],
  ["--method qat --hidden 0", /^error: --hidden cannot be "0"\nhelp: /],
  ["--max-attempts 0", /^error: --max-attempts 0\nhelp: /],
  ["--method sinth", /^error: --method cannot be "sinth"\nhelp: did you mean "synth"\?/],
  ["--format e2m2", /^error: --format cannot be "e2m2"\nhelp: did you mean "e2m1"\?/],
];

Deno.test("atoms:train refuses options that do not go together, with a remedy", async () => {
  await inFolder(async (folder) => {
    for (const [line, says] of MISFITS) {
      const { code, stdout, stderr } = await runTaskIn(folder, "atoms:train", wordsOf(line));
      assertEquals([code, stdout], [2, ""], line);
      assertMatch(stderr, says);
    }
    assertEquals([...Deno.readDirSync(folder)].length, 0);
  });
});

/** Files of functions that are not in order, and what stderr must say. */
const BAD_FILES: readonly [text: string, says: RegExp][] = [
  [
    'atoms:\n  - name: HALF\n    inputs: [a, b]\n    expression: "a & & b"\n',
    /^error: .* in the expression of HALF at f\.yaml:4:22\nhelp: /,
  ],
  [
    'atoms:\n  - { name: HALF, inputs: [a, b], expression: "a & c" }\n',
    /^error: .*c.* in the expression of HALF at f\.yaml:2:52\nhelp: /,
  ],
  [
    'atoms:\n  - name: HALF\n    inputs: [a, b]\n    tabel: "0100"\n',
    /^error: unknown key "tabel" of atom 1 at f\.yaml:4:\d+\nhelp: keys are name, inputs, table/,
  ],
  ["gates: []\n", /^error: .* at f\.yaml:1:1\nhelp: /],
  [
    'atoms:\n  - name: HALF\n    inputs: [a, b]\n    table: "010"\n',
    /^error: the table of HALF is "010", expected 4 digits at f\.yaml:4:\d+\nhelp: /,
  ],
  [
    'atoms:\n  - name: SUM\n    inputs: [a, b]\n    table: "0110"\n',
    /^error: SUM is a standard atom with the table 01101001, found 0110 at f\.yaml:2:\d+\nhelp: /,
  ],
  ["atoms: [1, 2\n", /^error: the file is not YAML: .* at f\.yaml:\d+:\d+\nhelp: /],
];

Deno.test("atoms:train tells line and column of what is wrong in a file of functions", async () => {
  await inFolder(async (folder) => {
    for (const [text, says] of BAD_FILES) {
      await Deno.writeTextFile(`${folder}/f.yaml`, text);
      const { code, stdout, stderr } = await runTaskIn(folder, "atoms:train", ["--file", "f.yaml"]);
      assertEquals([code, stdout], [2, ""], text);
      assertMatch(stderr, says);
    }
    const missing = await runTaskIn(folder, "atoms:train", ["--file", "nowhere.yaml"]);
    assertEquals(missing.code, 2);
    assertMatch(missing.stderr, /^error: no such file at nowhere\.yaml\nhelp: give a YAML file/);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  });
});
