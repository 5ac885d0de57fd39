import { CircuitError } from "../circuit_error.ts";
import type { GateList } from "../gates.ts";
import type { BitFunction } from "./bit_algebra.ts";
import { checkOutputs } from "./circuit_graph.ts";
import { type Slice, SliceProgram, STEP } from "./slice_program.ts";
import { signalBits } from "./threshold_gate.ts";
import { WASM_TYPE, WasmCode, wasmModule } from "./wasm_code.ts";

/** Cases that are evaluated at once: the bits of a vector. */
export const BLOCK_CASES = 128;

/**
 * A circuit and its specification as one WebAssembly module that evaluates both, 128 cases at once,
 * and compares them. Plain data: it can be posted to a worker.
 */
export interface ExhaustivePlan {
  /** The module: `run(firstBlock, endBlock)` leaves its results in `memory`. */
  readonly module: WebAssembly.Module;
  /** Input wires. */
  readonly inputs: number;
  /** Output wires. */
  readonly outputs: number;
  /** Groups of outputs, counted as one: the output buses. */
  readonly groups: number;
  /** Blocks of 128 cases in all; one, filled in part, for fewer than 7 inputs. */
  readonly blocks: number;
}

// Where the results lie: for each output its digest lanes and its ones, then for each group the
// vector of its first wrong block, its number of wrong cases and the number of that block.
const OUTPUT_BYTES = 32;
const GROUP_BYTES = 32;

/** Most input wires: case numbers stay exact, and nobody waits for more. */
export const MAX_EXHAUSTIVE_INPUTS = 48;

/** Lanes of the inputs 0 to 6, whose values are the same in every block. */
const LOW_INPUTS = [
  [0xaaaaaaaa, 0xaaaaaaaa, 0xaaaaaaaa, 0xaaaaaaaa],
  [0xcccccccc, 0xcccccccc, 0xcccccccc, 0xcccccccc],
  [0xf0f0f0f0, 0xf0f0f0f0, 0xf0f0f0f0, 0xf0f0f0f0],
  [0xff00ff00, 0xff00ff00, 0xff00ff00, 0xff00ff00],
  [0xffff0000, 0xffff0000, 0xffff0000, 0xffff0000],
  [0, 0xffffffff, 0, 0xffffffff],
  [0, 0, 0xffffffff, 0xffffffff],
];

/**
 * Prepares the comparison of a circuit with its specification in every case.
 *
 * @param widths Widths of the output buses; one bus of all outputs unless given.
 * @throws {CircuitError} With more than 48 input wires, or when the specification has another number
 * of outputs.
 */
export function planExhaustive(
  list: GateList,
  specification: BitFunction,
  widths: readonly number[] = [list.outputs.length],
): ExhaustivePlan {
  if (list.inputs > MAX_EXHAUSTIVE_INPUTS) {
    throw new CircuitError(
      `${list.inputs} input wires make too many cases to try them all`,
      "prove it instead: --method proof",
    );
  }
  const program = new SliceProgram(list.inputs);
  const signals = signalBits(program.algebra, list, program.inputs);
  const actual = list.outputs.map((signal) => signals[signal]!);
  program.separate();
  const expected = specification(program.algebra, program.inputs);
  checkOutputs(actual.length, expected.length);
  const body = new PlanWriter(program, actual, expected, widths).write();
  return {
    module: new WebAssembly.Module(body),
    inputs: list.inputs,
    outputs: actual.length,
    groups: widths.length,
    blocks: Math.max(1, 2 ** list.inputs / BLOCK_CASES),
  };
}

/** What a run over a range of cases found; ranges side by side are merged to one. */
export interface ExhaustiveTally {
  /** Cases tried. */
  readonly cases: number;
  /** Per output wire: cases in which it is 1. */
  readonly ones: readonly number[];
  /** Per output wire: digest of its values, as in `ExhaustiveCertificate`. */
  readonly digests: readonly number[];
  /** Per output bus: cases in which it is wrong. */
  readonly wrong: readonly number[];
  /** Per output bus: the first of them, or −1. */
  readonly firstWrong: readonly number[];
}

/**
 * Tries the cases of a range of blocks.
 *
 * @param first First block, from 0.
 * @param count Blocks.
 * @param onProgress Told how many cases of the range are done, now and then.
 * @throws {RangeError} When the range is not within the plan's blocks.
 */
export function runExhaustive(
  plan: ExhaustivePlan,
  first = 0,
  count: number = plan.blocks - first,
  onProgress: (cases: number) => void = () => {},
): ExhaustiveTally {
  if (!(first >= 0 && count >= 1 && first + count <= plan.blocks)) {
    throw new RangeError(`blocks ${first} to ${first + count} are not within ${plan.blocks}`);
  }
  const { memory, run } = new WebAssembly.Instance(plan.module).exports as {
    memory: WebAssembly.Memory;
    run: (first: bigint, end: bigint) => void;
  };
  let tally: ExhaustiveTally | undefined;
  // Short calls at first: the engine replaces its quick code by the fast one between two calls.
  let blocks = 0;
  for (let start = first; start < first + count; start += blocks) {
    blocks = Math.min(2 * blocks + 256, 2 ** 18, first + count - start);
    run(BigInt(start), BigInt(start + blocks));
    const part = readTally(plan, memory.buffer, blocks);
    tally = tally === undefined ? part : mergeTallies(tally, part);
    onProgress(tally.cases);
  }
  return tally!;
}

