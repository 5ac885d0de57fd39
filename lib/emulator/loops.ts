import { ARENA, ARENA_LOOPS } from "./core_kernel.ts";
import { FaultSignal } from "./fault.ts";
import type { Registers } from "./registers.ts";

// Places in the guard's numbers.
const COUNT = 0;
const ALLOWED = 1;
const LIMIT = 2;

/**
 * The stack of hardware loops and the guard against endless ones (emulator specification, section
 * 4.8). The specification counts in every open loop at every instruction; here one count runs and
 * each loop remembers where its iteration began, so that an instruction costs one comparison.
 *
 * A loop is its start and its register, as integers, and the count as a double; they lie where the
 * kernel finds them unless there are too many.
 */
export class LoopStack {
  readonly #registers: Registers;
  readonly #guard: Float64Array;
  readonly #depth: Int32Array;
  /** Start and register of a loop, of which each takes four integers. */
  #open: Int32Array;
  /** The guard's count when the current iteration began, in the same memory. */
  #since: Float64Array;

  /** An empty stack in a buffer of zeros, which holds it at the places of `ARENA`. */
  constructor(
    registers: Registers,
    limit: number,
    buffer: ArrayBuffer = new ArrayBuffer(ARENA.block),
  ) {
    this.#registers = registers;
    this.#guard = new Float64Array(buffer, ARENA.loopGuard, 3);
    this.#guard[ALLOWED] = Infinity;
    this.#guard[LIMIT] = limit;
    this.#depth = new Int32Array(buffer, ARENA.loopDepth, 1);
    this.#open = new Int32Array(buffer, ARENA.loops, 4 * ARENA_LOOPS);
    this.#since = new Float64Array(buffer, ARENA.loops, 2 * ARENA_LOOPS);
  }

  /** Instructions that the guard has seen. */
  get count(): number {
    return this.#guard[COUNT]!;
  }
  /** Counts instructions. */
  set count(count: number) {
    this.#guard[COUNT] = count;
  }

  /** The count that the guard allows; beyond it one of the loops has run too long. */
  get allowed(): number {
    return this.#guard[ALLOWED]!;
  }

  /** Whether the kernel finds the open loops. */
  get isShared(): boolean {
    return this.#open.length === 4 * ARENA_LOOPS;
  }

  /** Open loops, outermost first. */
  get open(): readonly { readonly startPc: number; readonly register: number }[] {
    return Array.from({ length: this.#depth[0]! }, (_, i) => ({
      startPc: this.#open[4 * i]!,
      register: this.#open[4 * i + 1]!,
    }));
  }

  /** C_LOOP_START. */
  start(pc: number, register: number, iterations: number): void {
    if (iterations === 0) {
      throw new FaultSignal("loop-count", "Iteration count must be greater than 0");
    }
    this.#registers.gp[register] = iterations;
    const depth = this.#depth[0]!++;
    if (4 * depth === this.#open.length) this.#grow();
    this.#open[4 * depth] = pc;
    this.#open[4 * depth + 1] = register;
    this.#since[2 * depth + 1] = this.count;
    this.#updateAllowed();
  }

  /** C_LOOP_END: where to go on. */
  end(pc: number, register: number): number {
    const open = this.#open;
    const depth = this.#depth[0]!;
    let at = depth - 1;
    while (at >= 0 && open[4 * at + 1] !== register) at--;
    if (at < 0) {
      throw new FaultSignal(
        "loop-nesting",
        `C_LOOP_END: No matching C_LOOP_START found for register ${register}`,
      );
    }
    const gp = this.#registers.gp;
    let next = pc + 1;
    if (gp[register]! > 1) {
      gp[register]!--;
      this.#since[2 * at + 1] = this.count;
      next = open[4 * at]! + 1;
    } else {
      gp[register] = 0;
      open.copyWithin(4 * at, 4 * (at + 1), 4 * depth);
      this.#depth[0] = depth - 1;
    }
    this.#updateAllowed();
    return next;
  }

  /** C_BREAK: closes the innermost loop and returns its register. */
  break(): number {
    const depth = this.#depth[0]!;
    if (depth === 0) {
      throw new FaultSignal("loop-nesting", "C_BREAK: No active loop to break out of");
    }
    const register = this.#open[4 * (depth - 1) + 1]!;
    this.#depth[0] = depth - 1;
    this.#registers.gp[register] = 0;
    this.#updateAllowed();
    return register;
  }

  /** The fault of the loop whose guard has run out. */
  exceeded(): FaultSignal {
    let at = 0;
    while (this.count - this.#since[2 * at + 1]! <= this.#guard[LIMIT]!) at++;
    return new FaultSignal(
      "loop-limit",
      `Loop at PC ${this.#open[4 * at]} exceeded max instructions limit (${
        this.#guard[LIMIT]
      }). Current iteration: ${
        this.#registers.gp[this.#open[4 * at + 1]!]
      }, Instructions in this iteration: ${this.count - this.#since[2 * at + 1]!}`,
    );
  }

  #grow(): void {
    const open = new Int32Array(2 * this.#open.length);
    open.set(this.#open);
    this.#open = open;
    this.#since = new Float64Array(open.buffer);
  }

  #updateAllowed(): void {
    let allowed = Infinity;
    const depth = this.#depth[0]!;
    for (let i = 0; i < depth; i++) {
      const until = this.#since[2 * i + 1]! + this.#guard[LIMIT]!;
      if (until < allowed) allowed = until;
    }
    this.#guard[ALLOWED] = allowed;
  }
}
