import type { Findings } from "./finding.ts";

interface OpenLoop {
  readonly startPc: number;
  readonly register: number;
  /** Number of the step before the iteration. */
  iterationStart: number;
}

/** The loops that are open at a moment of a run (emulator specification, section 4.8), and their checks. */
export class LoopStack {
  readonly #open: OpenLoop[] = [];

  /** No loop is open. */
  constructor(readonly maxLoopInstructions: number, readonly findings: Findings) {}

  /** C_LOOP_START at `pc`, executed as the `step`-th instruction. */
  start(pc: number, register: number, step: number): void {
    this.#open.push({ startPc: pc, register, iterationStart: step });
  }

  /**
   * C_LOOP_END at `pc` with the counter as it stands.
   *
   * @returns Where to go on if the body is to run again, else `undefined`.
   */
  end(pc: number, register: number, counter: number | undefined, step: number): number | undefined {
    let index = this.#open.length - 1;
    if (index >= 0 && this.#open[index]!.register !== register) {
      index = this.#open.findLastIndex((loop) => loop.register === register);
      if (index >= 0) {
        const what = `C_LOOP_END gp${register} ends a loop while loops inside it are open`;
        const help = "end loops in the reverse order of their starts";
        this.findings.add(pc, "warning", "loop-nesting", what, help);
      }
    }
    const loop = this.#open[index];
    if (loop === undefined) {
      const what = `C_LOOP_END gp${register} has no open C_LOOP_START gp${register}`;
      this.findings.add(pc, "error", "loop-nesting", what, "start a loop with that register first");
      return undefined;
    }
    this.#checkLimit(loop, step);
    if (counter !== undefined && counter > 1) {
      loop.iterationStart = step;
      return loop.startPc + 1;
    }
    this.#open.splice(index, 1);
    return undefined;
  }

  /** C_BREAK at `pc`; returns the register of the loop that it closes. */
  break(pc: number): number | undefined {
    const loop = this.#open.pop();
    if (loop !== undefined) return loop.register;
    const what = "C_BREAK has no loop to leave";
    this.findings.add(pc, "error", "loop-nesting", what, "remove it: a program ends by itself");
    return undefined;
  }

  /** A gp register is written at `pc`, by a loop's start or by any other instruction. */
  written(pc: number, register: number): void {
    for (const loop of this.#open) {
      if (loop.register !== register) continue;
      const what = `gp${register} is written while it counts the loop from pc ${loop.startPc}`;
      const help = "use another register: the loop will not run as often as it says";
      this.findings.add(pc, "warning", "loop-counter", what, help);
    }
  }

  /** The program is over after `steps` instructions. */
  finish(steps: number): void {
    for (const loop of this.#open) {
      this.#checkLimit(loop, steps - 1);
      const what = `the loop of gp${loop.register} is never ended`;
      const help = "add its C_LOOP_END";
      this.findings.add(loop.startPc, "warning", "loop-nesting", what, help);
    }
  }

  #checkLimit(loop: OpenLoop, step: number): void {
    const executed = step - loop.iterationStart;
    if (executed <= this.maxLoopInstructions) return;
    const what = `an iteration executes ${executed} instructions, ` +
      `the limit is ${this.maxLoopInstructions}`;
    const help = "split the loop, unroll it, or raise MAX_LOOP_INSTRUCTIONS";
    this.findings.add(loop.startPc, "error", "loop-limit", what, help);
  }
}
