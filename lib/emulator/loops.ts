import { FaultSignal } from "./fault.ts";
import type { Registers } from "./registers.ts";

/** One open hardware loop. */
interface OpenLoop {
  readonly startPc: number;
  readonly register: number;
  /** The guard's count when the current iteration began. */
  since: number;
}

/**
 * The stack of hardware loops and the guard against endless ones (emulator specification, section
 * 4.8). The specification counts in every open loop at every instruction; here one count runs and
 * each loop remembers where its iteration began, so that an instruction costs one comparison.
 */
export class LoopStack {
  readonly #registers: Registers;
  readonly #limit: number;
  readonly #open: OpenLoop[] = [];
  /** Instructions that the guard has seen. */
  count = 0;
  /** The count that the guard allows; beyond it one of the loops has run too long. */
  allowed = Infinity;

  /** An empty stack. */
  constructor(registers: Registers, limit: number) {
    this.#registers = registers;
    this.#limit = limit;
  }

  /** Open loops, outermost first. */
  get open(): readonly { readonly startPc: number; readonly register: number }[] {
    return this.#open;
  }

  /** C_LOOP_START. */
  start(pc: number, register: number, iterations: number): void {
    if (iterations === 0) {
      throw new FaultSignal("loop-count", "Iteration count must be greater than 0");
    }
    this.#registers.gp[register] = iterations;
    this.#open.push({ startPc: pc, register, since: this.count });
    this.#updateAllowed();
  }

  /** C_LOOP_END: where to go on. */
  end(pc: number, register: number): number {
    const open = this.#open;
    let at = open.length - 1;
    while (at >= 0 && open[at]!.register !== register) at--;
    if (at < 0) {
      throw new FaultSignal(
        "loop-nesting",
        `C_LOOP_END: No matching C_LOOP_START found for register ${register}`,
      );
    }
    const loop = open[at]!;
    const gp = this.#registers.gp;
    let next = pc + 1;
    if (gp[register]! > 1) {
      gp[register]!--;
      loop.since = this.count;
      next = loop.startPc + 1;
    } else {
      gp[register] = 0;
      open.splice(at, 1);
    }
    this.#updateAllowed();
    return next;
  }

  /** C_BREAK: closes the innermost loop and returns its register. */
  break(): number {
    const loop = this.#open.pop();
    if (loop === undefined) {
      throw new FaultSignal("loop-nesting", "C_BREAK: No active loop to break out of");
    }
    this.#registers.gp[loop.register] = 0;
    this.#updateAllowed();
    return loop.register;
  }

  /** The fault of the loop whose guard has run out. */
  exceeded(): FaultSignal {
    const loop = this.#open.find((entry) => this.count - entry.since > this.#limit)!;
    return new FaultSignal(
      "loop-limit",
      `Loop at PC ${loop.startPc} exceeded max instructions limit (${this.#limit}). Current iteration: ${
        this.#registers.gp[loop.register]
      }, Instructions in this iteration: ${this.count - loop.since}`,
    );
  }

  #updateAllowed(): void {
    let allowed = Infinity;
    for (let i = 0; i < this.#open.length; i++) {
      const until = this.#open[i]!.since + this.#limit;
      if (until < allowed) allowed = until;
    }
    this.allowed = allowed;
  }
}
