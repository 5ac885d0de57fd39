import { CompileError } from "../compile_error.ts";
import type { CompiledDecoder, ProgramOptions } from "./compile_decoder.ts";
import type { DecoderProgram } from "./decoder_program.ts";
import { mostTokens } from "./int_sram.ts";
import type { DecoderTarget } from "./plan.ts";

/** What a machine is given for one run. */
export interface ProgramImages {
  /** The program. */
  readonly program: DecoderProgram;
  /** FP SRAM: little-endian binary16. */
  readonly fpSram: Uint8Array;
  /** INT SRAM: little-endian 32-bit integers. */
  readonly intSram: Uint8Array;
}

/** What a run leaves behind, as far as a session looks. */
export interface ProgramRun {
  /** A row of the vector SRAM. */
  readRow(row: number): Float32Array;
}

/**
 * Runs a program on a machine whose HBM holds the model's image and what earlier runs have stored in
 * it. A function, so that a session touches neither emulator nor clock.
 */
export type ProgramRunner<R extends ProgramRun> = (images: ProgramImages) => R;

/** What one step of a session computed. */
export interface SessionStep<R extends ProgramRun> {
  /** Logits (or hidden states) of the last token. */
  readonly last: Float32Array;
  /** The same of every sequence. */
  readonly lasts: readonly Float32Array[];
  /** The program that ran; of several the last one. */
  readonly program: DecoderProgram;
  /** What the runner gave back after it. */
  readonly run: R;
}

/** A text in progress: the cache in HBM and the number of positions in it. */
export class DecoderSession<R extends ProgramRun> {
  readonly #compiled: CompiledDecoder;
  readonly #run: ProgramRunner<R>;
  #position = 0;

  /** A session without any text; `run` runs its programs. */
  constructor(compiled: CompiledDecoder, run: ProgramRunner<R>) {
    this.#compiled = compiled;
    this.#run = run;
  }

  /** Positions in the cache. */
  get position(): number {
    return this.#position;
  }

  /**
   * How many tokens of each sequence one program after the other takes of so many, from a position on: at
   * the beginning as many as fit the machine, or all where a model has no decode steps; then one each.
   */
  static pieces(plan: DecoderTarget, count: number, position: number = 0): number[] {
    // Where not even one fits, the program says what is the matter.
    const most = plan.config.causal ? Math.max(1, mostTokens(plan)) : Infinity;
    const first = Math.min(count, position === 0 ? most : 1);
    return count < 1 ? [] : [first, ...new Array<number>(count - first).fill(1)];
  }

  /**
   * Takes tokens: at the beginning as many at once as fit the machine, one after the other later on.
   *
   * @returns What the last of them gave.
   * @throws {CompileError} When there are none, or more than the cache has positions for.
   */
  feed(tokens: readonly number[], options: ProgramOptions = {}): SessionStep<R> {
    return this.feedBatch([tokens], options);
  }

  /**
   * The same for as many sequences as were planned, all as long.
   *
   * @throws {CompileError} As `feed`, or when sequences are missing or differ in length.
   */
  feedBatch(
    sequences: readonly (readonly number[])[],
    options: ProgramOptions = {},
  ): SessionStep<R> {
    const compiled = this.#compiled;
    const { positions, batch } = compiled.plan;
    const count = sequences[0]?.length ?? 0;
    if (sequences.length !== batch || sequences.some(({ length }) => length !== count)) {
      throw new CompileError(
        `sequences of ${
          sequences.map(({ length }) => length).join(", ")
        } tokens: the plan is for ` +
          `${batch} of one length`,
        "fill up shorter texts, or plan for another batch",
      );
    }
    if (count === 0 || this.#position + count > positions) {
      throw new CompileError(
        `${count} tokens after ${this.#position}: the cache holds ${positions}`,
        "give at least one token, and plan for as many positions as the text gets",
      );
    }
    let step: SessionStep<R> | undefined;
    let from = 0;
    for (const length of DecoderSession.pieces(compiled.plan, count, this.#position)) {
      step = this.#step(sequences.map((own) => own.slice(from, from + length)), options);
      from += length;
    }
    return step!;
  }

  /** Runs the program of one piece. */
  #step(sequences: readonly (readonly number[])[], options: ProgramOptions): SessionStep<R> {
    const compiled = this.#compiled;
    const count = sequences[0]!.length;
    const program = this.#position === 0
      ? compiled.prefill(count, options)
      : compiled.decode(this.#position, options);
    const run = this.#run({
      program,
      fpSram: program.fpSram,
      intSram: program.intSram(sequences.flat(), this.#position),
    });
    this.#position += count;
    const lasts = sequences.map((_, sequence) =>
      outputRow(compiled, program, run, (sequence + 1) * count - 1)
    );
    return { last: lasts[0]!, lasts, program, run };
  }
}

/**
 * A row of a program's result: the logits, or the state after the last norm, of one token.
 *
 * @throws {RangeError} For a row that the program was not asked for.
 */
export function outputRow(
  { plan }: CompiledDecoder,
  program: DecoderProgram,
  run: ProgramRun,
  row: number,
): Float32Array {
  const { config, geometry } = plan;
  const { mlen } = geometry;
  const tensor = program.tensors.get(program.output)!;
  const index = row - program.firstRow;
  if (!(index >= 0 && index < tensor.rows)) {
    throw new RangeError(`row ${row} of a result from row ${program.firstRow} on`);
  }
  const values = new Float32Array(tensor.blocks * mlen);
  for (let block = 0; block < tensor.blocks; block++) {
    const address = tensor.address + index * tensor.rowPitch + block * tensor.blockPitch;
    values.set(run.readRow(address / mlen), block * mlen);
  }
  return values.subarray(0, plan.output === "logits" ? config.vocabulary : config.hidden);
}
