/**
 * `deno task board:inject`: puts a board's latencies into the machine's settings.
 *
 * @module
 */
import { writeArtifact } from "../lib/artifacts/mod.ts";
import { formatSettingsToml, HBM_TYPES, injectBoard, injectBoardToml } from "../lib/boards/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import { boardFacts, loadBoard, loadSettings } from "./_inputs.ts";

/** What the task takes. */
export const USAGE = {
  name: "board:inject",
  summary: "Apply a board's latencies to the machine's settings.",
  arguments: { board: { required: true, help: "a board by name, or its YAML file" } },
  options: {
    settings: {
      type: "file",
      help:
        "Base settings, artifact or PLENA TOML; the shipped ones unless given. Of a TOML, the " +
        "table ANALYTIC gets the latencies too, and everything else stays.",
    },
    dcLib: {
      choices: ["on", "off"],
      help: "Whether there is a dedicated-compute library; the board says unless given.",
    },
    weights: {
      choices: ["mxfp8", "mxfp4"],
      help:
        "How weights lie in HBM; as in the base settings unless given. The machine reads mxfp4 " +
        "only with its repair hbm4bit.",
    },
    out: {
      type: "artifact",
      default: "out/settings.json",
      help: "Where the artifact goes; the PLENA TOML goes beside it.",
    },
  },
  examples: [
    "deno task board:inject nexys_video --out out/nexys_video/settings.json",
    "deno task board:inject v80 --weights mxfp4 --out out/v80_mxfp4/settings.json",
    "deno task board:inject v80 --settings out/tiny/settings.toml --out out/tiny/v80.json",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const { board, source } = await loadBoard(options.board);
  const base = await loadSettings(options.settings);

  const { dcLib, weights } = options;
  const precision = weights === undefined ? {} : { HBM_M_WEIGHT_TYPE: HBM_TYPES[weights] };
  const machine = { ...base.machine, precision: { ...base.machine.precision, ...precision } };
  const injection = dcLib === undefined ? {} : { dcLib };
  const { settings, changes: inMachine } = injectBoard(machine, board, injection);
  // A PLENA TOML keeps what only other tools read, and its table ANALYTIC gets the latencies too.
  const { toml: tomlText, changes } = base.toml === undefined
    ? { toml: formatSettingsToml(settings), changes: inMachine }
    : injectBoardToml(base.toml, board, { ...injection, precision }, options.settings);

  const toml = options.out.replace(/\.json$/, "") + ".toml";
  const text = await writeArtifact(options.out, "settings", {
    task: USAGE.name,
    options: { board: board.name, dcLib: dcLib ?? null, weights: weights ?? null },
    inputs: [source, ...(base.source === undefined ? [] : [base.source])],
    blobs: [{ role: "toml", path: toml, content: tomlText }],
    data: {
      board: boardFacts(board),
      machine: settings,
      changes,
    },
  });
  terminal.table(
    ["key", "before", "after", "from"],
    changes.map(({ key, before, after, source }) => [key, before, after, source]),
  );
  terminal.line(`applied ${board.name} (DC_EN=${settings.config.dcEn}), wrote ${options.out}`);
  terminal.artifact(text);
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
