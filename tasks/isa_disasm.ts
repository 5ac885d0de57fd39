/**
 * `deno task isa:disasm`: writes the words of a program as assembly text.
 *
 * @module
 */
import { atomicWrite, readFile } from "../lib/artifacts/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import { disassemble, parseMem } from "../lib/isa/mod.ts";
import { decodeText } from "./_program.ts";

/** What the task takes. */
export const USAGE = {
  name: "isa:disasm",
  summary: "Disassemble a program to text that assembles to the same words.",
  arguments: { program: { required: true, help: "hexadecimal words" } },
  options: {
    encoding: {
      choices: ["fixed", "compat"],
      default: "fixed",
      help: "Which encoding of the assembler gives the same words again.",
    },
    out: { type: "file", default: "out/program.asm", help: "Where the text goes." },
  },
  examples: ["deno task isa:disasm out/build/program.mem --out out/again.asm"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const bytes = await readFile(options.program, "give hexadecimal words");
  const words = parseMem(decodeText(bytes, options.program), { file: options.program });
  const text = disassemble(words, { encoding: options.encoding });
  await atomicWrite(options.out, text);
  terminal.artifact(JSON.stringify({ lines: text.trimEnd().split("\n") }));
  terminal.line(`wrote ${options.out}: ${words.length} instructions`);
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
