import { assertEquals } from "@std/assert";
import { assemble } from "./assemble.ts";
import { assembleCompatLine } from "./compat_line.ts";
import { disassemble } from "./disassemble.ts";
import { programBuilder } from "./program_builder.ts";
import { assembleStrictLine } from "./strict_line.ts";

// 100,000 lines in the mix of a compiled decoder: addresses, matrix products, vectors, comments.
const program = programBuilder();
for (let row = 0; program.pc < 97_000; row++) {
  program.loadConstant(1, row * 37 % 200_000, `projection block [${row % 9}][${row % 7}]`);
  program.loadConstant(4, row * 4096 % 900_000);
  program.loop(16, 6, (body) => {
    body.M_MM({ rs1: 4, rs2: 1 }).S_ADDI_INT({ rd: 1, rs1: 1, imm18: 4096 });
    body.S_ADDI_INT({ rd: 4, rs1: 4, imm18: 64 }).M_MM({ rs1: 4, rs2: 1 });
    body.M_MM_WO({ rd: 8, rs1: 0, imm18: 0 }).S_ADDI_INT({ rd: 8, rs1: 8, imm18: 4 });
    body.V_MUL_VF({ rd: 9, rs1: 8, rs2: 2, rs3: 0 }).S_ADD_FP({ rd: 2, rs1: 3, rs2: 1 });
    body.S_ST_FP({ rd: 1, rs1: 0, imm18: 10 + row % 600 });
    body.H_PREFETCH_M({ rd: 4, rs1: 5, rs2: 1, rs3: 1, funct1: 0 });
  });
}
const text = program.text();
const words = program.words();
const lines = text.split("\n");
const group = `assemble ${lines.length - 1} lines, ${text.length} characters`;

function byLines(assembleLine: (line: string) => unknown): Uint32Array {
  const found = new Uint32Array(words.length);
  let count = 0;
  for (const line of lines) {
    const word = assembleLine(line);
    if (typeof word === "number") found[count++] = word;
  }
  return found;
}

assertEquals(assemble(text), words);
assertEquals(byLines(assembleStrictLine), words);
assertEquals(byLines(assembleCompatLine), words);

Deno.bench("line by line", { group, baseline: true }, () => void byLines(assembleStrictLine));
Deno.bench("in one scan", { group }, () => void assemble(text));
Deno.bench("in one scan, compat", { group }, () => void assemble(text, { encoding: "compat" }));
Deno.bench("disassemble", { group: "back" }, () => void disassemble(words));
