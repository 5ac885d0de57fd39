/**
 * A worker that runs ranges of blocks of an exhaustive comparison, for `verifyExhaustiveParallel()`.
 *
 * @module
 */
import { runExhaustive } from "./exhaustive_plan.ts";
import type { ExhaustiveRange } from "./verify_exhaustive.ts";

/** What the worker sees of its own scope. */
interface WorkerScope {
  onmessage: (event: MessageEvent<ExhaustiveRange>) => void;
  postMessage(message: unknown): void;
}

const scope = self as unknown as WorkerScope;

scope.onmessage = ({ data: { plan, first, count } }) => {
  scope.postMessage(runExhaustive(plan, first, count));
};
