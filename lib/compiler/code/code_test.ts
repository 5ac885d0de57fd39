import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SHIPPED_SETTINGS } from "../../boards/mod.ts";
import { createMachine, type Machine, run } from "../../emulator/mod.ts";
import { idealMemory } from "../../memory/mod.ts";
import { CompileError } from "../compile_error.ts";
import { CodeBuilder } from "./code_builder.ts";
import { finishCode } from "./finish_code.ts";
import { ZERO } from "./register.ts";

/** Runs what `write` writes, and gives the machine. */
function executed(write: (code: CodeBuilder) => void, { limit = 100_000 } = {}): Machine {
  const code = new CodeBuilder();
  write(code);
  const words = finishCode(code.nodes, { maxLoopInstructions: limit }).program.words();
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
  const error = assertThrows(
    () => finishCode(code.nodes, { maxLoopInstructions: 100 }),
    CompileError,
    "stage crowd",
  );
  assert(error.message.includes("value 15"));
});

/** Loops in loops whose registers go in and out of every level; leaves a sum that tells every mistake. */
function nested(code: CodeBuilder): void {
  const sum = code.gp("sum");
  code.set(sum, 1);
  code.loop(5, () => {
    const outer = code.gp("outer");
    code.add(outer, sum, 1);
    code.loop(3, () => {
      const step = code.gp("step");
      code.add(step, outer, 2);
      code.loop(4, () => {
        code.emit("S_ADD_INT", { rd: sum, rs1: sum, rs2: step });
        code.add(step, step, 5);
      });
      code.add(outer, outer, 7);
    });
    code.emit("S_ADD_INT", { rd: sum, rs1: sum, rs2: outer });
  });
  store(code, sum, 0);
}

/** The same in plain numbers. */
function nestedSum(): number {
  let sum = 1;
  for (let i = 0; i < 5; i++) {
    let outer = sum + 1;
    for (let j = 0; j < 3; j++) {
      for (let k = 0; k < 4; k++) sum += outer + 2 + 5 * k;
      outer += 7;
    }
    sum += outer;
  }
  return sum;
}

Deno.test("unrollLongLoops() writes out loops that are too long, with the same result", () => {
  for (const limit of [100, 50, 20, 5, 2]) {
    assertEquals(executed(nested, { limit }).registers.intSram[0], nestedSum(), `limit ${limit}`);
  }
});

/** A sum over loops of so many iterations each, outermost first; the innermost body counts them all. */
function counting(counts: readonly number[]): (code: CodeBuilder) => void {
  return (code) => {
    const sum = code.gp("sum");
    code.set(sum, 0);
    const level = ([count, ...inner]: readonly number[]): void => {
      if (count === undefined) return code.add(sum, sum, 1);
      code.loop(count, () => {
        level(inner);
        for (let i = 0; i < 10; i++) code.emit("S_ADD_INT", { rd: sum, rs1: sum, rs2: ZERO });
      });
    };
    code.stage("count", () => level(counts));
    store(code, sum, 0);
  };
}

Deno.test("renewLongLoops() keeps loops that are too long within the machine's limit", () => {
  const slots = [6, 7];
  for (
    const [counts, limit] of [
      [[3, 7], 100], // one loop of 84 + 11: within
      [[9, 20], 200], // 231 an iteration
      [[8, 50, 10], 1000], // 6,000 an iteration, in loops of 120
      [[4, 30, 40], 1000], // renewed in a loop of 450
      [[4, 30, 200], 1000], // two long loops, one in the other
      [[5, 40, 40, 3], 3000],
    ] as readonly (readonly [readonly number[], number])[]
  ) {
    const code = new CodeBuilder();
    counting(counts)(code);
    const { program, instructions, executions } = finishCode(code.nodes, {
      maxLoopInstructions: limit,
      longLoops: "renew",
      slots,
    });
    const what = `${counts} within ${limit}`;
    const settings = {
      ...SHIPPED_SETTINGS,
      config: { ...SHIPPED_SETTINGS.config, maxLoopInstructions: limit },
    };
    const machine = createMachine({ program: program.words(), settings, memory: idealMemory() });
    const seen = new Float64Array(executions.length);
    while (!machine.halted) {
      seen[machine.pc]!++;
      machine.step();
    }
    assertEquals(machine.fault, undefined, what);
    assertEquals(machine.registers.intSram[0], counts.reduce((a, b) => a * b), what);
    // What is told of a run is what happens, instruction by instruction.
    assertEquals(seen, executions, what);
    assertEquals(instructions.executed, machine.instructions, what);
    assert(executions.length < 100, `${what}: ${executions.length} instructions`);
  }
});

Deno.test("finishCode() writes loops out that are too long on more levels than it can renew", () => {
  const code = new CodeBuilder();
  counting([2, 3, 3, 3])(code);
  const limit = { maxLoopInstructions: 30, longLoops: "renew" } as const;
  const { log } = finishCode(code.nodes, { ...limit, slots: [6] });
  assertStringIncludes(log[0]!, "is written out");
});
