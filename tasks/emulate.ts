/**
 * `deno task emulate`: runs a program on the emulated machine and tells its time, its traffic and
 * what it left in HBM. Exits with 3 if the program faulted.
 *
 * @module
 */
import { join } from "@std/path";
import { atomicWrite, readFile, sha256, writeArtifact } from "../lib/artifacts/mod.ts";
import {
  EXIT,
  formatValue,
  InputError,
  type Options,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import {
  createMachine,
  DUMP_NAMES,
  dumpBytes,
  dumpChunks,
  type ExecutedInstruction,
  EXTENDED_RULES,
  formatFault,
  type Machine,
  MACHINE_RULES,
  type MachineRules,
  PLENA_RULES,
  stageLabels,
  StageProfiler,
  summarize,
  TraceCollector,
} from "../lib/emulator/mod.ts";
import { didYouMean } from "../lib/text/mod.ts";
import { isClock, type LoadedSettings, type Source } from "./_inputs.ts";
import { loadMemory, MEMORY_DETAILS, MEMORY_OPTIONS, regimeData } from "./_memory.ts";
import { isModelBuild, type LoadedProgram, loadProgram, settingsFor } from "./_program.ts";
import { runMachine } from "./_run_machine.ts";
import { outputBlobs, printResult, runData } from "./_run_report.ts";

const REPAIR_NAMES = MACHINE_RULES.map(({ name }) => name);

/** What the task takes. */
export const USAGE = {
  name: "emulate",
  summary: "Run a program on the emulated machine.",
  details: "Repairs of the extended machine:\n" +
    MACHINE_RULES.map(({ name, summary }) => `  ${name}: ${summary}.`).join("\n") + "\n\n" +
    MEMORY_DETAILS,
  options: {
    program: {
      type: "file",
      default: "out/build/program.json",
      help: "A build of isa:emit, folder or program.json, or a program as .asm or .mem.",
    },
    encoding: {
      choices: ["fixed", "compat"],
      default: "fixed",
      help: "How .asm is assembled: see isa:asm.",
    },
    settings: {
      type: "file",
      help: "Settings of the machine, artifact or PLENA TOML; unless given, those of the build " +
        "of a model, or the shipped ones.",
    },
    hbm: { type: "file", help: "HBM image, raw bytes; the program's own unless given." },
    fpSram: { type: "file", help: "FP SRAM image, binary16; the program's own unless given." },
    intSram: {
      type: "file",
      help: "INT SRAM image, 32-bit integers; the program's own unless given.",
    },
    vram: { type: "file", help: "Vector SRAM image, rows in the type of the settings." },
    hbmSize: { type: "size", help: "HBM capacity; the settings' unless given." },
    ...MEMORY_OPTIONS,
    clock: {
      default: "1000",
      help: "Clock of the machine, MHz, or board: that of the settings' board. Memory and host " +
        "link keep their own time. The public machine has 1000, whatever the board.",
    },
    machine: {
      choices: ["plena", "extended"],
      help: "The recorded machine, or the one with every repair; unless given, what the build of " +
        "a model was compiled for, or plena.",
    },
    repairs: { help: `Single repairs, with commas between, of: ${REPAIR_NAMES.join(", ")}.` },
    maxInstructions: {
      type: "integer",
      help: "Stop a program that has executed so many instructions, with exit code 3.",
    },
    dumpDir: { type: "folder", help: "Dump all memories here, in the public layouts." },
    trace: { type: "file", help: "Write a Chrome trace here, which Perfetto opens." },
    traceLimit: {
      type: "integer",
      default: 100000,
      help: "Instructions in the trace at the most.",
    },
    traceFrom: { type: "number", default: 0, help: "Where the trace begins, simulated ns." },
    traceTo: { type: "number", help: "Where the trace ends, simulated ns." },
    stageProfile: { type: "file", help: "Write the public stage profile here." },
    stageAsm: { type: "file", help: "Assembly text whose comments name the stages." },
    out: { type: "artifact", default: "out/run.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task emulate --program out/build --settings out/v80/settings.json",
    "deno task emulate --program out/build/program.mem --hbm out/build/hbm.bin " +
    "--fp-sram out/build/fp_sram.bin --memory-model ideal --out out/ideal/run.json",
    "deno task emulate --settings out/nexys_video/settings.json --memory-model auto " +
    "--ddr-capacity 20M --out out/auto/run.json",
    "deno task emulate --settings out/v80/settings.json --clock board --out out/clock/run.json",
    "deno task emulate --program out/tiny/program.json --settings out/tiny/v80.json " +
    "--memory-model auto --clock board --out out/tiny/run.json",
    "deno task emulate --trace out/trace.json --trace-limit 2000 --stage-profile out/stages.json",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const program = await loadProgram(options.program, options.encoding);
  const { machine: settings, board, source } = await settingsFor(program, options.settings);
  const rules = checkedMachine(program, options);
  const images = await loadImages(options);
  checkWindow(options);
  const clockMhz = chosenClock(options.clock, board);
  const memory = await loadMemory(options, program.build?.data.regions, board);
  const listeners = await makeListeners(options, program);

  const startMs = performance.now();
  const machine = createMachine({
    program: program.words,
    settings,
    memory: memory.model,
    rules: chosenRules(rules, options.repairs),
    clockMhz,
    ...program.images,
    ...images.content,
    ...(options.hbmSize === undefined ? {} : { hbmSizeBytes: options.hbmSize }),
  });
  const stopped = runMachine(machine, {
    total: program.build?.data.instructions.executed ?? 0,
    quiet: options.quiet,
    maxInstructions: options.maxInstructions,
    onInstruction: listeners.record,
  });
  const seconds = (performance.now() - startMs) / 1000;
  const result = summarize(machine);
  if (result.fault?.kind === "image") throw imageError(result.fault.reason, options);

  await listeners.write();
  if (options.dumpDir !== undefined) await writeDumps(machine, options.dumpDir);
  const text = await writeArtifact(options.out, "run", {
    task: USAGE.name,
    options: {
      encoding: options.encoding,
      hbmSize: options.hbmSize ?? null,
      memoryModel: options.memoryModel,
      memoryRules: memory.regime === undefined ? null : options.memoryRules,
      dram: memory.dram ?? null,
      ddrCapacity: options.ddrCapacity ?? null,
      hostBandwidth: options.hostBandwidth ?? null,
      clock: options.clock,
      machine: rules,
      repairs: options.repairs ?? null,
      maxInstructions: options.maxInstructions ?? null,
    },
    inputs: [
      program.source,
      ...(source === undefined ? [] : [source]),
      ...images.sources,
      ...memory.sources,
    ],
    blobs: outputBlobs(machine, program, options.out),
    data: {
      ...runData(result, board?.name ?? null),
      clockMhz,
      regime: regimeData(memory, options.memoryRules),
    },
  });
  printResult(terminal, result, board?.name ?? "none", seconds);
  if (clockMhz !== 1000) {
    terminal.line(`at ${clockMhz} MHz: ${formatValue(result.latencyNs * clockMhz / 1000)} cycles`);
  }
  for (const note of [...machineNotes(program, machine.rules), ...memory.notes]) {
    terminal.line(`note: ${note}`);
  }
  if (memory.regime !== undefined) {
    for (const warning of memory.regime.warnings()) terminal.line(`warning: ${warning}`);
    terminal.line(memory.regime.summaryLine());
    if (memory.reason !== undefined) {
      terminal.line(`auto chose ${memory.regime.name}: ${memory.reason}`);
    }
  }
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  if (result.fault !== undefined) terminal.failure(formatFault(result.fault));
  if (stopped) terminal.failure(`stopped at pc ${machine.pc}, as --max-instructions says`);
  return result.fault === undefined && !stopped ? EXIT.ok : EXIT.faulted;
}

/** An image that does not fit, with the file that it came from. */
function imageError(reason: string, options: EmulateOptions): InputError {
  const [option, help] = reason.startsWith("HBM size")
    ? ["hbmSize", "give --hbm-size as a multiple of 64 bytes"] as const
    : reason.startsWith("HBM")
    ? ["hbm", "give an image that fits, or a larger --hbm-size"] as const
    : reason.startsWith("FP")
    ? ["fpSram", "give an image that fits the FP SRAM"] as const
    : reason.startsWith("INT")
    ? ["intSram", "give an image that fits the INT SRAM"] as const
    : ["vram", "give an image of whole rows in the type of the settings"] as const;
  const file = option === "hbmSize" ? undefined : options[option] ?? options.program;
  return new InputError(reason, help, file === undefined ? undefined : { file });
}

type EmulateOptions = Options<typeof USAGE>;

/**
 * The machine that runs a program: what is asked for, or what the build of a model was compiled for. The
 * other one would read its weights otherwise; single repairs are left to the user.
 */
function checkedMachine(
  program: LoadedProgram,
  { machine, repairs }: EmulateOptions,
): "plena" | "extended" {
  const compiledFor = machineOf(program);
  const rules = machine ?? compiledFor ?? "plena";
  if (compiledFor === undefined || compiledFor === rules || repairs !== undefined) return rules;
  throw new InputError(
    `the program was compiled for the ${compiledFor} machine, --machine is ${rules}`,
    `leave --machine out, or emit the model again with: deno task isa:emit --machine ${rules}`,
    { file: program.source.path, path: "data.machine.rules" },
  );
}

/** What the build of a model was compiled for. */
function machineOf({ build }: LoadedProgram): "plena" | "extended" | undefined {
  return isModelBuild(build) ? build.data.machine.rules : undefined;
}

/** How the machine that ran differs from the one that a program was compiled for. */
function machineNotes(program: LoadedProgram, rules: MachineRules): string[] {
  const compiledFor = machineOf(program);
  if (compiledFor === undefined) return [];
  const [wanted, verb] = compiledFor === "plena"
    ? [PLENA_RULES, "has"] as const
    : [EXTENDED_RULES, "lacks"] as const;
  const differing = REPAIR_NAMES.filter((name) => rules[name] !== wanted[name]);
  if (differing.length === 0) return [];
  return [
    `the program was compiled for the ${compiledFor} machine, this one ${verb} ${
      differing.join(", ")
    }`,
  ];
}

function chosenRules(machine: "plena" | "extended", repairs: string | undefined): MachineRules {
  const rules: Record<string, boolean> = { ...machine === "plena" ? PLENA_RULES : EXTENDED_RULES };
  for (const name of repairs?.split(",").map((text) => text.trim()) ?? []) {
    if (!(name in rules)) {
      throw new UsageError(
        `unknown repair "${name}" in --repairs`,
        `${didYouMean(name, REPAIR_NAMES)}choose from ${REPAIR_NAMES.join(", ")}`,
      );
    }
    rules[name] = true;
  }
  return rules as MachineRules;
}

function chosenClock(clock: string, board: LoadedSettings["board"]): number {
  if (clock === "board") {
    if (board !== null) {
      if (isClock(board.clockMhz)) return board.clockMhz;
      throw new UsageError(
        `--clock board, which is ${board.clockMhz} MHz on ${board.name}`,
        "give --clock in MHz, or a board whose cycle is between 1 ps and 1 s",
      );
    }
    throw new UsageError(
      "--clock board, but the settings name no board",
      "give --settings of board:inject, or the clock in MHz",
    );
  }
  const mhz = Number(clock);
  if (clock.trim() !== "" && isClock(mhz)) return mhz;
  throw new UsageError(`--clock ${clock}`, "give MHz, above 0 and at most 1000000, or board");
}

function checkWindow({ traceFrom, traceTo = Infinity }: EmulateOptions): void {
  if (traceFrom >= 0 && traceTo > traceFrom) return;
  throw new UsageError(
    `a trace cannot go from ${traceFrom} to ${traceTo} ns`,
    "give --trace-from and a larger --trace-to, both from 0 up",
  );
}

/** Images that the user gives, by the name that the machine has for them. */
async function loadImages(options: EmulateOptions): Promise<{
  content: Partial<Record<"hbm" | "fpSram" | "intSram" | "vram", Uint8Array>>;
  sources: Source[];
}> {
  const content: Record<string, Uint8Array> = {};
  const sources: Source[] = [];
  for (const name of ["hbm", "fpSram", "intSram", "vram"] as const) {
    const path = options[name];
    if (path === undefined) continue;
    const bytes = await readFile(path, "give a memory image");
    content[name] = bytes;
    sources.push({ role: name, path, sha256: await sha256(bytes) });
  }
  return { content, sources };
}

/** What listens to the run, and writes its file afterwards. */
async function makeListeners(options: EmulateOptions, program: LoadedProgram): Promise<{
  record: ((instruction: ExecutedInstruction) => void) | undefined;
  write: () => Promise<void>;
}> {
  const { trace, stageProfile, traceTo } = options;
  const collector = trace === undefined ? undefined : new TraceCollector({
    maxInstructions: options.traceLimit,
    fromPs: options.traceFrom * 1000,
    ...(traceTo === undefined ? {} : { toPs: traceTo * 1000 }),
  });
  const profiler = stageProfile === undefined
    ? undefined
    : new StageProfiler(stageLabels(await stageText(options, program)));
  const records = [collector, profiler].flatMap((listener) =>
    listener === undefined ? [] : [listener.record]
  );
  return {
    record: records.length === 0
      ? undefined
      : (instruction) => records.forEach((record) => record(instruction)),
    write: async () => {
      if (collector !== undefined) await atomicWrite(trace!, collector.toJson());
      if (profiler !== undefined) await atomicWrite(stageProfile!, profiler.toJson());
    },
  };
}

async function stageText({ stageAsm }: EmulateOptions, program: LoadedProgram): Promise<string> {
  if (stageAsm !== undefined) {
    return new TextDecoder().decode(await readFile(stageAsm, "give assembly text with comments"));
  }
  if (program.assembly !== undefined) return program.assembly;
  throw new UsageError(
    "--stage-profile needs assembly text, a .mem program has none",
    "name it with --stage-asm",
  );
}

async function writeDumps(machine: Machine, folder: string): Promise<void> {
  for (const name of DUMP_NAMES) {
    const path = join(folder, `${name}_dump.bin`);
    await atomicWrite(path, {
      chunks: dumpChunks(machine, name, true),
      bytes: dumpBytes(machine, name),
    });
  }
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
