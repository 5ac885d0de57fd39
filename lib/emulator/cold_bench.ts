/**
 * The first run of a recorded program in a fresh process, as `deno task emulate` has it: start-up,
 * loading, compiling and running. For each program it starts processes in turn with one that runs
 * hardly anything, so that the difference is the program's own:
 *
 *     deno run --allow-read --allow-run lib/emulator/cold_bench.ts [RUNS]
 *
 * prints, as medians: seconds of the whole process by the clock; milliseconds inside it from making
 * the memory and the machine to the end of the run; and instructions per second of those, and how
 * many times that is of the public emulator's (`PUBLIC_SECONDS`, processor time beyond its start-up,
 * which the project was given; it was not run here).
 *
 * It is no `Deno.bench`, whose process is not fresh.
 */
import { hbm2Memory } from "../memory/mod.ts";
import { goldenNames, readGolden } from "./_golden_case.ts";
import { createMachine } from "./machine.ts";

const PUBLIC_SECONDS = { p03_perf_h128_mlen32: 0.57, t03_tiny16_2layer: 0.48 };
/** The trivial program. */
const NOTHING = "u01_scalar_int";
const ROOTS = ["../../../shared/goldens/", "../../fixtures/goldens/"].map((path) =>
  new URL(path, import.meta.url)
);

/** Runs a program once, and returns its number of instructions and milliseconds. */
async function once(name: string): Promise<readonly [number, number]> {
  const root = ROOTS.find((folder) => goldenNames(folder).includes(name));
  if (root === undefined) throw new Deno.errors.NotFound(`There is no recorded run ${name}`);
  const { options, record } = await readGolden(new URL(`${name}/`, root));
  const startMs = performance.now();
  const machine = createMachine({ ...options, memory: hbm2Memory() });
  machine.run();
  const ms = performance.now() - startMs;
  const { latency_ns, latency_ns_observed = [] } = { ...record, ...record.result };
  if (![latency_ns, ...latency_ns_observed].map(Number).includes(machine.nowPs / 1000)) {
    throw new Error(`${name} took ${machine.nowPs / 1000} ns`); // never time a wrong answer
  }
  return [machine.instructions, ms];
}

/** Runs a program in a fresh process. */
async function measure(name: string): Promise<{ count: number; ms: number; seconds: number }> {
  const args = ["run", "--no-prompt", "--allow-read", import.meta.filename!, "--once", name];
  const startMs = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const seconds = (performance.now() - startMs) / 1000;
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const [count, ms] = JSON.parse(new TextDecoder().decode(stdout));
  return { count, ms, seconds };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) {
  const [first = "9", name] = Deno.args;
  if (first === "--once") write(JSON.stringify(await once(name!)));
  else {
    for (const [name, publicSeconds] of Object.entries(PUBLIC_SECONDS)) {
      const runs = [];
      const nothing = [];
      for (let i = 0; i <= Number(first); i++) {
        runs.push(await measure(name));
        nothing.push(await measure(NOTHING));
      }
      // The first process of each may still have to fill caches.
      const ms = median(runs.slice(1).map((run) => run.ms));
      const seconds = median(runs.slice(1).map((run) => run.seconds));
      const empty = median(nothing.slice(1).map((run) => run.seconds));
      const { count } = runs[0]!;
      write(
        `${name}: ${count} instructions, process ${seconds.toFixed(3)} s ` +
          `(${NOTHING}: ${empty.toFixed(3)} s), inside ${ms.toFixed(1)} ms: ` +
          `${(count / ms / 1000).toFixed(2)} M instructions/s, ` +
          `${(publicSeconds * 1000 / ms).toFixed(1)} times ${publicSeconds} s`,
      );
    }
  }
}