/** The tally of two ranges, of which the first one lies lower. */
export function mergeTallies(low: ExhaustiveTally, high: ExhaustiveTally): ExhaustiveTally {
  return {
    cases: low.cases + high.cases,
    ones: low.ones.map((count, i) => count + high.ones[i]!),
    digests: low.digests.map((sum, i) => (sum + high.digests[i]!) >>> 0),
    wrong: low.wrong.map((count, i) => count + high.wrong[i]!),
    firstWrong: low.firstWrong.map((at, i) => at < 0 ? high.firstWrong[i]! : at),
  };
}

function readTally(plan: ExhaustivePlan, buffer: ArrayBufferLike, blocks: number): ExhaustiveTally {
  const words = new Uint32Array(buffer);
  const counts = new BigInt64Array(buffer);
  const ones: number[] = [];
  const digests: number[] = [];
  for (let output = 0; output < plan.outputs; output++) {
    const lanes = words.subarray(output * OUTPUT_BYTES / 4, output * OUTPUT_BYTES / 4 + 4);
    digests.push(lanes.reduce((sum, lane) => (sum + lane) >>> 0, 0));
    ones.push(Number(counts[(output * OUTPUT_BYTES + 16) / 8]!));
  }
  const wrong: number[] = [];
  const firstWrong: number[] = [];
  for (let group = 0; group < plan.groups; group++) {
    const at = plan.outputs * OUTPUT_BYTES + group * GROUP_BYTES;
    wrong.push(Number(counts[(at + 16) / 8]!));
    const block = Number(counts[(at + 24) / 8]!);
    const lane = words.subarray(at / 4, at / 4 + 4).findIndex((word) => word !== 0);
    const word = words[at / 4 + lane] ?? 0;
    firstWrong.push(block < 0 ? -1 : block * 128 + lane * 32 + 31 - Math.clz32(word & -word));
  }
  const cases = blocks * Math.min(BLOCK_CASES, 2 ** plan.inputs);
  return { cases, ones, digests, wrong, firstWrong };
}

/** Writes the function that evaluates blocks: all the steps in a row, in locals. */
class PlanWriter {
  readonly #code = new WasmCode();
  readonly #results: readonly Slice[];
  /** The local of each step's word. */
  readonly #local = new Map<Slice, number>();
  /** Per step, the last one that reads its word. */
  readonly #lastUse: Float64Array;

