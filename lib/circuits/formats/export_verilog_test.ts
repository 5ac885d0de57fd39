import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { AWKWARD, builtin, CASES } from "./_shared_circuits.ts";
import { exportTestBench } from "./export_test_bench.ts";
import { exportVerilog } from "./export_verilog.ts";

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
