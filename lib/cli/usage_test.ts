import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { isGiven, parseOptions, recordedOptions, type Usage } from "./usage.ts";
import { InputError, UsageError } from "./errors.ts";
import { ValidationError } from "@cliffy/command";

const USAGE = {
  name: "bake",
  summary: "Bake a cake.",
  arguments: { cake: { required: true, help: "which cake" } },
  options: {
    layers: { type: "integer", default: 2, help: "How many layers." },
    sugar: { type: "number", help: "Kilograms." },
    oven: { choices: ["gas", "wood"], default: "gas", help: "Which oven." },
    flourBag: { type: "size", help: "Size of the bag." },
    birthday: { type: "flag", help: "With candles." },
    to: { type: "file", required: true, help: "Where it goes." },
  },
  examples: ["deno task bake plum --to here"],
} as const satisfies Usage;

async function messageOf(args: string[]): Promise<string> {
  const error = await assertRejects(() => parseOptions(args, USAGE), Error);
  return error instanceof UsageError ? `${error.message}\n${error.help}` : error.message;
}

Deno.test("parseOptions() gives defaults, types and absent values", async () => {
  assertEquals(await parseOptions(["plum", "--to", "x"], USAGE), {
    layers: 2,
    sugar: undefined,
    oven: "gas",
    flourBag: undefined,
    birthday: false,
    to: "x",
    json: false,
    quiet: false,
    debug: false,
    cake: "plum",
  });
});

Deno.test("parseOptions() reads every type of value", async () => {
  const options = await parseOptions(
    "plum --to x --layers 3 --sugar 0.5 --oven wood --flour-bag 2KiB --birthday --quiet".split(" "),
    USAGE,
  );
  assertEquals(
    [options.layers, options.sugar, options.oven, options.flourBag, options.birthday],
    [3, 0.5, "wood", 2048, true],
  );
  assertEquals(options.quiet, true);
});

Deno.test("parseOptions() takes --name=value and options before arguments", async () => {
  const { to, cake } = await parseOptions(["--to=x", "plum"], USAGE);
  assertEquals([to, cake], ["x", "plum"]);
});

Deno.test("parseOptions() refuses an unknown option and names the near one", async () => {
  const error = await assertRejects(
    () => parseOptions(["plum", "--to", "x", "--layer", "3"], USAGE),
    ValidationError,
  );
  assertEquals(error.message, 'Unknown option "--layer". Did you mean option "--layers"?');
});

Deno.test("parseOptions() refuses what is missing", async () => {
  assertEquals(
    await messageOf(["plum"]),
    "missing option --to\nsee: deno task bake --help",
  );
  assertEquals(
    await messageOf(["--to", "x"]),
    "missing argument <cake>: which cake\nsee: deno task bake --help",
  );
  assertEquals(await messageOf(["plum", "--to"]), 'Missing value for option "--to".');
});

Deno.test("parseOptions() refuses an option that is given twice", async () => {
  assertEquals(
    await messageOf(["plum", "--to", "x", "--to", "y"]),
    'Option "--to" can only occur once, but was found several times.',
  );
});

Deno.test("parseOptions() refuses too many arguments", async () => {
  assertEquals(await messageOf(["plum", "pear", "--to", "x"]), "Too many arguments: pear");
});

Deno.test("parseOptions() refuses values of the wrong type", async () => {
  const given = (...args: string[]): Promise<string> => messageOf(["plum", "--to", "x", ...args]);
  for (const value of ["three", "1.5", "-1", "1e99"]) {
    assertStringIncludes(
      await given("--layers", value),
      `--layers cannot be "${value}"\ngive a whole number`,
    );
  }
  assertStringIncludes(await given("--layers", ""), "an argument is empty");
  assertStringIncludes(await given("--sugar", "NaN"), "give a number");
  assertStringIncludes(await given("--flour-bag", "2 bags"), "give a size");
  assertEquals(
    await given("--oven", "wod"),
    '--oven cannot be "wod"\ndid you mean "wood"? choose one of gas, wood',
  );
});

Deno.test("isGiven() sees an option in both its forms, and no other that begins alike", () => {
  assertEquals(isGiven(["--total-layers", "3"], "totalLayers"), true);
  for (const args of [["--kv", "bf16"], ["a", "--kv=bf16"]]) {
    assertEquals(isGiven(args, "kv"), true);
  }
  for (const args of [[], ["kv"], ["--kvs", "1"], ["--no-kv=1"]]) {
    assertEquals(isGiven(args, "kv"), false);
  }
});

Deno.test("parseOptions() refuses an artifact of another name than .json, before any work", async () => {
  const options = { out: { type: "artifact", default: "a.json", help: "Where it goes." } } as const;
  const usage = { ...USAGE, options } as const;
  assertEquals((await parseOptions(["plum", "--out=b/c.json"], usage)).out, "b/c.json");
  for (const out of ["b/c", "c.toml", "out/"]) {
    const error = await assertRejects(
      () => parseOptions(["plum", "--out", out], usage),
      InputError,
    );
    assertEquals(
      [error.message, error.place?.file, error.help],
      ["the name of an artifact ends in .json", out, "choose such a name with --out"],
    );
  }
});

Deno.test("parseOptions() refuses places where nothing can be written, before any work", async () => {
  const options = {
    out: { type: "artifact", default: "a.json", help: "Where it goes." },
    build: { type: "folder", help: "Where the others go." },
  } as const;
  const usage = { ...USAGE, options } as const;
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/file`;
    await Deno.writeTextFile(file, "");
    await Deno.writeTextFile(`${folder}/old.json`, "");
    await Deno.mkdir(`${folder}/folder.json`);
    const refused: readonly (readonly [string, string, string])[] = [
      ["--out", `${file}/a.json`, `${file} is a file, not a folder`],
      ["--out", `${file}/b/c/a.json`, `${file} is a file, not a folder`],
      ["--out", `${folder}/folder.json`, "this is a folder, not a file"],
      ["--build", `${file}/b/c`, `${file} is a file, not a folder`],
      ["--build", file, "this is a file, not a folder"],
    ];
    for (const [flag, place, why] of refused) {
      const error = await assertRejects(
        () => parseOptions(["plum", flag, place], usage),
        InputError,
        `cannot write: ${why}`,
      );
      assertEquals(error.place, { file: place });
      assertStringIncludes(error.help, flag);
    }
    const places: readonly (readonly [string, string])[] = [
      ["out", `${folder}/a.json`],
      ["out", `${folder}/old.json`],
      ["out", `${folder}/new/er/a.json`],
      ["out", "no/such/folder/a.json"],
      ["build", folder],
      ["build", `${folder}/new/er`],
      ["build", "no/such/folder"],
      ["build", "/"],
    ];
    for (const [name, place] of places) {
      const values = await parseOptions(["plum", `--${name}=${place}`], usage);
      assertEquals(values[name as "out" | "build"], place);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("recordedOptions() has every option but those of places, and null for what is open", async () => {
  const values = await parseOptions(["plum", "--to=x", "--sugar=0.5", "--quiet"], USAGE);
  assertEquals(recordedOptions(USAGE.options, values), {
    layers: 2,
    sugar: 0.5,
    oven: "gas",
    flourBag: null,
    birthday: false,
  });
});
