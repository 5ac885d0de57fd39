import { decode, INSTRUCTIONS, type Mnemonic, type Operand } from "../isa/mod.ts";
import type { EmulatorFault, FaultOperand, FaultSignal } from "./fault.ts";
import type { Registers } from "./registers.ts";

/** The fault of one instruction, with its operands as the program left them. */
export function faultAt(
  signal: FaultSignal,
  pc: number | null,
  word: number,
  registers: Registers,
): EmulatorFault {
  const decoded = decode(word);
  const mnemonic = decoded.mnemonic ?? null;
  const operands = mnemonic === null ? [] : operandsOf(mnemonic, decoded, registers);
  return { kind: signal.kind, pc, mnemonic, operands, reason: signal.message };
}

function operandsOf(
  mnemonic: Mnemonic,
  fields: ReturnType<typeof decode>,
  registers: Registers,
): FaultOperand[] {
  const operands: readonly Operand[] = INSTRUCTIONS[mnemonic].operands;
  return operands.filter((operand) => operand.kind !== "zero").map(({ kind, field, name }) => {
    const index = fields[field];
    switch (kind) {
      case "gp":
        return { name, text: `gp${index}`, value: registers.gp[index]! };
      case "f":
        return { name, text: `f${index}`, value: registers.fp[index] ?? NaN };
      case "a":
        return {
          name,
          text: `a${index}`,
          value: registers.addressHigh[index]! * 2 ** 32 + registers.addressLow[index]!,
        };
      default:
        return { name, text: `${index}`, value: index };
    }
  });
}

/** A fault in one line, such as `pc 12: M_MM gp1=64, gp2=0: matrix address 64 …`. */
export function formatFault(fault: EmulatorFault): string {
  const operands = fault.operands.map((operand) =>
    operand.text === `${operand.value}` ? operand.text : `${operand.text}=${operand.value}`
  );
  const instruction = [fault.mnemonic ?? "invalid instruction", operands.join(", ")].join(" ")
    .trim();
  return `${
    fault.pc === null ? "before start" : `pc ${fault.pc}`
  }: ${instruction}: ${fault.reason}`;
}
