import type { GateList } from "../gates.ts";
import type { BitFunction } from "./bit_algebra.ts";
import type { ExhaustiveCertificate } from "./certificate.ts";
import {
  type ExhaustivePlan,
  type ExhaustiveTally,
  mergeTallies,
  planExhaustive,
  runExhaustive,
} from "./exhaustive_plan.ts";

/** Cases from which on a second worker is worth its start. */
const WORKER_CASES = 2 ** 27;

/** Cases of one piece of work of a worker. */
const PIECE_CASES = 2 ** 28;

/**
 * Tries every case of a circuit on one core.
 *
 * @param widths Widths of the output buses, which are counted apart; one bus unless given.
 * @param onProgress Told how many cases are done, now and then.
 * @throws {CircuitError} With more than 48 input wires, or when the specification has another number
 * of outputs.
 */
export function verifyExhaustive(
  list: GateList,
  specification: BitFunction,
  widths?: readonly number[],
  onProgress?: (cases: number) => void,
): ExhaustiveTally {
  const plan = planExhaustive(list, specification, widths);
  return runExhaustive(plan, 0, plan.blocks, onProgress);
}

/**
 * Tries every case of a circuit on several cores, when there are enough of them. Workers need the
 * permission to read this folder.
 *
 * @param workers Cores to use.
 * @throws {CircuitError} As {@linkcode verifyExhaustive} does.
 */
export async function verifyExhaustiveParallel(
  list: GateList,
  specification: BitFunction,
  workers: number,
  widths?: readonly number[],
  onProgress: (cases: number) => void = () => {},
): Promise<ExhaustiveTally> {
  const plan = planExhaustive(list, specification, widths);
  const cases = 2 ** plan.inputs;
  if (cases < WORKER_CASES || workers < 2) return runExhaustive(plan, 0, plan.blocks, onProgress);
  const pieces = Math.max(workers, Math.ceil(cases / PIECE_CASES));
  const tallies = new Array<ExhaustiveTally>(pieces);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL("./exhaustive_worker.ts", import.meta.url), {
      type: "module",
    });
    try {
      for (let piece = next++; piece < pieces; piece = next++) {
        const first = Math.floor(piece * plan.blocks / pieces);
        const end = Math.floor((piece + 1) * plan.blocks / pieces);
        const tally = await ask(worker, { plan, first, count: end - first });
        tallies[piece] = tally;
        done += tally.cases;
        onProgress(done);
      }
    } finally {
      worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, pieces) }, work));
  return tallies.reduce(mergeTallies);
}

/** What a worker is asked: to run a range of blocks. */
export interface ExhaustiveRange {
  /** The comparison. */
  readonly plan: ExhaustivePlan;
  /** First block. */
  readonly first: number;
  /** Blocks. */
  readonly count: number;
}

function ask(worker: Worker, range: ExhaustiveRange): Promise<ExhaustiveTally> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<ExhaustiveTally>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(event.error ?? new Error(event.message));
    };
    worker.postMessage(range);
  });
}

/**
 * The certificate of a run over all cases that found none wrong.
 *
 * @throws {RangeError} When it did.
 */
export function exhaustiveCertificate(
  inputs: number,
  tally: ExhaustiveTally,
): ExhaustiveCertificate {
  const { cases, ones, digests } = tally;
  if (cases !== 2 ** inputs || tally.wrong.some((count) => count > 0)) {
    throw new RangeError("only a run over all cases that found none wrong has a certificate");
  }
  return { kind: "exhaustive", inputs, ones, digests };
}
