import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { random } from "../lib/numerics/mod.ts";
import { train } from "../lib/atoms/mod.ts";
import {
  builtinCircuit,
  type Circuit,
  compileCircuit,
  isAtom,
  wiresOf,
} from "../lib/circuits/mod.ts";
import { main as trainMain } from "./atoms_train.ts";
import { compile, editSealed, flipFirstWeight, trainAtoms, verify } from "./_circuit_chain.ts";
import { inFolder, runTaskIn } from "./_process.ts";

Deno.test("gates of less depth have more of them, and an adder of 64 bits is 5 deep", async () => {
  await inFolder(async (folder) => {
    const sizes = [];
    for (const objective of ["gates", "depth"]) {
      const { stdout } = await runTaskIn(folder, "circuit:compile", [
        ...["adder:64", "--objective", objective],
      ]);
      const [gates, depth] = /adder:64 .*?129 +65 +\d+ +(\d+) +(\d+)/.exec(stdout)!.slice(1);
      sizes.push([Number(gates), Number(depth)]);
    }
    assertEquals(sizes, [[128, 17], [160, 5]]);
  });
});

Deno.test("--precision float32 composes float32 networks, exact too, that the machine does not run", async () => {
  await inFolder(async (folder) => {
    const atoms = `${folder}/float.json`;
    const out = ["--quiet", "--out", atoms];
    assertEquals(await trainMain(["--method", "float", "--atoms", "SUM,CARRY", ...out]), 0);
    await compile(folder, "adder:8", "--atoms", atoms, "--precision", "float32");
    const { code, data } = await verify(folder);
    assertEquals([code, data.exact, data.checks[0]!.rows], [0, true, 2 ** 17]);
    const emitted = await runTaskIn(folder, "isa:emit", ["circuit.json"]);
    assertEquals(emitted.code, 2);
    assertMatch(
      emitted.stderr,
      /^error: this circuit is of float32 atoms.* at circuit\.json\nhelp: /,
    );
    const fp4 = await runTaskIn(folder, "circuit:compile", ["adder:8", "--atoms", "float.json"]);
    assertEquals(fp4.code, 2);
    assertStringIncludes(fp4.stderr, "atom SUM is no threshold network");
  });
});

Deno.test("an atom that is not exact is refused", async () => {
  await inFolder(async (folder) => {
    await trainAtoms(folder);
    await editSealed(`${folder}/atoms.json`, (text) => flipFirstWeight(text, "CARRY"));
    const { code, stderr } = await runTaskIn(folder, "circuit:compile", [
      ...["adder:2", "--atoms", "atoms.json"],
    ]);
    assertEquals(code, 2);
    assertMatch(stderr, /^error: atom CARRY is not exact: .* at atoms\.json\nhelp: train it again/);
  });
});

Deno.test("a wrong specification is refused with line and column", async () => {
  await inFolder(async (folder) => {
    const refuse = async (name: string, text: string, says: RegExp): Promise<void> => {
      await Deno.writeTextFile(`${folder}/${name}`, text);
      const { code, stderr } = await runTaskIn(folder, "circuit:compile", [name]);
      assertEquals(code, 2, stderr);
      assertMatch(stderr, says);
    };
    const head = "inputs: { A: 2 }\noutputs: { Y: 1 }\ninstances:\n";
    await refuse(
      "x.yaml",
      `${head}  n: { atom: AND, inputs: ["A[0]", "A[2]"], output: Y }\n`,
      /^error: instance n names A\[2\], but A has the bits 0 to 1 at x\.yaml:4:6\nhelp: /,
    );
    await refuse(
      "y.yaml",
      `${head}  n: { circuit: "adder:2", inputs: { A: A }, outputs: {} }\n`,
      /^error: instance n has no wire at input B at y\.yaml:4:6\nhelp: /,
    );
    const json = '{ "inputs": { "A": 1 }, "outputs": { "Y": 1 },\n  "instances": {\n    "n": ' +
      '{ "atom": "NOT", "inputs": ["A"], "output": 5 }\n  }\n}\n';
    await refuse("z.json", json, /^error: .* at z\.json:3:54\nhelp: /);
    await refuse("w.yaml", "inputs: [A\noutputs: 3\n", /^error: .* at w\.yaml:\d+:\d+\nhelp: /);
    await refuse(
      "c.blif",
      ".model c\n.inputs a\n.outputs y\n.names a b y\n11 1\n.end\n",
      /^error: .*b.* at c\.blif:4:\d+\nhelp: /,
    );
    const model = ".model c\n.inputs a b\n.outputs a b\n";
    await refuse(
      "d.blif",
      `${model}.latch a y 0\n`,
      /^error: .* a latch .* at d\.blif:4:1\nhelp: /,
    );
    await refuse(
      "e.blif",
      `${model}.end\n`,
      /^error: every output .* is the input .* at e\.blif\n/,
    );
    await refuse("f.aag", "aag 0 0 0 1 0\n1\n", /^error: .* has no inputs at f\.aag\nhelp: /);
    await refuse("g.aag", "aag 1 1 0 1 1\n", /^error: .* at g\.aag:1:1\nhelp: /);
    await refuse(
      "v.yaml",
      `${head}  n: { atom: AND, inputs: [A], output: Y }\n  m: { atom: OR, inputs: [A], output: Y }\n`,
      /^error: wire Y is driven by instance n and by instance m at v\.yaml:5:6\nhelp: /,
    );
    assertEquals(
      await Array.fromAsync(Deno.readDir(folder)).then((files) =>
        files.some(({ name }) => name === "out")
      ),
      false,
    );
    await refuse("c.v", "module c;\n", /^error: unknown circuit "c\.v"\nhelp: /);
    const { stderr } = await runTaskIn(folder, "circuit:compile", ["./c.v"]);
    assertMatch(
      stderr,
      /^error: the name does not tell what kind of circuit .*\nhelp: give a built-in/,
    );
  });
});

