import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inFolder, runTaskIn } from "./_process.ts";

/** Static and executed instructions and simulated time of the public compiler (section 22). */
const PUBLIC = {
  "linear 64×384×384": { static: 474, executed: 61_680, latencyNs: 658_468 },
  "FFN 64, 384→1408": { static: 129_431, executed: 483_735, latencyNs: 6_936_892 },
  "attention 256×64, causal": { static: 5_327, executed: 73_757, latencyNs: 414_714 },
  "decoder layer 384/1408/6/2, 64 tokens": {
    static: 137_856,
    executed: 749_098,
    latencyNs: 9_109_163,
  },
};

Deno.test("bench:compiler puts our programs beside the public ones", async () => {
  await inFolder(async (folder) => {
    for (const [name, figures] of Object.entries(PUBLIC)) {
      const only = `--only=${name.split(" ")[0]}`;
      const { code, stdout, stderr } = await runTaskIn(folder, "bench:compiler", [only, "--json"]);
      assertEquals([code, stderr], [0, ""]);
      const { data } = JSON.parse(stdout);
      assertEquals(data.programs.length, 1);
      const [{ public: theirs, ours, target, beyond }] = data.programs;
      assertEquals(theirs, figures);
      for (const key of ["static", "executed", "latencyNs"] as const) {
        assertEquals([key, ours[key] < theirs[key], ours[key] <= target[key]], [key, true, true]);
      }
      assertEquals(beyond, []);
    }
  });
});

Deno.test("bench:compiler prints a table, and refuses a program that is none", async () => {
  await inFolder(async (folder) => {
    const { code, stdout } = await runTaskIn(folder, "bench:compiler", ["--only=linear"]);
    assertEquals(code, 0);
    assertMatch(
      stdout,
      /^linear 64×384×384 +static instructions +474 +60 +\d+ +\d\.\d\d × +within$/m,
    );
    assertMatch(stdout, /^ +executed instructions +61,680 +30,000 +[\d,]+ +\d\.\d\d × +within$/m);
    assertMatch(stdout, /^ +simulated ns +658,468 +658,468 +[\d,]+ +1\.\d\d × +within$/m);
    const bad = await runTaskIn(folder, "bench:compiler", ["--only=nothing"]);
    assertEquals(bad.code, 2);
    assertStringIncludes(bad.stderr, 'error: no program has "nothing" in its name');
  });
});
