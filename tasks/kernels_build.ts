/**
 * `deno task kernels:build`: compiles the WebAssembly kernels from their AssemblyScript, for the one
 * who changes them. The compiler is fetched for this task alone.
 *
 * @module
 */
import { atomicWrite, readFile, sha256 } from "../lib/artifacts/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";

/** What the task takes. */
export const USAGE = {
  name: "kernels:build",
  summary: "Compile the WebAssembly kernels from their AssemblyScript.",
  options: {
    check: {
      type: "flag",
      help: "Write nothing; exit with 1 if a kernel is not that of its source.",
    },
  },
  examples: ["deno task kernels:build --check"],
} as const satisfies Usage;

/** The kernels: source and module lie side by side. */
const KERNELS = ["emulator/core_kernel", "memory/dram_kernel"];

/** Not a literal, so that nothing else of the project depends on it. */
const COMPILER: string = "npm:assemblyscript@0.28.0/asc";
const ARGUMENTS = "kernel.ts -o kernel.wasm -O3 --runtime stub --noAssert --enable simd " +
  "--importMemory --noExportMemory";

/** The part of AssemblyScript's interface that is needed. */
interface Compiler {
  main(args: readonly string[], files: {
    readFile(name: string): string | null;
    writeFile(name: string, contents: Uint8Array): void;
    listFiles(): string[];
  }): Promise<{ error: Error | null }>;
}

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const compiler: Compiler = (await import(COMPILER)).default;
  const rows: { kernel: string; bytes: number; isSame: boolean }[] = [];
  for (const kernel of KERNELS) {
    const source = await readFile(pathOf(`${kernel}.as`), "restore the source of the kernel");
    const target = pathOf(`${kernel}_wasm.ts`);
    const bytes = await compile(compiler, new TextDecoder().decode(source));
    const text = moduleText(kernel.replace(/^.*\//, ""), bytes, await sha256(source));
    const old = await Deno.readTextFile(target).catch(() => "");
    if (!options.check && old !== text) await atomicWrite(target, text);
    rows.push({ kernel, bytes: bytes.length, isSame: old === text });
  }
  terminal.table(
    ["kernel", "bytes", options.check ? "up to date" : "unchanged"],
    rows.map(({ kernel, bytes, isSame }) => [kernel, bytes, isSame]),
  );
  terminal.artifact(JSON.stringify(rows));
  if (!options.check || rows.every(({ isSame }) => isSame)) return EXIT.ok;
  terminal.failure("a kernel is not that of its source; build it: deno task kernels:build");
  return EXIT.checkFailed;
}

function pathOf(file: string): string {
  return new URL(`../lib/${file}`, import.meta.url).pathname;
}

async function compile(compiler: Compiler, source: string): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  const { error } = await compiler.main(ARGUMENTS.split(" "), {
    readFile: (name) => name === "kernel.ts" ? source : null,
    writeFile: (name, contents) => {
      if (name === "kernel.wasm") bytes = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || bytes === undefined) throw error ?? new Error("nothing was compiled");
  return bytes;
}

function moduleText(name: string, bytes: Uint8Array, sourceHash: string): string {
  const lines = bytes.toBase64().match(/.{1,92}/g)!.map((line) => `  "${line}"`).join(" +\n");
  return `/** The WebAssembly that AssemblyScript makes of ${name}.as. */
export const ${name.toUpperCase()}_BASE64: string =
${lines};

/** SHA-256 of the source. */
export const ${name.toUpperCase()}_SOURCE =
  "${sourceHash}";
`;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
