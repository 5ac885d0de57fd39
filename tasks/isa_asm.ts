/**
 * `deno task isa:asm`: assembles a program and, with settings, validates it.
 *
 * @module
 */
import { atomicWrite, readFile } from "../lib/artifacts/mod.ts";
import { EXIT, InputError, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import { assemble, formatMem, validate } from "../lib/isa/mod.ts";
import { loadSettings } from "./_inputs.ts";
import { decodeText } from "./_program.ts";

/** What the task takes. */
export const USAGE = {
  name: "isa:asm",
  summary: "Assemble a program: one hexadecimal word per instruction.",
  arguments: { program: { required: true, help: "assembly text" } },
  options: {
    encoding: {
      choices: ["fixed", "compat"],
      default: "fixed",
      help: "Every field where the machine reads it, or where the public assembler puts it.",
    },
    settings: {
      type: "file",
      help: "Validate the program for these settings, artifact or PLENA TOML.",
    },
    out: { type: "file", default: "out/program.mem", help: "Where the words go." },
  },
  examples: [
    "deno task isa:asm out/build/program.asm --out out/again.mem",
    "deno task isa:asm out/build/program.asm --settings out/v80/settings.json --out out/again.mem",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const bytes = await readFile(options.program, "give assembly text");
  const text = decodeText(bytes, options.program);
  if (/^\s*0x[\da-f]{8}\s*(\n|$)/i.test(text)) {
    throw new InputError(
      "these are the words of a program, not its text",
      `disassemble them: deno task isa:disasm ${options.program}`,
      { file: options.program },
    );
  }
  const words = assemble(text, {
    encoding: options.encoding,
    file: options.program,
  });
  const findings = options.settings === undefined
    ? []
    : validate(words, (await loadSettings(options.settings)).machine.config);

  const mem = formatMem(words);
  await atomicWrite(options.out, mem);
  terminal.artifact(JSON.stringify({ words: [...words], findings }));
  if (findings.length > 0) {
    terminal.table(
      ["pc", "severity", "rule", "what", "help"],
      findings.map(({ pc, severity, rule, what, help }) => [pc, severity, rule, what, help]),
    );
  }
  terminal.line(`wrote ${options.out}: ${words.length} words`);
  const errors = findings.filter(({ severity }) => severity === "error");
  for (const { pc, what } of errors) terminal.failure(`instruction ${pc}: ${what}`);
  return errors.length === 0 ? EXIT.ok : EXIT.checkFailed;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
