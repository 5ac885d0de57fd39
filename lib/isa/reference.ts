import { FIELDS } from "./fields.ts";
import {
  type Instruction,
  INSTRUCTIONS,
  type Mnemonic,
  MNEMONICS,
  type Unit,
} from "./instructions.ts";
import { expectation, syntax } from "./syntax.ts";

/** The chapters of the manual, in order. */
const UNITS: Readonly<Record<Unit, string>> = {
  matrix: "Matrix unit",
  vector: "Vector unit",
  "scalar-fp": "Scalar floating point",
  "scalar-int": "Scalar integer",
  memory: "Memory",
  control: "Control",
};

/**
 * What there is to know about an instruction, as lines of text: its form, what it does, where its
 * operands lie, what it costs, and how the public assembler differs.
 */
export function describe(mnemonic: Mnemonic): string {
  const row: Instruction = INSTRUCTIONS[mnemonic];
  const lines = [syntax(mnemonic), `  ${row.semantics}`, `  opcode 0x${hex(row.opcode)}`];
  for (const operand of row.operands) {
    const left = operand.optional ? ", may be left out" : "";
    const place = `bits ${bitsOf(operand.field)} (${operand.field})`;
    lines.push(`  ${place}: ${expectation(operand)}${left}${compatNote(operand)}`);
  }
  lines.push(`  cost: ${costText(row)}`);
  return lines.join("\n") + "\n";
}

/** The manual of the instruction set in Markdown, generated from the table. */
export function isaReference(): string {
  const lines = [
    "# PLENA instruction set",
    "",
    "Generated from the instruction table of `lib/isa`.",
    "",
    "## Instruction word",
    "",
    "Words have 32 bits. Bits 0 to 5 are the opcode; opcodes 0x00 and 0x38 to 0x3F are invalid.",
    "",
    "| field | bits | values |",
    "|---|---|---|",
    ...Object.entries(FIELDS).map(([name, { width }]) =>
      `| ${name} | ${bitsOf(name as keyof typeof FIELDS)} | 0 to ${2 ** width - 1} |`
    ),
    "",
    "`gpX`, `fX` and `aX` are registers gp0 to gp15, f0 to f7 and a0 to a15; operands in brackets may",
    "be left out and are 0 then. Cost is in cycles, one of which is a nanosecond; names in capitals",
    "are latency entries or dimensions of the settings. Encoder is the group of the public assembler;",
    "with `compat`, that encoding is used bit for bit, with `fixed` every field is where the machine",
    "reads it. `V[x]`, `M[x]`, `FP[x]`, `INT[x]` and `HBM[x]` are the memories.",
    "",
  ];
  for (const [unit, title] of Object.entries(UNITS)) {
    lines.push(`## ${title}`, "");
    lines.push("| opcode | text | what it does | fields | cost | encoder |");
    lines.push("|---|---|---|---|---|---|");
    for (const mnemonic of MNEMONICS) {
      const row: Instruction = INSTRUCTIONS[mnemonic];
      if (row.unit !== unit) continue;
      const fields = row.operands.map(({ name, field }) => name === "0" ? `0 ${field}` : field);
      const cells = [
        `0x${hex(row.opcode)}`,
        `\`${syntax(mnemonic)}\``,
        row.semantics,
        fields.join(", "),
        costText(row),
        row.group,
      ];
      lines.push(`| ${cells.join(" | ")} |`);
    }
    lines.push("");
  }
  lines.push("## Where the public assembler differs", "");
  lines.push("| instruction | operand | the machine reads | the public assembler writes |");
  lines.push("|---|---|---|---|");
  for (const mnemonic of MNEMONICS) {
    const { operands }: Instruction = INSTRUCTIONS[mnemonic];
    for (const { name, field, compatField } of operands) {
      if (compatField === undefined) continue;
      const there = compatField === null ? "nothing" : `bits ${bitsOf(compatField)}`;
      lines.push(`| ${mnemonic} | ${name} | bits ${bitsOf(field)} | ${there} |`);
    }
  }
  return lines.join("\n") + "\n";
}

function hex(opcode: number): string {
  return opcode.toString(16).toUpperCase().padStart(2, "0");
}

function bitsOf(field: keyof typeof FIELDS): string {
  const { lsb, width } = FIELDS[field];
  return `${lsb}-${lsb + width - 1}`;
}

function compatNote({ compatField }: Instruction["operands"][number]): string {
  if (compatField === undefined) return "";
  if (compatField === null) return "; the public assembler drops it";
  return `; the public assembler writes it to bits ${bitsOf(compatField)}`;
}

function costText({ cost, freeWhenRdIsF0, unit, implemented }: Instruction): string {
  if (!implemented) return "faults";
  if (unit === "memory") return "the memory's time";
  const sum = cost.map((term) => term === "ONE" ? "1" : term.replace("*", " * ")).join(" + ");
  return freeWhenRdIsF0 ? `${sum}; 0 when rd is f0` : sum;
}