Deno.test("nested circuits, one of them built-in, compile to one netlist, and a note names what nothing reads", async () => {
  await inFolder(async (folder) => {
    const text = `inputs: { A: 4, B: 4 }
outputs: { S: 4 }
wires: { spare: 1, zero: 1 }
instances:
  none: { gate: { weights: [0], bias: -1 }, inputs: ["A[0]"], output: zero }
  sum: { circuit: "adder:4", inputs: { A: A, B: B, Cin: zero }, outputs: { Sum: S } }
  extra: { gate: { weights: [1], bias: -1 }, inputs: ["A[0]"], output: spare }
`;
    await Deno.writeTextFile(`${folder}/x.yaml`, text);
    const { code, stdout } = await runTaskIn(folder, "circuit:compile", [
      ...["x.yaml", "--objective", "gates"],
    ]);
    assertEquals(code, 0);
    assertStringIncludes(stdout, "note: nothing reads wire spare\n");
    const { data } = JSON.parse(await Deno.readTextFile(`${folder}/out/circuit.json`));
    const names = data.instances.map(({ name }: { name: string }) => name);
    assertEquals(names.filter((name: string) => name.startsWith("sum/")).length, 8);
  });
});

/** Sums that an adder of atoms gets right when each of its atoms errs in some of its evaluations. */
function rightShare(adder: Circuit, error: number, trials: number): number {
  const tables = new Map(adder.atoms.map(({ name, truthTable }) => [name, truthTable]));
  const draw = random(1);
  const [a, b, carry] = adder.inputs.map(wiresOf);
  const sum = adder.outputs.flatMap(wiresOf);
  let right = 0;
  for (let trial = 0; trial < trials; trial++) {
    const values = new Map<string, number>();
    const number = (wires: readonly string[]): number =>
      wires.reduce((total, wire, bit) => total + values.get(wire)! * 2 ** bit, 0);
    for (const wire of [a!, b!, carry!].flat()) values.set(wire, Number(draw() < 0.5));
    for (const instance of adder.instances) {
      if (!isAtom(instance)) continue;
      const row = instance.inputs.reduce((sum, wire, i) => sum + (values.get(wire)! << i), 0);
      const output = Number(tables.get(instance.atom)![row]);
      values.set(instance.output, draw() < error ? 1 - output : output);
    }
    if (number(sum) === number(a!) + number(b!) + number(carry!)) right++;
  }
  return right / trials;
}

Deno.test("of atoms that are right 99 times in 100, a 16-bit adder adds 72 times in 100: exact or nothing", () => {
  const { netlist } = builtinCircuit("adder:16");
  const adder = compileCircuit(netlist, [train("SUM"), train("CARRY")]);
  assertEquals(adder.instances.length, 32);
  assertEquals(rightShare(adder, 0, 200), 1);
  // 0.99^32 = 0.725 when every error shows; a second one rarely mends the first.
  const share = rightShare(adder, 0.01, 4000);
  assertEquals(Math.abs(share - 0.99 ** 32) < 0.03, true, `${share}`);
});
