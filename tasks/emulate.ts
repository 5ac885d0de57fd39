/**
 * `deno task emulate`: runs a program on the emulated machine and tells its time, its traffic and
 * what it left in HBM. Exits with 3 if the program faulted.
 *
 * @module
 */
import { readFile, writeArtifact } from "../lib/artifacts/mod.ts";
import {
  EXIT,
  parseOptions,
  runTask,
  startProgress,
  Terminal,
  type Usage,
} from "../lib/cli/mod.ts";
import { formatFault, run } from "../lib/emulator/mod.ts";
import {
  fixedLatencyMemory,
  hbm2Memory,
  idealMemory,
  type MemoryModel,
} from "../lib/memory/mod.ts";
import { loadSettings } from "./_inputs.ts";
import { checkSettings, loadProgram } from "./_program.ts";

/** Memory models by name: a new one for every run, because they remember. */
const MEMORY_MODELS = {
  hbm: hbm2Memory,
  ideal: idealMemory,
  "fixed-latency": () => fixedLatencyMemory({ readNs: 50, writeNs: 50, bytesPerNs: 16 }),
} as const satisfies Record<string, () => MemoryModel>;

/** What the task takes. */
export const USAGE = {
  name: "emulate",
  summary: "Run a program on the emulated machine.",
  options: {
    program: {
      type: "file",
      default: "out/build/program.json",
      help: "program.json of isa:emit, or a program as .asm or .mem.",
    },
    settings: {
      type: "file",
      help: "Settings of the machine, artifact or PLENA TOML; the shipped ones unless given.",
    },
    hbm: { type: "file", help: "HBM image, raw bytes; the program's own unless given." },
    fpSram: { type: "file", help: "FP SRAM image, binary16; the program's own unless given." },
    hbmSize: { type: "size", help: "HBM capacity; the settings' unless given." },
    memoryModel: {
      choices: ["hbm", "ideal", "fixed-latency"],
      default: "hbm",
      help:
        "Timing of HBM: the public machine's HBM2, cycle by cycle; no time at all; or 50 ns and " +
        "16 bytes/ns per transfer, a rough guess and no device.",
    },
    out: { type: "file", default: "out/run.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task emulate --program out/build/program.json --settings out/v80/settings.json",
    "deno task emulate --program out/build/program.mem --hbm out/build/hbm.bin " +
    "--fp-sram out/build/fp_sram.bin --memory-model ideal --out out/ideal/run.json",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const program = await loadProgram(options.program);
  const { machine: settings, board, source } = await loadSettings(options.settings);
  checkSettings(program, settings);
  const hbm = options.hbm === undefined ? program.hbm : await image(options.hbm, "hbm");
  const fpSram = options.fpSram === undefined
    ? program.fpSram
    : await image(options.fpSram, "fp-sram");

  const total = program.data?.instructions.executed ?? 0;
  const progress = startProgress("emulating", total, options.quiet || total === 0);
  let executed = 0;
  const startMs = performance.now();
  const result = run({
    program: program.words,
    settings,
    memory: MEMORY_MODELS[options.memoryModel](),
    ...(hbm === undefined ? {} : { hbm }),
    ...(fpSram === undefined ? {} : { fpSram }),
    ...(options.hbmSize === undefined ? {} : { hbmSizeBytes: options.hbmSize }),
    onInstruction: () => {
      if ((++executed & 0xffff) === 0) progress.update(executed);
    },
  });
  const seconds = (performance.now() - startMs) / 1000;
  progress.end();

  const { machine, fault, latencyPs, latencyNs, instructions } = result;
  const stem = options.out.replace(/\.json$/, "");
  const wanted = new Set(program.data?.outputs.wires.map(({ region }) => region));
  const regions = fault === undefined
    ? program.data?.regions.filter(({ name }) => wanted.has(name)) ?? []
    : [];
  const text = await writeArtifact(options.out, "run", {
    task: USAGE.name,
    options: { memoryModel: options.memoryModel, hbmSize: options.hbmSize ?? null },
    inputs: [program.source, ...(source === undefined ? [] : [source])],
    blobs: regions.map(({ name, offset, sizeBytes }) => ({
      role: `region:${name}`,
      path: `${stem}.${name}.bin`,
      content: machine.hbm.read(offset, sizeBytes),
    })),
    data: {
      board: board?.name ?? null,
      memoryModel: result.memory.name,
      repairs: Object.entries(result.rules).flatMap(([name, on]) => (on ? [name] : [])),
      latencyPs,
      latencyNs,
      instructions,
      hbm: result.hbm,
      perOpcode: result.perOpcode.map(({ mnemonic, executed, ps, bytesRead, bytesWritten }) => ({
        name: mnemonic,
        executed,
        ps,
        bytesRead,
        bytesWritten,
      })),
      perUnit: result.perUnit.map(({ unit, executed, ps, bytesRead, bytesWritten }) => ({
        name: unit,
        executed,
        ps,
        bytesRead,
        bytesWritten,
      })),
      attribution: { ...result.attribution },
      memory: result.memory.statistics,
      fault: fault === undefined ? null : {
        pc: fault.pc,
        mnemonic: fault.mnemonic,
        operands: fault.operands.map(({ name, text, value }) => `${name}=${text}:${value}`).join(
          " ",
        ),
        reason: fault.reason,
      },
    },
  });
  terminal.table(
    ["unit", "executed", "ns", "share", "bytes read", "bytes written"],
    result.perUnit.map(({ unit, executed, ps, bytesRead, bytesWritten }) => [
      unit,
      executed,
      ps / 1000,
      latencyPs === 0 ? "0 %" : `${(100 * ps / latencyPs).toFixed(1)} %`,
      bytesRead,
      bytesWritten,
    ]),
  );
  terminal.table(
    [
      "board",
      "memory model",
      "instructions",
      "latency, ns",
      "bytes read",
      "bytes written",
      "host s",
    ],
    [[
      board?.name ?? "none",
      result.memory.name,
      instructions,
      latencyNs,
      result.hbm.bytesRead,
      result.hbm.bytesWritten,
      seconds,
    ]],
  );
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  if (fault !== undefined) terminal.failure(formatFault(fault));
  return fault === undefined ? EXIT.ok : EXIT.faulted;
}

function image(path: string, option: string): Promise<Uint8Array> {
  return readFile(path, `give an image with --${option}`);
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
