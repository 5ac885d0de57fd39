import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { mapToThreshold } from "../mapping/mod.ts";
import { randomBlif } from "../mapping/_random_logic.ts";
import { random } from "../../numerics/mod.ts";
import type { Circuit } from "../circuit.ts";
import { circuitRunner } from "../run_circuit.ts";
import { AWKWARD, builtin, CASES } from "./_shared_circuits.ts";
import { Verilog } from "./_verilog_evaluator.ts";
import { BOOLEANS } from "../proof/bit_algebra.ts";
import { exportTestBench } from "./export_test_bench.ts";
import { exportVerilog } from "./export_verilog.ts";
import { readBlif } from "./read_blif.ts";

// Two ways to check: an evaluator of the language's definition, always, and Icarus Verilog where it is
// installed (apt-get install iverilog). What a synthesiser makes of an export, Yosys tells, from the
// system or the npm package @yowasp/yosys, as number of cells:
//   yosys -p "read_verilog x.v; synth -flatten -auto-top; abc -g AND,OR,XOR,NAND,NOR,XNOR,MUX; stat"

/** Whether Icarus Verilog is there and may be run. */
async function hasIcarus(): Promise<boolean> {
  const names = ["run", "write"] as const;
  for (const name of names) {
    if ((await Deno.permissions.query({ name })).state !== "granted") return false;
  }
  try {
    return (await new Deno.Command("iverilog", { args: ["-V"] }).output()).success;
  } catch {
    return false;
  }
}

const ignore = !await hasIcarus();
const NEEDS = ignore ? " (ignored: needs iverilog and permission to run it and write)" : "";

