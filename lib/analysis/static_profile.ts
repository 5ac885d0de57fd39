/**
 * The static cycle model of the public profiler: an assembly text is walked once, loops multiply,
 * every opcode has a constant cost (memory regimes specification, section 2.1).
 */

/** Cycles that the profiler charges, by what it distinguishes. */
export interface StaticCosts {
  /** Cycles of a matrix instruction beyond MLEN. */
  readonly systolicOverhead: number;
  /** Edge of a matrix tile and length of a vector row. */
  readonly mlen: number;
  /** Cycles of V_ADD and V_SUB. */
  readonly vectorAdd: number;
  /** Cycles of V_MUL. */
  readonly vectorMul: number;
  /** Cycles of V_EXP_V. */
  readonly vectorExp: number;
  /** Cycles of V_RECI_V. */
  readonly vectorReci: number;
  /** Cycles of V_RED_MAX. */
  readonly vectorMax: number;
  /** Cycles of V_RED_SUM. */
  readonly vectorSum: number;
  /** Cycles of S_ADD_FP, S_SUB_FP, S_MAX_FP and S_MUL_FP. */
  readonly scalarFpBasic: number;
  /** Cycles of S_EXP_FP. */
  readonly scalarFpExp: number;
  /** Cycles of S_RECI_FP. */
  readonly scalarFpReci: number;
  /** Cycles of S_SQRT_FP. */
  readonly scalarFpSqrt: number;
  /** Cycles of integer instructions. */
  readonly scalarIntBasic: number;
  /** Cycles of one H_PREFETCH_V; 0 where transfers are not charged. */
  readonly prefetchV: number;
  /** Cycles of one H_PREFETCH_M. */
  readonly prefetchM: number;
  /** Cycles of one H_STORE_V. */
  readonly storeV: number;
}

/** What one opcode adds to a profile. */
export interface OpcodeProfile {
  /** Mnemonic as it stands in the text. */
  readonly opcode: string;
  /** Times it is executed. */
  readonly executed: number;
  /** Cycles of one execution. */
  readonly cycles: number;
}

/** What one stage adds to a profile. */
export interface StageCycles {
  /** The comment that the stage stands under; empty before the first. */
  readonly stage: string;
  /** Lines that are instructions. */
  readonly instructions: number;
  /** Instructions executed, loops counted. */
  readonly executed: number;
  /** Cycles of them. */
  readonly cycles: number;
}

/** A profiled program. */
export interface StaticProfile {
  /** Lines of the text. */
  readonly sourceLines: number;
  /** Lines that are instructions. */
  readonly staticInstructions: number;
  /** Instructions executed, loops counted. */
  readonly dynamicInstructions: number;
  /** Cycles in all. */
  readonly cycles: number;
  /** C_LOOP_START lines. */
  readonly loopStarts: number;
  /** By opcode, those that take most cycles first. */
  readonly opcodes: readonly OpcodeProfile[];
  /**
   * By stage, in the order in which they begin. A stage is what follows a comment line, up to the next
   * one; stages of the same comment are one.
   */
  readonly stages: readonly StageCycles[];
}

/** Counts that are not those of a program. */
export class ProfileError extends RangeError {
  /** Name of the class. */
  override readonly name = "ProfileError";
  /** How to mend it. */
  readonly help = "give a count for each instruction of the program, as its compiler tells them";
}

/** One rule of the cost model: the first whose pattern matches an opcode counts. */
interface CostRule {
  readonly opcode: RegExp;
  readonly cycles: (costs: StaticCosts) => number;
}

