import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { assemble } from "./assemble.ts";
import { decode } from "./decode.ts";
import { disassemble, DisassemblyError } from "./disassemble.ts";
import { FIELDS } from "./fields.ts";
import { BY_OPCODE } from "./instructions.ts";

/** `count` words that look random, the same in every run. */
function randomWords(count: number, seed: number): Uint32Array {
  const words = new Uint32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    words[i] = mixed ^ (mixed >>> 15);
  }
  return words;
}

/** Random words in which the bits that the instruction does not read are zero. */
function plausibleWords(count: number, seed: number): Uint32Array {
  return randomWords(count, seed).map((word) => {
    const row = BY_OPCODE[word & 0x3f];
    if (row === undefined) return word;
    let kept = 0x3f;
    for (const { field } of row.operands) {
      kept += (2 ** FIELDS[field].width - 1) * 2 ** FIELDS[field].lsb;
    }
    return word & kept;
  });
}

Deno.test("decode() splits a million random words", () => {
  for (const word of randomWords(1_000_000, 7)) {
    const { opcode, mnemonic, rd, rs1, rs2, rs3, funct1, imm18, imm22 } = decode(word);
    const low = opcode + rd * 64;
    const valid = low + imm22 * 1024 === word && rs1 + imm18 * 16 === imm22 &&
      rs2 + rs3 * 16 + funct1 * 256 === imm18 % 4096 &&
      (mnemonic === undefined) === (opcode === 0 || opcode > 0x37);
    if (!valid) throw new Error(`word ${word}`); // an assertion each would take seconds
  }
});

Deno.test("disassemble() in fixed gives text that assembles to the same words, whatever they are", () => {
  for (const words of [randomWords(200_000, 1), plausibleWords(200_000, 2)]) {
    assertEquals(assemble(disassemble(words)), words);
  }
});

Deno.test("disassemble() in compat gives such text but for C_BREAK with bits and high opcodes", () => {
  const words = randomWords(200_000, 3);
  const expressible = words.filter((word) => (word & 0x3f) <= 0x37 && (word & 0x3f) !== 0x34);
  assert(expressible.length > 100_000);
  const text = disassemble(expressible, { encoding: "compat" });
  assertEquals(assemble(text, { encoding: "compat" }), expressible);
  for (let opcode = 0x38; opcode < 0x40; opcode++) {
    assertThrows(
      () => disassemble(Uint32Array.of(opcode), { encoding: "compat" }),
      DisassemblyError,
    );
  }
  assertThrows(() => disassemble(Uint32Array.of(0x74), { encoding: "compat" }), DisassemblyError);
});

Deno.test("disassemble() writes an instruction for every word whose operands are in range", () => {
  for (const word of plausibleWords(50_000, 4)) {
    const line = disassemble(Uint32Array.of(word));
    const row = BY_OPCODE[word & 0x3f];
    const { rd, rs3, funct1, ...fields } = decode(word);
    const inRange = row !== undefined && row.operands.every(({ kind, field }) => {
      if (kind === "f") return (field === "rd" ? rd : fields[field as "rs1" | "rs2"]) < 8;
      if (kind === "zero") return rd === 0;
      if (kind === "stride-flag" || kind === "policy") return rs3 < 2;
      return kind !== "precision" && kind !== "order" || funct1 < 2;
    });
    assertMatch(line, inRange ? /^[A-Z]/ : /^\.word 0x[0-9A-F]{8} ; \S/);
  }
});

Deno.test("disassemble() says why a word has no text", () => {
  assertEquals(
    disassemble(Uint32Array.of(0, 0x84ca8, 0x401, 0x40, 0x18000217, 0x241)),
    [
      ".word 0x00000000 ; opcode 0 is no instruction",
      ".word 0x00084CA8 ; H_PREFETCH_M with 2 in place of stride (0 to 1)",
      "M_MM 0, gp1, gp0",
      ".word 0x00000040 ; opcode 0 is no instruction",
      ".word 0x18000217 ; S_ADD_FP with 8 in place of fD (f0 to f7)",
      ".word 0x00000241 ; M_MM with 9 in place of the literal 0",
      "",
    ].join("\n"),
  );
  assertEquals(
    disassemble(Uint32Array.of(0x00040034)),
    ".word 0x00040034 ; C_BREAK with bits set that it does not read\n",
  );
});

Deno.test("disassemble() uses the carries of the public assembler in compat", () => {
  // From the accepted-but-odd vectors: fields that overflow into their neighbour.
  assertEquals(
    disassemble(Uint32Array.of(0x0040c84d, 0x00040493), { encoding: "compat" }),
    "V_ADD_VV gp1, gp2, gp3, 16\nV_EXP_V gp2, gp1, 16\n",
  );
});

Deno.test("disassemble() writes comments before their instruction", () => {
  const comments = new Map([[0, ["first"]], [1, ["two\nlines", ""]], [2, ["end"]]]);
  assertEquals(
    disassemble(Uint32Array.of(0x34, 0x34), { comments }),
    "; first\nC_BREAK\n; two\n; lines\n;\nC_BREAK\n; end\n",
  );
});
