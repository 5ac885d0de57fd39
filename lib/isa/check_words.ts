import { FIELDS } from "./fields.ts";
import type { Findings } from "./finding.ts";
import { BY_OPCODE, INSTRUCTIONS, type NamedInstruction } from "./instructions.ts";
import { OPERAND_MAXIMUM } from "./operand.ts";
import { expectation } from "./syntax.ts";
import type { Machine, MachineDimensions } from "./machine_dimensions.ts";

/** Checks each word for itself: what needs no run to see. */
export function checkWords(
  words: Uint32Array,
  dimensions: MachineDimensions,
  machine: Machine,
  findings: Findings,
): void {
  for (let pc = 0; pc < words.length; pc++) {
    const word = words[pc]!;
    const row = BY_OPCODE[word & 0x3f];
    if (row === undefined) {
      const help = "the opcodes of the machine are 0x01 to 0x37";
      findings.add(pc, "error", "opcode", `opcode ${word & 0x3f} is no instruction`, help);
      continue;
    }
    if (!row.implemented) {
      const what = `the machine does not have ${row.mnemonic}`;
      findings.add(pc, "error", "opcode", what, "use other instructions");
    } else if (row.mnemonic === "M_BMV" && machine === "plena") {
      const what = "M_BMV always faults on the public machine";
      findings.add(pc, "error", "opcode", what, "use M_BTMV, or the extended machine");
    }
    checkOperands(pc, word, row, findings);
    checkMeaning(pc, word, row, findings);
    checkDimensions(pc, row, dimensions, findings);
  }
}

function checkOperands(pc: number, word: number, row: NamedInstruction, findings: Findings): void {
  let rest = word - row.opcode;
  for (const operand of row.operands) {
    const { kind, field } = operand;
    const { lsb, width } = FIELDS[field];
    const value = (word >>> lsb) % 2 ** width;
    rest -= value * 2 ** lsb;
    if (value <= OPERAND_MAXIMUM[kind]) continue;
    const refused = kind === "f" || kind === "policy" || /^M_BT?MM$/.test(row.mnemonic);
    const what = `${row.mnemonic} has ${value} in place of ${expectation(operand)}`;
    const help = kind === "stride-flag"
      ? "any value but 1 means dense rows: write 0 or 1"
      : `use ${expectation(operand)}`;
    findings.add(pc, refused ? "error" : "warning", "operand-range", what, help);
  }
  if (rest !== 0) {
    const bits = `0x${rest.toString(16).toUpperCase()}`;
    const what = `${row.mnemonic} does not read the bits ${bits} that are set`;
    const help = "clear them, or assemble with the fixed encoding";
    findings.add(pc, "warning", "unused-bits", what, help);
  }
}

function checkMeaning(pc: number, word: number, row: NamedInstruction, findings: Findings): void {
  const imm22 = word >>> FIELDS.imm22.lsb;
  const mask = (word >>> FIELDS.rs3.lsb) & 0xf;
  switch (row.opcode) {
    case INSTRUCTIONS.C_LOOP_START.opcode:
      if (imm22 !== 0) return;
      return findings.add(pc, "error", "loop-count", "a loop has the count 0", "leave it out");
    case INSTRUCTIONS.S_LUI_INT.opcode: {
      if (imm22 < 2 ** 20) return;
      const what = `S_LUI_INT shifts ${imm22} beyond 32 bits`;
      return findings.add(pc, "warning", "operand-range", what, "use at most 1048575");
    }
    case INSTRUCTIONS.V_RED_SUM.opcode:
    case INSTRUCTIONS.V_RED_MAX.opcode: {
      if (mask === 0) return;
      const what = `a masked ${row.mnemonic} still reads the slots that are not selected`;
      const help = "write neutral values into the other slots and use mask 0";
      return findings.add(pc, "warning", "masked-reduction", what, help);
    }
  }
}

function checkDimensions(
  pc: number,
  row: NamedInstruction,
  { mlen, vlen, hlen, broadcastAmount }: MachineDimensions,
  findings: Findings,
): void {
  if (row.unit === "matrix" && mlen !== vlen) {
    const what = `${row.mnemonic} needs rows of MLEN elements, but MLEN is ${mlen}, VLEN ${vlen}`;
    findings.add(pc, "error", "dimensions", what, "set VLEN to MLEN");
  }
  if (/^M_BT?M[MV]$/.test(row.mnemonic) && broadcastAmount * hlen !== mlen) {
    const what = `${row.mnemonic} needs BROADCAST_AMOUNT * HLEN = MLEN, ` +
      `but ${broadcastAmount} * ${hlen} is not ${mlen}`;
    findings.add(pc, "error", "dimensions", what, "change the settings or use M_TMM per head");
  }
}