// deno-fmt-ignore: one rule, one row
const COST_RULES: readonly CostRule[] = [
  { opcode: /^M_(MM|TMM|BMM|BTMM|MV|TMV|BMV|BTMV)$/,    cycles: (c) => c.systolicOverhead + c.mlen },
  { opcode: /^M_(MM|TMM|BMM|BTMM|MV|TMV|BMV|BTMV)_WO$/, cycles: () => 1 },
  { opcode: /^V_(ADD|SUB)/,                             cycles: (c) => c.vectorAdd },
  { opcode: /^V_MUL|^V_SHIFT_V$/,                       cycles: (c) => c.vectorMul },
  { opcode: /^V_EXP_V$/,                                cycles: (c) => c.vectorExp },
  { opcode: /^V_RECI_V$/,                               cycles: (c) => c.vectorReci },
  { opcode: /^V_RED_MAX$/,                              cycles: (c) => c.vectorMax },
  { opcode: /^V_RED_SUM$/,                              cycles: (c) => c.vectorSum },
  { opcode: /^S_(ADD|SUB|MAX|MUL)_FP$/,                 cycles: (c) => c.scalarFpBasic },
  { opcode: /^S_EXP_FP$/,                               cycles: (c) => c.scalarFpExp },
  { opcode: /^S_RECI_FP$/,                              cycles: (c) => c.scalarFpReci },
  { opcode: /^S_SQRT_FP$/,                              cycles: (c) => c.scalarFpSqrt },
  { opcode: /^S_MAP_V_FP$/,                             cycles: (c) => c.mlen },
  { opcode: /^S_(ADD|ADDI|SUB|MUL|LUI|LD|ST)_INT$/,     cycles: (c) => c.scalarIntBasic },
  { opcode: /^H_PREFETCH_M$/,                           cycles: (c) => c.prefetchM },
  { opcode: /^H_PREFETCH/,                              cycles: (c) => c.prefetchV },
  { opcode: /^H_STORE/,                                 cycles: (c) => c.storeV },
  { opcode: /^/,                                        cycles: () => 1 },
];

/** Cycles that the profiler charges for one execution of an opcode. */
export function staticCycles(opcode: string, costs: StaticCosts): number {
  return COST_RULES.find((rule) => rule.opcode.test(opcode))!.cycles(costs);
}

/**
 * Profiles an assembly text. A line counts as an instruction when its first word begins with `S_`,
 * `C_`, `H_`, `V_` or `M_`; nothing is checked beyond that, so text of any assembler will do.
 *
 * @param executions For each instruction how often a run executes it. Unless given, the loops tell,
 * which have to lie one in another; they do not where a compiler renews long loops by jumps out of and
 * into them.
 * @throws {ProfileError} Unless there is a whole number from 0 up for each instruction.
 */
export function profileAssembly(
  assembly: string,
  costs: StaticCosts,
  executions?: Float64Array,
): StaticProfile {
  const lines = assembly.replace(/\n$/, "").split("\n");
  const executed = new Map<string, number>();
  const trips: number[] = [];
  let inLoops = 1;
  const stages = new Map<string, { instructions: number; executed: number; cycles: number }>();
  let stage = "";
  let staticInstructions = 0;
  let loopStarts = 0;
  for (const line of lines) {
    const text = line.trim();
    if (text.startsWith(";")) stage = text.replace(/^[;\s]+/, "");
    const opcode = /^[SCHVM]_\S*/.exec(text)?.[0];
    if (opcode === undefined) continue;
    const times = executions?.[staticInstructions] ?? inLoops;
    staticInstructions++;
    executed.set(opcode, (executed.get(opcode) ?? 0) + times);
    const sums = stages.get(stage) ?? { instructions: 0, executed: 0, cycles: 0 };
    stages.set(stage, sums);
    sums.instructions++;
    sums.executed += times;
    sums.cycles += times * staticCycles(opcode, costs);
    if (opcode === "C_LOOP_START") {
      loopStarts++;
      const count = /^\s*\d+\s*$/.exec(text.split(",").at(-1)!);
      trips.push(count === null ? 1 : Number(count[0]));
      inLoops *= trips.at(-1)!;
    } else if (opcode === "C_LOOP_END" && trips.length > 0) {
      trips.pop();
      inLoops = trips.reduce((product, count) => product * count, 1);
    }
  }
  if (executions !== undefined) checkExecutions(executions, staticInstructions);
  const opcodes = [...executed].map(([opcode, count]) => ({
    opcode,
    executed: count,
    cycles: staticCycles(opcode, costs),
  })).sort((a, b) => b.executed * b.cycles - a.executed * a.cycles);
  return {
    sourceLines: lines.length,
    staticInstructions,
    dynamicInstructions: opcodes.reduce((sum, { executed }) => sum + executed, 0),
    cycles: opcodes.reduce((sum, { executed, cycles }) => sum + executed * cycles, 0),
    loopStarts,
    opcodes,
    stages: [...stages].map(([stage, sums]) => ({ stage, ...sums })),
  };
}

function checkExecutions(executions: Float64Array, instructions: number): void {
  if (executions.length !== instructions) {
    throw new ProfileError(`${executions.length} counts for ${instructions} instructions`);
  }
  const wrong = executions.find((count) => !Number.isSafeInteger(count) || count < 0);
  if (wrong !== undefined) throw new ProfileError(`an instruction that runs ${wrong} times`);
}
