import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";

const ROOT = fromFileUrl(new URL("..", import.meta.url));

/** Which rooms a room may use, beside the packages: the arrows all point one way. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  text: [],
  numerics: [],
  isa: ["numerics", "text"],
  memory: ["numerics", "isa"],
  boards: ["numerics", "isa", "text"],
  emulator: ["numerics", "isa", "memory", "boards"],
  atoms: ["numerics", "text"],
  circuits: ["numerics", "atoms", "text"],
  models: ["numerics", "text"],
  compiler: ["numerics", "isa", "memory", "boards", "atoms", "circuits", "models"],
  analysis: ["numerics", "isa", "memory", "boards"],
  artifacts: [],
  cli: ["text"],
};

/** Packages that one room alone may use. */
const RESERVED: Readonly<Record<string, string>> = {
  "@cliffy/command": "cli",
  "@cliffy/table": "cli",
};

interface Import {
  /** Importing file, relative to the checkout. */
  readonly file: string;
  /** Imported file, relative to the checkout, or a package. */
  readonly target: string;
}

function sourceFiles(folder: string): string[] {
  return [...Deno.readDirSync(join(ROOT, folder))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return sourceFiles(path);
    return name.endsWith(".ts") && !/_(test|bench|slow)\.ts$/.test(name) ? [path] : [];
  }).sort();
}

function importsOf(file: string): Import[] {
  const text = Deno.readTextFileSync(join(ROOT, file)).replace(/\/\*[^]*?\*\//g, "");
  const statements = text.matchAll(
    /(?:^|\n)(?:import|export)\b[^;]*?from "([^"]+)"|import\("([^"]+)"\)/g,
  );
  return [...statements].map(([, fixed, dynamic]) => {
    const specifier = (fixed ?? dynamic)!;
    const target = specifier.startsWith(".")
      ? relative(ROOT, join(ROOT, file, "..", specifier)).replaceAll("\\", "/")
      : specifier;
    return { file, target };
  });
}

const LIB = sourceFiles("lib").flatMap(importsOf);
const TASKS = sourceFiles("tasks").flatMap(importsOf);
/** Files that only tests use begin with an underscore. */
const isTestHelper = (path: string): boolean => /\/_[^/]+$/.test(path);
const roomOf = (path: string): string | undefined => /^lib\/([^/]+)\//.exec(path)?.[1];

Deno.test("the import graph has been read", () => {
  assert(LIB.length > 100, `only ${LIB.length} imports found`);
  assert(
    LIB.some(({ file, target }) =>
      file === "lib/circuits/gates.ts" && target === "lib/atoms/mod.ts"
    ),
  );
});

Deno.test("every room is in the table of rooms", () => {
  const rooms = [...Deno.readDirSync(join(ROOT, "lib"))].flatMap(({ name, isDirectory }) =>
    isDirectory ? [name] : []
  );
  for (const room of rooms) assert(room in MAY_USE, `lib/${room} has no row`);
});

Deno.test("rooms use only the rooms that they may use, and only their mod.ts", () => {
  const wrong = LIB.flatMap(({ file, target }) => {
    const [from, to] = [roomOf(file)!, roomOf(target)];
    if (to === undefined || from === to) return [];
    const isAllowed = MAY_USE[from]!.includes(to) && target === `lib/${to}/mod.ts`;
    // A test helper may go anywhere, as tests do.
    return isAllowed || isTestHelper(file) ? [] : [`${file} imports ${target}`];
  });
  assertEquals(wrong, []);
});

Deno.test("lib does not import tasks, and tasks import only the mod.ts of rooms", () => {
  assertEquals(LIB.filter(({ target }) => target.startsWith("tasks/")), []);
  const wrong = TASKS.filter(({ target }) =>
    target.startsWith("lib/") && !/^lib\/[^/]+\/mod\.ts$/.test(target)
  );
  assertEquals(wrong, []);
});

Deno.test("reserved packages stay in their room", () => {
  const wrong = [...LIB, ...TASKS].filter(({ file, target }) =>
    target in RESERVED && roomOf(file) !== RESERVED[target]
  );
  assertEquals(wrong, []);
});

Deno.test("test helpers are used by tests and by each other only", () => {
  const wrong = LIB.filter(({ file, target }) => isTestHelper(target) && !isTestHelper(file));
  assertEquals(wrong, []);
});

Deno.test("no file imports itself over a ring of imports", () => {
  const next = new Map<string, string[]>();
  for (const { file, target } of [...LIB, ...TASKS]) {
    next.set(file, [...(next.get(file) ?? []), target]);
  }
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    assert(!path.includes(file), `ring: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
    if (done.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
});

Deno.test("only artifacts and cli touch files, arguments, terminal, clock or chance", () => {
  const forbidden =
    /\bDeno\.|\bconsole\.|\bperformance\.|Date\.now|new Date\(\)|Math\.random|crypto\.random/;
  const wrong = sourceFiles("lib").flatMap((file) => {
    const room = roomOf(file)!;
    if (room === "artifacts" || room === "cli" || isTestHelper(file)) return [];
    const text = Deno.readTextFileSync(join(ROOT, file))
      .replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
    return forbidden.test(text) ? [`${file}: ${forbidden.exec(text)![0]}`] : [];
  });
  assertEquals(wrong, []);
});

Deno.test("every room's mod.ts is an export of the package, and one of mod.ts", () => {
  const { exports } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  const face = Deno.readTextFileSync(join(ROOT, "mod.ts"));
  for (const { name, isDirectory } of Deno.readDirSync(join(ROOT, "lib"))) {
    if (!isDirectory || !sourceFiles(`lib/${name}`).includes(`lib/${name}/mod.ts`)) continue;
    assertEquals(exports[`./${name}`], `./lib/${name}/mod.ts`);
    assert(face.includes(`export * as ${name} from "./lib/${name}/mod.ts";`), name);
  }
});
