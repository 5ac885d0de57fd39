import { assert, assertEquals, assertThrows } from "@std/assert";
import { assemble } from "./assemble.ts";
import { AssemblyErrors } from "./assembly_error.ts";
import { decode } from "./decode.ts";
import { disassemble, hexWord } from "./disassemble.ts";
import { formatMem, parseMem } from "./mem_text.ts";

/** Recorded runs of the public assembler and emulator, beside the checkout; not part of it. */
const GOLDENS = new URL("../../../shared/goldens/", import.meta.url);

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}

const ignore = !exists(GOLDENS);
if (ignore) {
  // deno-lint-ignore no-console
  console.warn(`isa: recorded runs are skipped, ${GOLDENS.pathname} is absent`);
}

interface Case {
  readonly asm: string;
  readonly words?: readonly string[];
  readonly error?: string;
}

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, GOLDENS));
}

/** Checks recorded lines: the same words, or an error. Returns how many gave words. */
function check(cases: readonly Case[]): number {
  let taken = 0;
  for (const { asm, words, error } of cases) {
    const representable = words?.every((word) => !word.startsWith("-"));
    if (words !== undefined && representable) {
      const got = [...assemble(asm, { encoding: "compat" })].map(hexWord);
      assertEquals(got, [...words], asm);
      taken++;
    } else {
      // A negative word is recorded as such; no machine reads it, so here it is an error.
      assert(error !== undefined || representable === false, asm);
      assertThrows(() => assemble(asm, { encoding: "compat" }), AssemblyErrors, undefined, asm);
    }
  }
  return taken;
}

Deno.test({ name: "assemble() in compat agrees with every recorded line", ignore }, () => {
  const { canonical, variants, whole_files } = JSON.parse(read("asm_lines/cases.json"));
  assertEquals([canonical.length, check(canonical)], [283, 283]);
  assertEquals([variants.length, check(variants)], [1158, 501]);
  assertEquals([whole_files.length, check(whole_files)], [11, 6]);
});

Deno.test({ name: "assemble() in both encodings gives the recorded machine code", ignore }, () => {
  let programs = 0;
  for (const { name } of Deno.readDirSync(GOLDENS)) {
    if (!exists(new URL(`${name}/program.asm`, GOLDENS))) continue;
    const note = JSON.parse(read(`${name}/case.json`)).machine_code_note;
    if (note !== undefined && note !== null) continue;
    const expected = parseMem(read(`${name}/machine_code.mem`));
    const asm = read(`${name}/program.asm`);
    assertEquals(assemble(asm, { encoding: "compat" }), expected, name);
    programs++;
    if (name === "u52_mv") continue; // its M_MV_WO immediate is where the machine does not read it
    assertEquals(assemble(asm, { file: name }), expected, name);
  }
  assert(programs > 80, `${programs} programs`);
});

Deno.test({ name: "disassemble() round trips all recorded machine code", ignore }, () => {
  let total = 0;
  for (const { name } of Deno.readDirSync(GOLDENS)) {
    if (!exists(new URL(`${name}/machine_code.mem`, GOLDENS))) continue;
    const mem = read(`${name}/machine_code.mem`);
    const words = parseMem(mem);
    total += words.length;
    assertEquals(assemble(disassemble(words)), words, name);
    assertEquals(parseMem(formatMem(words)), words, name);
    const known = words.filter((word) => decode(word).opcode <= 0x37);
    const text = disassemble(known, { encoding: "compat" });
    assertEquals(assemble(text, { encoding: "compat" }), known, name);
  }
  assert(total > 60_000, `${total} words`);
});
