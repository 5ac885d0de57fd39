import { assert, assertEquals, assertMatch } from "@std/assert";
import { inFolder, runTaskIn } from "./_process.ts";

Deno.test("circuit:study: every build of an adder is right, and the machine's time falls with its depth", async () => {
  await inFolder(async (folder) => {
    const { code, stdout, stderr } = await runTaskIn(folder, "circuit:study", [
      ...["adder:8", "--vectors", "256", "--json"],
    ]);
    assertEquals([code, stderr], [0, ""]);
    const { cases, builds, libraries } = JSON.parse(stdout);
    assertEquals(cases, 256);
    for (const { isExact, isRight } of builds) assertEquals([isExact, isRight], [true, true]);
    const [atoms, gates, depth, bits] = builds;
    assertEquals([gates.gates, depth.depth, atoms.depth, bits.depth], [16, 3, 9, 9]);
    assert(depth.latencyNs < bits.latencyNs && depth.latencyNs < atoms.latencyNs);
    assert(bits.bits < gates.bits);
    const [fp4, float32] = libraries;
    assertEquals([fp4.isExact, float32.isExact], [true, true]);
    assert(float32.bytes > 100 * fp4.bytes);
    // SUM and CARRY of minimal gates: 2 and 1 with 3 + 4 + 3 weights and 3 biases at most.
    assert(fp4.bytes <= 9, `${fp4.bytes} bytes`);
  });
});

Deno.test("circuit:study: with 16 columns an instruction, least depth is least time", async () => {
  await inFolder(async (folder) => {
    const study = (...args: string[]): ReturnType<typeof runTaskIn> =>
      runTaskIn(folder, "circuit:study", ["adder:32", "--json", ...args]);
    const { builds } = JSON.parse((await study("--blen", "16", "--vectors", "64")).stdout);
    const [atoms, gates, depth] = builds;
    assertEquals([atoms.depth, gates.depth, depth.depth], [33, 9, 5]);
    assert(depth.latencyNs < gates.latencyNs && gates.latencyNs < atoms.latencyNs);

    for (const args of [["--blen", "3"], ["--vectors", "0"], ["--vectors", "4194305"]]) {
      const { code, stderr } = await study(...args);
      assertEquals(code, 2);
      assertMatch(stderr, /^error: .*\nhelp: .*\n$/);
    }
  });
});
