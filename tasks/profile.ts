/**
 * `deno task profile`: counts the cycles of a program by the static model of the public profiler, and
 * sets the emulated machine's own costs beside it. How often an instruction is executed is what the
 * build of a model says, or else what the loops of the text do.
 *
 * @module
 */
import {
  boardCosts,
  compareWithMachine,
  profileAssembly,
  type StaticProfile,
} from "../lib/analysis/mod.ts";
import {
  type ArtifactData,
  type LoadedArtifact,
  readArtifact,
  writeArtifact,
} from "../lib/artifacts/mod.ts";
import { injectBoard } from "../lib/boards/mod.ts";
import {
  EXIT,
  formatValue,
  InputError,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { loadBoard, loadSettings } from "./_inputs.ts";
import { type Build, loadAssembly, otherDimension } from "./_program.ts";

/** What the task takes. */
export const USAGE = {
  name: "profile",
  summary: "Count the cycles of a program by the static model of a board.",
  arguments: {
    program: { help: "a build of isa:emit, or a program as .asm; out/build unless given" },
  },
  options: {
    board: { default: "nexys_video", help: "Board whose costs count." },
    settings: {
      type: "file",
      help: "Base settings, artifact or PLENA TOML; unless given, those of the build of a model, " +
        "or the shipped ones.",
    },
    mlen: { type: "integer", help: "Edge of a matrix tile; the settings' unless given." },
    run: {
      type: "file",
      help:
        "run.json of the same program: what its instructions took stands beside, transfers too.",
    },
    clockMhz: { type: "number", help: "Clock; the board's unless given." },
    out: { type: "artifact", default: "out/profile.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task profile out/build --board v80",
    "deno task profile out/build/program.asm --mlen 256",
    "deno task profile --board v80 --run out/v80/run.json",
    "deno task profile out/tiny/program.json --board v80 --run out/tiny/run.json",
  ],
} as const satisfies Usage;

/** Stages in the table at the most. */
const SHOWN_STAGES = 20;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  checkNumber("--mlen", options.mlen, 1);
  checkNumber("--clock-mhz", options.clockMhz, 1e-6);
  const program = await loadAssembly(options.program ?? "out/build/program.json");
  const { text, source } = program;
  const { board, source: boardSource } = await loadBoard(options.board);
  const base = options.settings === undefined && program.settings !== undefined
    ? { machine: program.settings }
    : await loadSettings(options.settings);
  const injected = injectBoard(base.machine, board).settings;
  const mlen = options.mlen ?? injected.config.mlen;
  const vlen = options.mlen ?? injected.config.vlen;
  const settings = { ...injected, config: { ...injected.config, mlen, vlen } };
  const other = otherDimension(program, settings);

  const executions = await knownExecutions(program.build);
  if (executions === undefined) checkLoops(text, source.path);
  const profile = profileAssembly(text, boardCosts(board, settings), executions);
  checkProfile(profile, text, source.path);
  const run = options.run === undefined ? undefined : await readArtifact(options.run, "run");
  if (run !== undefined) checkRun(run, source.sha256, profile.dynamicInstructions, options.run!);
  const opcodes = compareWithMachine(profile, settings, measuredCycles(run?.data));

  const clockMhz = options.clockMhz ?? board.clock_mhz;
  const ms = profile.cycles / (clockMhz * 1000);
  const artifact = await writeArtifact(options.out, "profile", {
    task: USAGE.name,
    options: { board: board.name, clockMhz, mlen },
    inputs: [
      source,
      boardSource,
      ...("source" in base ? [base.source] : []),
      ...(run === undefined ? [] : [{ role: "run", path: options.run!, sha256: run.sha256 }]),
    ],
    data: { ...profile, board: board.name, clockMhz, mlen, ms, opcodes },
  });
  terminal.table(
    ["opcode", "executed", "cycles each", "cycles", "emulated each", "why they differ"],
    opcodes.map(({ opcode, executed, cycles, emulatedCycles, difference }) => [
      opcode,
      executed,
      cycles,
      executed * cycles,
      emulatedCycles === null ? "-" : String(emulatedCycles),
      difference,
    ]),
  );
  if (profile.stages.length > 1) {
    terminal.table(
      ["stage, by its comment", "instructions", "executed", "cycles", "share"],
      [...profile.stages].sort((a, b) => b.cycles - a.cycles).slice(0, SHOWN_STAGES).map((
        { stage, instructions, executed, cycles },
      ) => [
        stage === "" ? "before any comment" : stage,
        instructions,
        executed,
        cycles,
        `${(100 * cycles / profile.cycles).toFixed(1)} %`,
      ]),
    );
    const more = profile.stages.length - SHOWN_STAGES;
    if (more > 0) terminal.line(`and ${more} stages more, in the artifact`);
  }
  terminal.table(
    ["board", "instructions", "executed", "cycles", "ms at the clock", "clock, MHz"],
    [[
      board.name,
      profile.staticInstructions,
      profile.dynamicInstructions,
      profile.cycles,
      ms,
      clockMhz,
    ]],
  );
  if (run !== undefined) {
    const { latencyPs, clockMhz, memoryModel, board: name } = run.data;
    const emulated = cyclesOf(latencyPs, clockMhz);
    terminal.line(
      `emulated on ${name ?? "no board"} with memory model ${memoryModel}: ${
        formatValue(emulated)
      } cycles, ${(emulated / profile.cycles).toFixed(3)} times the static ones`,
    );
  }
  if (other !== undefined) {
    const { key, expected, found } = other;
    terminal.line(
      `note: the program was compiled for ${key} = ${expected}, these cycles are those of a machine ` +
        `with ${found}`,
    );
  }
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(artifact);
  return EXIT.ok;
}

/** How often a run executes each instruction, if the program is of a build that says so. */
async function knownExecutions(build: Build | undefined): Promise<Float64Array | undefined> {
  if (!build?.artifact.blobs.some(({ role }) => role === "executions")) return undefined;
  const { buffer, length } = await build.blob("executions");
  return new Float64Array(buffer, 0, Math.floor(length / Float64Array.BYTES_PER_ELEMENT));
}

/** Refuses the run of another program: neither the file nor the number of instructions is the same. */
function checkRun(
  { artifact, data }: LoadedArtifact<"run">,
  program: string,
  executed: number,
  file: string,
): void {
  const isSame = artifact.inputs.some(({ role, sha256 }) =>
    role === "program" && sha256 === program
  );
  if (isSame || data.instructions === executed) return;
  throw new InputError(
    `this is the run of another program: it executed ${data.instructions} instructions, ` +
      `this one executes ${executed}`,
    "give the run.json of this program",
    { file, path: "inputs" },
  );
}

/** Cycles of the machine in a time. */
function cyclesOf(ps: number, clockMhz: number): number {
  return ps / Math.round(1e6 / clockMhz);
}

/** Mean cycles of an execution of every opcode of a run. */
function measuredCycles(run: ArtifactData<"run"> | undefined): Map<string, number> {
  return new Map(
    (run?.perOpcode ?? []).filter(({ executed }) => executed > 0).map(({ name, executed, ps }) => [
      name,
      cyclesOf(ps, run!.clockMhz) / executed,
    ]),
  );
}

function checkNumber(option: string, value: number | undefined, least: number): void {
  if (value === undefined || value >= least) return;
  throw new UsageError(`${option} cannot be ${value}`, `give a number of at least ${least}`);
}

/** Refuses a text that is no assembly, and a program whose cycles cannot be counted exactly. */
function checkProfile(
  { staticInstructions, cycles, dynamicInstructions }: StaticProfile,
  text: string,
  file: string,
): void {
  if (staticInstructions === 0 && text.trim() !== "") {
    throw new InputError(
      "no line is an instruction",
      "give assembly text; isa:disasm makes it of a .mem",
      { file },
    );
  }
  if (!Number.isSafeInteger(cycles) || !Number.isSafeInteger(dynamicInstructions)) {
    throw new InputError(
      `the program takes more than ${formatValue(Number.MAX_SAFE_INTEGER)} cycles`,
      "look at the counts of its loops, and at --mlen",
      { file },
    );
  }
}

/** Refuses a text whose run does not follow from the counts of its loops. */
function checkLoops(text: string, file: string): void {
  const crossed = crossedLoop(text);
  if (crossed === undefined) return;
  throw new InputError(
    `its loops are not one in another: ${crossed} does not end the innermost one`,
    "such a run does not follow from the counts of its loops, as where long ones are renewed: " +
      (file.endsWith(".json")
        ? "emit the model again, and its program.json says how often each instruction runs"
        : "give program.json of the build, which says how often each instruction runs, or see what " +
          "deno task emulate tells of it"),
    { file },
  );
}

/** The first C_LOOP_END that does not end the innermost open loop, which the static model cannot follow. */
function crossedLoop(text: string): string | undefined {
  const open: string[] = [];
  for (const [line, kind, register] of text.matchAll(/^\s*C_LOOP_(START|END)\s+(\w+).*/gm)) {
    if (kind === "START") open.push(register!);
    else if (open.length > 0 && open.pop() !== register) return line.trim();
  }
  return undefined;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
