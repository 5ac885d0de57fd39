import { assert, assertEquals, assertThrows } from "@std/assert";
import { SHIPPED_SETTINGS } from "../../boards/mod.ts";
import { type Machine, run } from "../../emulator/mod.ts";
import { idealMemory } from "../../memory/mod.ts";
import { CompileError } from "../compile_error.ts";
import { CodeBuilder } from "./code_builder.ts";
import { finishCode } from "./finish_code.ts";
import { ZERO } from "./register.ts";

/** Runs what `write` writes, and gives the machine. */
function executed(write: (code: CodeBuilder) => void, limit = 100_000): Machine {
  const code = new CodeBuilder();
  write(code);
  const words = finishCode(code.nodes, limit).program.words();
  const { machine, fault } = run({
    program: words,
    settings: SHIPPED_SETTINGS,
    memory: idealMemory(),
  });
  assertEquals(fault, undefined);
  return machine;
}

/** Stores a register in an INT SRAM entry. */
function store(code: CodeBuilder, register: ReturnType<CodeBuilder["gp"]>, slot: number): void {
  code.emit("S_ST_INT", { rd: register, rs1: ZERO, imm18: slot });
}

Deno.test("CodeBuilder.add() adds constants of any size and either sign", () => {
  for (const delta of [0, 1, 262143, 262144, 1_000_000, -1, -262143, -999_999]) {
    const machine = executed((code) => {
      const [a, b] = [code.gp("a"), code.gp("b")];
      code.set(a, 3_000_000);
      code.add(b, a, delta);
      store(code, b, 0);
    });
    assertEquals(machine.registers.intSram[0], 3_000_000 + delta);
  }
});

Deno.test("allocateRegisters() keeps what a loop needs again in its next iteration", () => {
  const machine = executed((code) => {
    const sum = code.gp("sum");
    const step = code.gp("step");
    code.set(sum, 0);
    code.set(step, 5);
    code.loop(3, () => {
      code.loop(4, () => {
        const twice = code.gp("twice");
        code.emit("S_ADD_INT", { rd: twice, rs1: step, rs2: step });
        code.emit("S_ADD_INT", { rd: sum, rs1: sum, rs2: twice });
      });
      // Registers that are new here must not take the place of `step`.
      const others = Array.from({ length: 9 }, (_, i) => code.gp(`other ${i}`));
      others.forEach((other, i) => code.set(other, i));
    });
    store(code, sum, 0);
  });
  assertEquals(machine.registers.intSram[0], 3 * 4 * 10);
});

Deno.test("allocateRegisters() refuses sixteen values at once, and names the stage", () => {
  const code = new CodeBuilder();
  code.stage("crowd", () => {
    const all = Array.from({ length: 16 }, (_, i) => code.gp(`value ${i}`));
    for (const register of all) code.set(register, 1);
    for (const register of all) store(code, register, 0);
  });
  const error = assertThrows(() => finishCode(code.nodes, 100), CompileError, "stage crowd");
  assert(error.message.includes("value 15"));
});

Deno.test("unrollLongLoops() writes out a loop that is too long, with the same result", () => {
  const write = (code: CodeBuilder): void => {
    const sum = code.gp("sum");
    code.set(sum, 1);
    code.loop(5, () => {
      code.loop(3, () => {
        const copy = code.gp("copy");
        code.add(copy, sum, 0);
        code.emit("S_ADD_INT", { rd: sum, rs1: sum, rs2: copy });
      });
    });
    store(code, sum, 0);
  };
  for (const limit of [100, 10, 2]) {
    assertEquals(executed(write, limit).registers.intSram[0], 2 ** 15, `limit ${limit}`);
  }
});
