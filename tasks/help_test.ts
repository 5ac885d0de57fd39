import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Usage } from "../lib/cli/mod.ts";
import { FILE_TASKS, FIXTURES, inFolder, runTaskIn, TASKS, wordsOf } from "./_process.ts";

async function usageOf(name: string): Promise<Usage> {
  const file = /tasks\/(\w+)\.ts/.exec(TASKS[name]!.command)![1]!;
  return (await import(`./${file}.ts`)).USAGE;
}

Deno.test("--help of every task lists its options and examples, and exits with 0", async () => {
  await inFolder(async (folder) => {
    for (const name of FILE_TASKS) {
      const usage = await usageOf(name);
      assertEquals(usage.name, name);
      const { code, stdout, stderr } = await runTaskIn(folder, name, ["--help"]);
      assertEquals([code, stderr], [0, ""], name);
      assertStringIncludes(stdout, usage.summary);
      for (const option of ["json", "quiet", ...Object.keys(usage.options)]) {
        const flag = `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
        assertStringIncludes(stdout, flag, name);
      }
      for (const example of usage.examples) assertStringIncludes(stdout, example, name);
    }
  });
});

Deno.test("the demo runs, and after it the examples of every task run as they stand", async () => {
  await inFolder(async (folder) => {
    await Deno.symlink(FIXTURES, `${folder}/fixtures`);
    const demo = await runTaskIn(folder, "demo", []);
    assertEquals([demo.code, demo.stderr], [0, ""]);
    const shown = [
      "10 of 10",
      "all 131,072 cases",
      "nexys_video  mxfp8 ",
      "v80          mxfp4 ",
    ];
    for (const text of shown) assertStringIncludes(demo.stdout, text);
    const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
    const summary = demo.stdout.slice(demo.stdout.indexOf("Summary of")).trim();
    assertStringIncludes(readme, summary, "the README shows another summary");
    for (const name of FILE_TASKS) {
      const { examples } = await usageOf(name);
      for (const example of examples) {
        const [deno, task, own, ...args] = wordsOf(example);
        assertEquals([deno, task, own], ["deno", "task", name]);
        if (name === "demo" && args.length === 0) continue;
        const { code, stderr } = await runTaskIn(folder, name, args);
        assertEquals([code, stderr], [0, ""], example);
      }
    }
    const files = [...Deno.readDirSync(`${folder}/out`)].map((entry) => entry.name);
    assert(!files.some((file) => file.endsWith(".tmp")), "a temporary file was left");
  });
});
