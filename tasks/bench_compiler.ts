/**
 * `deno task bench:compiler`: compiles and emulates the programs that the public compiler is known
 * by, and prints ours beside its and beside our targets. Exits with 1 when one is missed.
 *
 * @module
 */
import { type ArtifactData, type ProgramFiguresData, writeArtifact } from "../lib/artifacts/mod.ts";
import {
  EXIT,
  formatValue,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { type Benchmark, type BenchmarkFigures, BENCHMARKS } from "../lib/compiler/mod.ts";
import { createMachine, formatFault, summarize } from "../lib/emulator/mod.ts";
import { hbm2Memory, SparseMemory } from "../lib/memory/mod.ts";
import { runMachine } from "./_run_machine.ts";

/** What the task takes. */
export const USAGE = {
  name: "bench:compiler",
  summary: "Compile and emulate the programs of the public compiler's table.",
  details:
    "MLEN 64, BLEN 4, MXFP8, shipped latencies, HBM2. Figures of the public compiler are those of\n" +
    "its specification; its time is that of its own program on the recorded machine. At most: what\n" +
    "fourbit's programs are held to.\n\n" +
    "Programs:\n" + BENCHMARKS.map(({ name }) => `  ${name}`).join("\n"),
  options: {
    only: { help: "Programs whose name has this text in it." },
    out: { type: "artifact", default: "out/benchmark.json", help: "Where the artifact goes." },
  },
  examples: ["deno task bench:compiler --only linear"],
} as const satisfies Usage;

/** The figures, as the table calls them. */
const FIGURES = {
  static: "static instructions",
  executed: "executed instructions",
  latencyNs: "simulated ns",
} as const;
type Figure = keyof typeof FIGURES;
const FIGURE_NAMES = Object.keys(FIGURES) as Figure[];
type Row = ArtifactData<"benchmark">["programs"][number];

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const { only = "" } = options;
  const chosen = BENCHMARKS.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) {
    throw new UsageError(
      `no program has "${only}" in its name`,
      `choose from ${BENCHMARKS.map(({ name }) => `"${name}"`).join(", ")}`,
    );
  }
  const measured = chosen.map((benchmark) => measure(benchmark, options.quiet));
  const programs = measured.map(({ row }) => row);
  const within = programs.every(({ beyond }) => beyond.length === 0);
  const text = await writeArtifact(options.out, "benchmark", {
    task: USAGE.name,
    options: { only },
    data: { within, programs },
  });
  terminal.table(
    ["program", "figure", "    public", "   at most", "      ours", "public / ours", "verdict"],
    programs.flatMap((row) =>
      FIGURE_NAMES.map((figure, i) => {
        const [theirs, target, ours] = [row.public, row.target, row.ours].map((figures) =>
          figures?.[figure] ?? null
        );
        return [
          i === 0 ? row.name : "",
          FIGURES[figure],
          ...[theirs, target, ours].map((value) => shown(value!)),
          ratio(theirs!, ours!),
          verdict(row, figure),
        ];
      })
    ),
  );
  terminal.table(
    ["program", "compiled, ms", "image, ms", "emulated, s"],
    measured.map(({ row, compileMs, imageMs, emulateMs }) => [
      row.name,
      Math.round(compileMs),
      Math.round(imageMs),
      emulateMs / 1000,
    ]),
  );
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  for (const { name, beyond } of programs) {
    for (const figure of beyond) terminal.failure(`${name}: more ${figure} than the target`);
  }
  return within ? EXIT.ok : EXIT.checkFailed;
}

/** Compiles a program, makes its image and runs it; host times go to the terminal only. */
function measure(
  benchmark: Benchmark,
  quiet: boolean,
): { row: Row; compileMs: number; imageMs: number; emulateMs: number } {
  const { name, public: theirs, bound } = benchmark;
  const startMs = performance.now();
  const { words, settings, instructions, hbm: pieces, fpSram, intSram } = benchmark.make();
  const compiledMs = performance.now();
  const hbm = new SparseMemory(settings.config.hbmSizeBytes);
  for (const { address, bytes } of pieces) hbm.write(address, bytes);
  const imagedMs = performance.now();
  const memory = hbm2Memory();
  const machine = createMachine({ program: words, settings, memory, hbm, fpSram, intSram });
  runMachine(machine, { label: name, total: instructions.executed, quiet });
  const result = summarize(machine);
  if (result.fault !== undefined) throw new Error(formatFault(result.fault));
  if (result.instructions !== instructions.executed) {
    throw new Error(`${name} executed ${result.instructions}, not ${instructions.executed}`);
  }
  const ours = {
    static: instructions.static,
    executed: result.instructions,
    latencyNs: result.latencyNs,
  };
  const target = figures(bound);
  return {
    row: {
      name,
      public: theirs === undefined ? null : figures(theirs),
      target,
      ours,
      beyond: FIGURE_NAMES.filter((key) => ours[key] > (target[key] ?? Infinity))
        .map((key) => FIGURES[key]),
    },
    compileMs: compiledMs - startMs,
    imageMs: imagedMs - compiledMs,
    emulateMs: performance.now() - imagedMs,
  };
}

function figures(given: Partial<BenchmarkFigures> | undefined): ProgramFiguresData {
  return {
    static: given?.static ?? null,
    executed: given?.executed ?? null,
    latencyNs: given?.latencyNs ?? null,
  };
}

/** Figures stand to the right, though some are missing. */
function shown(value: number | null): string {
  return (value === null ? "" : formatValue(Math.round(value))).padStart(10);
}

function verdict({ target, beyond }: Row, figure: Figure): string {
  if (target[figure] === null) return "";
  return beyond.includes(FIGURES[figure]) ? "beyond" : "within";
}

function ratio(theirs: number | null, ours: number | null): string {
  if (theirs === null || ours === null) return "";
  return `${(theirs / ours).toFixed(theirs / ours < 10 ? 2 : 0)} ×`.padStart(13);
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