/** What the simulator prints. */
async function simulate(...sources: string[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const files = sources.map((_, i) => `${folder}/${i}.v`);
    await Promise.all(files.map((file, i) => Deno.writeTextFile(file, sources[i]!)));
    const image = `${folder}/image`;
    const args = ["-g2001", "-Wall", "-o", image, ...files];
    const compiled = await new Deno.Command("iverilog", { args }).output();
    const text = new TextDecoder();
    assertEquals(text.decode(compiled.stderr).replace(/^.*timescale.*\n/gm, ""), "");
    return text.decode((await new Deno.Command("vvp", { args: ["-n", image] }).output()).stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All cases of few wires, else the first, the last and some that are drawn. */
function casesOf({ inputs }: Circuit): bigint[][] {
  const wires = inputs.reduce((sum, { width }) => sum + width, 0);
  const draw = random(1);
  const drawn = (): bigint =>
    BigInt(`0b${Array.from({ length: wires }, () => +(draw() < 0.5)).join("")}`);
  const last = (1n << BigInt(wires)) - 1n;
  const cases = wires <= 8
    ? Array.from({ length: 2 ** wires }, (_, index) => BigInt(index))
    : [0n, last, ...Array.from({ length: 30 }, drawn)];
  return cases.map((bits) => {
    let rest = bits;
    return inputs.map(({ width }) => {
      const value = BigInt.asUintN(width, rest);
      rest >>= BigInt(width);
      return value;
    });
  });
}

for (const [spec, objective] of CASES) {
  Deno.test(`exportVerilog() of ${spec} of ${objective} computes integer arithmetic, by the language's definition`, () => {
    const { circuit, reference } = builtin(spec, objective);
    for (const style of ["structural", "behavioural"] as const) {
      const verilog = new Verilog(exportVerilog(circuit, style));
      for (const values of casesOf(circuit)) {
        const found = verilog.run(circuit.name.replace(":", "_").replace("-", "_"), values);
        assertEquals(found, [...reference(values)], `${values}`);
      }
    }
  });
}

Deno.test("exportVerilog() of odd names, constants and copies computes what the gates do", () => {
  const runner = circuitRunner(AWKWARD);
  for (const style of ["structural", "behavioural"] as const) {
    const verilog = new Verilog(exportVerilog(AWKWARD, style));
    const cases = casesOf(AWKWARD);
    assertEquals(cases.map((values) => verilog.run("m_3_odd_names", values)), runner.runAll(cases));
  }
});

Deno.test("exportVerilog() of a mapped foreign circuit computes its tables in every case", () => {
  const logic = readBlif(randomBlif(8, 30, 6, 1));
  const { circuit } = mapToThreshold(logic);
  for (const style of ["structural", "behavioural"] as const) {
    const verilog = new Verilog(exportVerilog(circuit, style));
    for (let row = 0; row < 256; row++) {
      const bits = Array.from({ length: 8 }, (_, i) => (row >> i) & 1);
      assertEquals(
        verilog.run("random1", bits.map(BigInt)),
        logic.specification(BOOLEANS, bits.map((bit) => bit === 1)).map(BigInt),
      );
    }
  }
});

Deno.test("exportTestBench() takes its results from a specification where there is one", () => {
  const { circuit } = mapToThreshold(readBlif(".inputs a b\n.outputs y\n.names a b y\n11 1\n"));
  const bench = exportTestBench(circuit, { specification: ({ or }, [a, b]) => [or(a!, b!)] });
  for (const bits of [0, 5, 6, 7]) assertStringIncludes(bench, `= 3'h${bits};`);
});

Deno.test("exportVerilog() with a gate changed is found out", () => {
  const { circuit, reference } = builtin("adder:2");
  for (
    const [style, from, to] of [
      ["structural", "x[0]", "x[1]"],
      ["behavioural", "4 * n0", "2 * n0"],
    ] as const
  ) {
    const text = exportVerilog(circuit, style);
    assert(text.includes(from));
    const wrong = new Verilog(text.replace(from, to));
    const isWrong = casesOf(circuit).some((values) =>
      String(wrong.run("adder_2", values)) !== String(reference(values))
    );
    assert(isWrong, style);
  }
});

for (const [spec, objective] of CASES) {
  const name =
    `exportVerilog() of ${spec} of ${objective} passes a bench of integer arithmetic${NEEDS}`;
  Deno.test({ name, ignore }, async () => {
    const { circuit, reference } = builtin(spec, objective);
    const bench = exportTestBench(circuit, { reference, cases: 200 });
    for (const style of ["structural", "behavioural"] as const) {
      assertMatch(await simulate(exportVerilog(circuit, style), bench), /^PASS \d+ cases\n$/);
    }
  });
}

Deno.test({ name: `exportVerilog() takes odd names and gates${NEEDS}`, ignore }, async () => {
  const bench = exportTestBench(AWKWARD, { cases: 400 });
  for (const style of ["structural", "behavioural"] as const) {
    assertEquals(await simulate(exportVerilog(AWKWARD, style), bench), "PASS 402 cases\n");
  }
});

Deno.test({ name: `exportTestBench() finds a wrong gate${NEEDS}`, ignore }, async () => {
  const { circuit, reference } = builtin("adder:4");
  const bench = exportTestBench(circuit, { reference });
  const wrong = exportVerilog(circuit, "behavioural").replace("4 * n0", "2 * n0");
  assertStringIncludes(await simulate(wrong, bench), "FAIL case");
});

Deno.test("exportTestBench() tries all cases of few wires, drawn ones of many", () => {
  const count = (text: string): number => Number(/PASS (\d+) cases/.exec(text)![1]);
  assertEquals(count(exportTestBench(builtin("adder:4").circuit)), 512);
  const wide = builtin("adder:64").circuit;
  assertEquals(count(exportTestBench(wide, { cases: 10 })), 12);
  assertEquals(exportTestBench(wide), exportTestBench(wide));
  assert(exportTestBench(wide) !== exportTestBench(wide, { seed: 2 }));
});

Deno.test("exportVerilog() writes the full adder as two comparisons of sums", () => {
  const text = exportVerilog(builtin("full-adder").circuit, "behavioural");
  assertStringIncludes(text, "wire n0 = 2 * A + 2 * B + 2 * Cin >= 3;");
  assertStringIncludes(text, "wire n1 = 2 * A + 2 * B + 2 * Cin >= 4 * n0 + 1;");
});
