import type { GateList } from "./gates.ts";
import { type Slice, SliceProgram, STEP } from "./proof/slice_program.ts";
import { signalBits } from "./proof/threshold_gate.ts";

/** A circuit that is ready to be evaluated in many cases at once. */
export interface Evaluator {
  /** Input wires. */
  readonly inputs: number;
  /** Output wires. */
  readonly outputs: number;
  /** Gates of the circuit. */
  readonly gates: number;
  /** Operations on words of 32 cases that stand for all gates. */
  readonly operations: number;
  /**
   * Evaluates the circuit.
   *
   * @param inputs One array of words per input wire, of equal lengths: bit k of word j is the wire
   * in case 32·j + k.
   * @returns One array of words per output wire, likewise.
   * @throws {RangeError} When there are too few arrays or they differ in length.
   */
  readonly evaluate: (inputs: readonly Uint32Array[]) => Uint32Array[];
}

/** One operation: its kind, and the slots that it reads and writes. */
interface Operation {
  readonly kind: number;
  readonly to: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Words of all slots together that should fit the caches: 128 KiB. */
const CACHED_WORDS = 2 ** 15;

/**
 * Prepares a circuit for evaluation in bulk. Every gate becomes a few operations on words in which
 * each bit is a case of its own; words that are no longer needed give their place to others.
 */
export function compileEvaluator(list: GateList): Evaluator {
  const program = new SliceProgram(list.inputs);
  const signals = signalBits(program.algebra, list, program.inputs);
  const results = list.outputs.map((signal) => signals[signal]!);
  const { operations, inputSlots, resultSlots, slots } = allocate(program, results);
  const chunk = Math.max(16, Math.min(2048, Math.floor(CACHED_WORDS / Math.max(slots, 1))));
  const memory = new Int32Array(slots * chunk);

  const evaluate = (inputs: readonly Uint32Array[]): Uint32Array[] => {
    const words = inputs[0]?.length ?? 1;
    if (inputs.length !== list.inputs || inputs.some(({ length }) => length !== words)) {
      throw new RangeError(`expected ${list.inputs} arrays of ${words} words, one per input wire`);
    }
    const outputs = resultSlots.map(() => new Uint32Array(words));
    for (let first = 0; first < words; first += chunk) {
      const count = Math.min(chunk, words - first);
      inputSlots.forEach((slot, wire) => {
        if (slot >= 0) memory.set(inputs[wire]!.subarray(first, first + count), slot * chunk);
      });
      for (const operation of operations) execute(memory, operation, chunk, count);
      resultSlots.forEach((slot, output) => {
        outputs[output]!.set(memory.subarray(slot * chunk, slot * chunk + count), first);
      });
    }
    return outputs;
  };
  return {
    inputs: list.inputs,
    outputs: list.outputs.length,
    gates: list.gates.length,
    operations: operations.length,
    evaluate,
  };
}

/** The operations that the results need, in order, with places for their words. */
function allocate(
  { steps, inputs }: SliceProgram,
  results: readonly Slice[],
): {
  operations: Operation[];
  inputSlots: number[];
  resultSlots: number[];
  slots: number;
} {
  const operandsOf = (step: Slice): Slice[] => {
    const [kind, a, b, c] = steps[step]!;
    if (kind <= STEP.input) return [];
    return kind === STEP.not ? [a] : kind === STEP.mux ? [a, b, c] : [a, b];
  };
  // Operands come before what is made of them, so one sweep from the end finds the last reader.
  const lastReader = new Int32Array(steps.length).fill(-1);
  for (const result of results) lastReader[result] = steps.length;
  for (let step = steps.length - 1; step >= 0; step--) {
    if (lastReader[step]! < 0) continue;
    for (const operand of operandsOf(step)) {
      if (lastReader[operand]! < 0) lastReader[operand] = step;
    }
  }
  const slotOf = new Int32Array(steps.length).fill(-1);
  const free: number[] = [];
  let slots = 0;
  const place = (step: Slice): number => slotOf[step] = free.pop() ?? slots++;
  // Inputs are there from the start.
  const inputSlots = inputs.map((step) => (lastReader[step]! < 0 ? -1 : place(step)));
  const operations: Operation[] = [];
  for (let step = 0; step < steps.length; step++) {
    const [kind] = steps[step]!;
    if (lastReader[step]! < 0 || kind === STEP.input) continue;
    const operands = operandsOf(step);
    const [a = 0, b = 0, c = 0] = operands.map((operand) => slotOf[operand]!);
    for (const operand of new Set(operands)) {
      if (lastReader[operand] === step) free.push(slotOf[operand]!);
    }
    operations.push({ kind, to: place(step), a, b, c });
  }
  return { operations, inputSlots, resultSlots: results.map((step) => slotOf[step]!), slots };
}

function execute(memory: Int32Array, operation: Operation, chunk: number, count: number): void {
  const to = operation.to * chunk;
  const a = operation.a * chunk;
  const b = operation.b * chunk;
  const c = operation.c * chunk;
  switch (operation.kind) {
    case STEP.zero:
      memory.fill(0, to, to + count);
      break;
    case STEP.one:
      memory.fill(-1, to, to + count);
      break;
    case STEP.not:
      for (let i = 0; i < count; i++) memory[to + i] = ~memory[a + i]!;
      break;
    case STEP.and:
      for (let i = 0; i < count; i++) memory[to + i] = memory[a + i]! & memory[b + i]!;
      break;
    case STEP.andNot:
      for (let i = 0; i < count; i++) memory[to + i] = memory[a + i]! & ~memory[b + i]!;
      break;
    case STEP.or:
      for (let i = 0; i < count; i++) memory[to + i] = memory[a + i]! | memory[b + i]!;
      break;
    case STEP.xor:
      for (let i = 0; i < count; i++) memory[to + i] = memory[a + i]! ^ memory[b + i]!;
      break;
    default: // mux: b where a is 1, else c
      for (let i = 0; i < count; i++) {
        const other = memory[c + i]!;
        memory[to + i] = other ^ (memory[a + i]! & (memory[b + i]! ^ other));
      }
  }
}
