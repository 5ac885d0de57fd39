import { type ProgramBuilder, programBuilder } from "../isa/mod.ts";

/** Tells which general register holds a constant at this point of the program. */
export type ConstantRegisters = (value: number) => number;

/**
 * Emits a loop whose body uses address constants. Those used most often are loaded once before the
 * loop, as many as there are registers to pin; the others are loaded where they are used. Zero is
 * gp0.
 *
 * @param loop Number of iterations, and the register that counts them.
 * @param registers `pinnable` hold a constant during the whole loop; `temporaries` take turns, so
 * one instruction can use as many unpinned constants as there are temporaries.
 * @param body Emits the body; called more than once, it must emit the same every time.
 */
export function loopWithConstants(
  program: ProgramBuilder,
  loop: { readonly count: number; readonly counter: number },
  registers: { readonly pinnable: readonly number[]; readonly temporaries: readonly number[] },
  body: (program: ProgramBuilder, constants: ConstantRegisters) => void,
): void {
  const uses = new Map<number, number>();
  body(programBuilder(), (value) => {
    if (value !== 0) uses.set(value, (uses.get(value) ?? 0) + 1);
    return 0;
  });
  const byUse = [...uses].sort(([a, usesA], [b, usesB]) => usesB - usesA || a - b);
  const pinned = new Map([[0, 0]]);
  byUse.slice(0, registers.pinnable.length).forEach(([value], i) => {
    pinned.set(value, registers.pinnable[i]!);
    program.loadConstant(registers.pinnable[i]!, value);
  });
  let turn = 0;
  program.loop(loop.count, loop.counter, () => {
    body(program, (value) => {
      const register = pinned.get(value);
      if (register !== undefined) return register;
      const temporary = registers.temporaries[turn++ % registers.temporaries.length]!;
      program.loadConstant(temporary, value);
      return temporary;
    });
  });
}
