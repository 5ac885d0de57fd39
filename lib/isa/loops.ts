import { BY_OPCODE, INSTRUCTIONS } from "./instructions.ts";

/** A hardware loop of a program. */
export interface Loop {
  /** Index of its C_LOOP_START. */
  readonly startPc: number;
  /** Index of its C_LOOP_END. */
  readonly endPc: number;
  /** The gp register that counts. */
  readonly register: number;
  /** How often the body runs. */
  readonly count: number;
  /** How many loops are around it. */
  readonly depth: number;
}

/** Loops whose run cannot be read off the program: badly nested, or with a counter that is written. */
export class LoopError extends RangeError {
  /** Name of the class. */
  override readonly name = "LoopError";
  /** Index of the instruction. */
  readonly pc: number;
  /** How to mend it. */
  readonly help: string;

  /** The error of the instruction at `pc`. */
  constructor(what: string, pc: number, help: string) {
    super(`${what} at pc ${pc}`);
    this.pc = pc;
    this.help = help;
  }
}

const START = INSTRUCTIONS.C_LOOP_START.opcode;
const END = INSTRUCTIONS.C_LOOP_END.opcode;
const BREAK = INSTRUCTIONS.C_BREAK.opcode;

/** For each opcode whether its rd names a gp register that it writes. */
const WRITES_GP: readonly boolean[] = BY_OPCODE.map((row) =>
  row?.operands.some(({ kind, role, field }) =>
    field === "rd" && kind === "gp" && role === "result"
  ) ?? false
);

/**
 * The loops of a program in the order of their starts.
 *
 * @throws {LoopError} Unless every loop runs exactly its count: a loop end without start or the
 * reverse, loops that overlap, a count of 0, a C_BREAK, or a counter that the body writes.
 */
export function findLoops(words: Uint32Array): Loop[] {
  const loops: Loop[] = [];
  const open: { index: number; startPc: number; register: number; count: number }[] = [];
  for (let pc = 0; pc < words.length; pc++) {
    const word = words[pc]!;
    const opcode = word & 0x3f;
    const register = (word >>> 6) & 0xf;
    if (opcode === START) {
      if (open.some((loop) => loop.register === register)) {
        throw new LoopError(
          `gp${register} already counts a loop around this one`,
          pc,
          "give each nested loop a register of its own",
        );
      }
      const count = word >>> 10;
      if (count === 0) throw new LoopError("A loop has the count 0", pc, "loops run at least once");
      open.push({ index: loops.length, startPc: pc, register, count });
      loops.push({ startPc: pc, endPc: pc, register, count, depth: open.length - 1 });
    } else if (opcode === END) {
      const loop = open.pop();
      if (loop === undefined || loop.register !== register) {
        throw new LoopError(
          `C_LOOP_END gp${register} does not end the innermost open loop`,
          pc,
          "end loops in the reverse order of their starts",
        );
      }
      loops[loop.index] = { ...loops[loop.index]!, endPc: pc };
    } else if (opcode === BREAK) {
      throw new LoopError("C_BREAK makes the run depend on more than counts", pc, "run it instead");
    } else if (WRITES_GP[opcode] && open.some((loop) => loop.register === register)) {
      throw new LoopError(
        `gp${register} counts a loop and is written`,
        pc,
        "use another register in the body",
      );
    }
  }
  const left = open.pop();
  if (left !== undefined) {
    throw new LoopError("A loop is never ended", left.startPc, "add its C_LOOP_END");
  }
  return loops;
}