  constructor(
    readonly program: SliceProgram,
    readonly actual: readonly Slice[],
    readonly expected: readonly Slice[],
    readonly widths: readonly number[],
  ) {
    this.#results = [...actual, ...expected];
    this.#lastUse = new Float64Array(program.steps.length).fill(-1);
    for (const result of this.#results) this.#lastUse[result] = Infinity;
    for (let step = program.steps.length - 1; step >= 0; step--) {
      if (this.#lastUse[step]! < 0) continue;
      for (const operand of operands(program.steps[step]!)) {
        this.#lastUse[operand] = Math.max(this.#lastUse[operand]!, step);
      }
    }
  }

  write(): Uint8Array<ArrayBuffer> {
    const outputs = this.actual.length;
    const groups = this.widths.length;
    // Locals: 0 the block, 1 the end; counts, wrongs and first blocks; then vectors.
    const [block, end] = [0, 1];
    const ones = 2;
    const wrong = ones + outputs;
    const firstWrong = wrong + groups;
    const digests = firstWrong + groups;
    const multiplier = digests + outputs;
    const difference = multiplier + 1;
    const firstSlot = difference + 1;
    const code = this.#code;
    const set = (local: number): WasmCode => code.op("localSet", local);
    const get = (local: number): WasmCode => code.op("localGet", local);
    /** Adds the ones of the vector on the stack, kept in `from`, to a count. */
    const addOnes = (from: number, count: number): void => {
      get(count);
      for (const lane of [0, 1]) {
        get(from).op("i64x2ExtractLane", lane).op("i64Popcnt").op("i64Add");
      }
      set(count);
    };

    for (let group = 0; group < groups; group++) code.small(-1).op("localSet", firstWrong + group);
    code.op("block", 0x40).op("loop", 0x40);
    get(block);
    get(end).op("i64GeU").op("brIf", 1);
    const slots = this.#writeSteps(block, firstSlot);

    // Word 4·block + lane has the multiplier 8·block + 2·lane + 1.
    get(block).small(3).op("i64Shl").op("i32WrapI64").op("i32x4Splat").vector(1, 3, 5, 7);
    code.op("i32x4Add");
    set(multiplier);
    this.actual.forEach((slice, output) => {
      const from = this.#local.get(slice)!;
      addOnes(from, ones + output);
      get(digests + output);
      get(from);
      get(multiplier).op("i32x4Mul").op("i32x4Add");
      set(digests + output);
    });

    let output = 0;
    for (const [group, width] of this.widths.entries()) {
      code.vector(0, 0, 0, 0);
      for (let bit = 0; bit < width; bit++, output++) {
        get(this.#local.get(this.actual[output]!)!);
        get(this.#local.get(this.expected[output]!)!).op("v128Xor").op("v128Or");
      }
      code.op("localTee", difference).op("v128AnyTrue").op("if", 0x40);
      addOnes(difference, wrong + group);
      get(firstWrong + group).small(0).op("i64LtS").op("if", 0x40);
      get(block);
      set(firstWrong + group);
      code.op("i32Const", 0);
      get(difference).op("v128Store", 4, outputs * OUTPUT_BYTES + group * GROUP_BYTES);
      code.op("end").op("end");
    }
    get(block).small(1).op("i64Add");
    set(block).op("br", 0).op("end").op("end");

    for (let output = 0; output < outputs; output++) {
      code.op("i32Const", 0);
      get(digests + output).op("v128Store", 4, output * OUTPUT_BYTES);
      code.op("i32Const", 0);
      get(ones + output).op("i64Store", 3, output * OUTPUT_BYTES + 16);
    }
    for (let group = 0; group < groups; group++) {
      const at = outputs * OUTPUT_BYTES + group * GROUP_BYTES;
      code.op("i32Const", 0);
      get(wrong + group).op("i64Store", 3, at + 16).op("i32Const", 0);
      get(firstWrong + group).op("i64Store", 3, at + 24);
    }
    code.op("end");
    const { i64, v128 } = WASM_TYPE;
    const bytes = outputs * OUTPUT_BYTES + groups * GROUP_BYTES;
    const locals = [[digests - ones, i64], [firstSlot + slots - digests, v128]] as const;
    return wasmModule(Math.ceil(bytes / 65536), [i64, i64], locals, code);
  }

  /** Writes every step that is needed; a word's local is free again after its last use. */
  #writeSteps(block: number, firstSlot: number): number {
    const code = this.#code;
    const { steps } = this.program;
    const free: number[] = [];
    let slots = 0;
    const inputs = this.program.inputs.length;
    // With fewer than 128 cases only the lowest bits count; the constants respect that too.
    const lanes = Array.from({ length: 4 }, (_, lane) => {
      const cases = Math.min(32, Math.max(0, 2 ** inputs - 32 * lane));
      return inputs >= 7 || cases === 32 ? 0xffffffff : 2 ** cases - 1;
    });
    const isPartial = inputs < 7;
    for (const [number, step] of steps.entries()) {
      if (this.#lastUse[number]! < 0) continue;
      const [kind, wire] = step;
      const read = operands(step);
      const get = (operand: Slice): WasmCode => code.op("localGet", this.#local.get(operand)!);
      if (kind === STEP.zero) code.vector(0, 0, 0, 0);
      else if (kind === STEP.one) code.vector(...lanes);
      else if (kind === STEP.input && wire < 7) {
        code.vector(...LOW_INPUTS[wire]!.map((lane, i) => (lane & lanes[i]!) >>> 0));
      } else if (kind === STEP.input) {
        code.small(0).op("localGet", block);
        if (wire > 7) code.small(wire - 7).op("i64ShrU");
        code.small(1).op("i64And").op("i64Sub").op("i64x2Splat");
      } else {
        if (kind === STEP.mux) get(step[2]).op("localGet", this.#local.get(step[3])!);
        get(step[1]);
        if (kind !== STEP.mux && kind !== STEP.not) get(step[2]);
        if (kind === STEP.and) code.op("v128And");
        else if (kind === STEP.andNot) code.op("v128AndNot");
        else if (kind === STEP.or) code.op("v128Or");
        else if (kind === STEP.xor) code.op("v128Xor");
        else if (kind === STEP.mux) code.op("v128Bitselect");
        else {
          code.op("v128Not");
          if (isPartial) code.vector(...lanes).op("v128And");
        }
      }
      for (const operand of new Set(read)) {
        if (this.#lastUse[operand] === number) free.push(this.#local.get(operand)!);
      }
      const local = free.pop() ?? firstSlot + slots++;
      this.#local.set(number, local);
      code.op("localSet", local);
    }
    return slots;
  }
}

/** The steps that a step reads. */
function operands([kind, a, b, c]: readonly [number, Slice, Slice, Slice]): Slice[] {
  if (kind <= STEP.input) return [];
  if (kind === STEP.not) return [a];
  return kind === STEP.mux ? [a, b, c] : [a, b];
}
