import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { BUILTIN_KINDS, builtinPorts, OBJECTIVES } from "../lib/circuits/mod.ts";
import { compile, editSealed, flipFirstWeight, trainAtoms, verify } from "./_circuit_chain.ts";
import { main as checkMain } from "./circuit_check.ts";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";

function check(folder: string, ...options: string[]): Promise<number> {
  return checkMain([`${folder}/verification.json`, "--quiet", ...options]);
}

function inputWires(spec: string): number {
  return builtinPorts(spec).inputs.reduce((sum, { width }) => sum + width, 0);
}

Deno.test("every built-in circuit is compiled and exact in all cases, by every objective", async () => {
  await inFolder(async (folder) => {
    await trainAtoms(folder);
    for (const { name, widths: [least, most] } of BUILTIN_KINDS) {
      const spec = least === most ? name : `${name}:${Math.max(least, Math.min(4, most))}`;
      for (const objective of OBJECTIVES) {
        await compile(folder, spec, "--objective", objective);
        const { code, data } = await verify(folder);
        assertEquals([code, data.exact], [0, true], `${spec} for ${objective}`);
        assertEquals(data.method, "exhaustive");
        for (const { rows } of data.checks) assertEquals(rows, 2 ** inputWires(spec), spec);
      }
    }
  });
});

Deno.test("adders of 16, 32 and 64 bits composed of FP4 atoms are proved, and checked again", async () => {
  await inFolder(async (folder) => {
    await trainAtoms(folder);
    for (const width of [16, 32, 64]) {
      await compile(folder, `adder:${width}`);
      const { code, data } = await verify(folder, "--method", "proof");
      assertEquals([code, data.exact, data.circuit?.inputWires], [0, true, 2 * width + 1]);
      assertEquals(await check(folder), 0);
    }
  });
});

const WIDE = [
  ...["carry-select:32 gates", "kogge-stone:64 depth", "adder:128 depth", "sub:64 bits"],
  ...["cmp:64 depth", "min:32 gates", "max:32 depth", "mux:32 gates", "shift:16 gates"],
  ...["popcount:31 gates", "parity:64 bits", "priority:32 gates", "alu:32 gates", "lfsr:32 gates"],
  ...["mul:7 gates"],
];

Deno.test("wide built-in circuits are proved, with a certificate that the checker accepts", async () => {
  await inFolder(async (folder) => {
    for (const line of WIDE) {
      const [spec, objective] = line.split(" ");
      await compile(folder, spec!, "--objective", objective!);
      const { code, data } = await verify(folder, "--method", "proof");
      assertEquals([code, data.exact, data.method], [0, true, "proof"], line);
      assertEquals(await check(folder), 0, line);
    }
  });
});

for (const method of ["exhaustive", "proof"]) {
  Deno.test(`an adder with one wrong weight fails by ${method}, with a case that shows it`, async () => {
    await inFolder(async (folder) => {
      await trainAtoms(folder);
      const path = await compile(folder, "adder:8");
      assertEquals((await verify(folder, "--method", method)).code, 0);
      await editSealed(path, (text) => flipFirstWeight(text, "SUM"));
      const rejected = await runTaskIn(folder, "circuit:check", ["verification.json"]);
      assertEquals(rejected.code, 1);
      assertStringIncludes(rejected.stderr, "failed: the certificate does not hold: ");

      const { code, stderr } = await runTaskIn(folder, "circuit:verify", [
        ...["circuit.json", "--method", method, "--out", "wrong.json"],
      ]);
      assertEquals(code, 1);
      const pattern = /output Sum is wrong .* A=(\d+) B=(\d+) Cin=(\d): (\d+), expected (\d+)\n/;
      assertMatch(stderr, pattern);
      const [a, b, carry, actual, expected] = pattern.exec(stderr)!.slice(1).map(Number);
      assertEquals(expected, (a! + b! + carry!) & 255);
      assert(actual !== expected);
      const { data } = JSON.parse(await Deno.readTextFile(`${folder}/wrong.json`));
      assertEquals([data.exact, data.circuit.certificate], [false, undefined]);
    });
  });
}

Deno.test("a circuit of a specification is held against its parts' definitions, a foreign one against its file", async () => {
  await inFolder(async (folder) => {
    await trainAtoms(folder);
    for (const objective of OBJECTIVES) {
      await compile(folder, `${FIXTURES}/circuits/median3.yaml`, "--objective", objective);
      assertEquals((await verify(folder)).code, 0, objective);
    }
    const path = `${folder}/c17.blif`;
    await Deno.copyFile(`${FIXTURES}/circuits/c17.blif`, path);
    await compile(folder, path);
    const { code, data } = await verify(folder, "--method", "proof");
    assertEquals([code, data.circuit?.definition], [0, "c17.blif"]);
    assertEquals(await check(folder), 0);

    await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("11 0", "11 1"));
    const changed = await runTaskIn(folder, "circuit:verify", ["circuit.json"]);
    assertEquals(changed.code, 2);
    assertMatch(changed.stderr, /^error: the file has changed since .* at c17\.blif\nhelp: /);
    const { code: wrong } = await verify(folder, "--against", path);
    assertEquals(wrong, 1);
  });
});

Deno.test("circuit:verify --against holds one circuit against another, and finds the difference", async () => {
  await inFolder(async (folder) => {
    await compile(folder, "kogge-stone:6", "--objective", "depth");
    await Deno.rename(`${folder}/circuit.json`, `${folder}/fast.json`);
    await compile(folder, "adder:6", "--objective", "gates");
    assertEquals((await verify(folder, "--against", `${folder}/fast.json`)).code, 0);
    assertEquals(await check(folder), 0);
    const other = await runTaskIn(folder, "circuit:verify", ["circuit.json", "--against", "sub:6"]);
    assertEquals(other.code, 2);
    assertMatch(
      other.stderr,
      /^error: .* its definition has A:6 B:6 Bin:1 .*\nhelp: hold it against /,
    );
    await compile(folder, "min:6", "--objective", "gates");
    await Deno.rename(`${folder}/circuit.json`, `${folder}/min.json`);
    await compile(folder, "max:6", "--objective", "gates");
    const { code, data } = await verify(folder, "--against", `${folder}/min.json`);
    // The smallest case in which minimum and maximum differ; A has the lowest digits.
    assertEquals([code, data.checks[0]!.firstWrong?.inputs], [1, "A=1 B=0"]);
  });
});
