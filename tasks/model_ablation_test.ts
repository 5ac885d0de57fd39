import { assert, assertEquals, assertMatch } from "@std/assert";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";

const TINY = [`${FIXTURES}/decoders/tiny`, "--random-weights=1"];

Deno.test("model:ablation has a row per mode, and fp32 is the float model", async () => {
  await inFolder(async (folder) => {
    const { code, stdout, stderr } = await runTaskIn(folder, "model:ablation", [...TINY, "--json"]);
    assertEquals([code, stderr], [0, ""]);
    const { data } = JSON.parse(stdout);
    const names = ["hardware", "no-weight-quant", "no-bf16", "fp32"];
    assertEquals(data.modes.map(({ precision }: { precision: string }) => precision), names);
    const [hardware, noQuant, noBf16, fp32] = data.modes;
    assert(fp32.relativeRms < 1e-5 && fp32.topTokenRate === 1);
    // bfloat16 keeps 8 digits, MXFP8 4: the formats cost more, and both together most of all.
    assert(noQuant.relativeRms > 1e-3 && noQuant.relativeRms < noBf16.relativeRms / 4);
    assert(hardware.relativeRms > noBf16.relativeRms / 2);
    assertEquals(data.tokens.length, 32);
  });
});

Deno.test("model:ablation costs more with narrower formats", async () => {
  await inFolder(async (folder) => {
    const errors: number[] = [];
    for (const format of ["bf16", "mxfp8", "mxfp4"]) {
      const formats = ["weights", "kv", "activations"].map((name) => `--${name}=${format}`);
      const options = [...TINY, ...formats, "--sequence=20", "--json"];
      const { stdout } = await runTaskIn(folder, "model:ablation", options);
      errors.push(JSON.parse(stdout).data.modes[0].relativeRms);
    }
    assert(errors[0]! < errors[1]! && errors[1]! < errors[2]!, errors.join(" "));
  });
});

Deno.test("model:ablation refuses lanes and texts that cannot be", async () => {
  await inFolder(async (folder) => {
    for (
      const [args, says] of [
        [["--mlen=0"], /^error: --mlen cannot be 0\nhelp: give at least 1\n$/],
        [["--sequence=500"], /^error: a text of 500 tokens, the model is made for 1 to 128\n/],
        [["--tokens-file=none"], /^error: no such file at none\nhelp: give a file of token /],
      ] as const
    ) {
      const { code, stderr } = await runTaskIn(folder, "model:ablation", [...TINY, ...args]);
      assertEquals(code, 2);
      assertMatch(stderr, says);
    }
  });
});
