/**
 * Reading what several tasks take: settings in either form, boards by name.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import {
  type LoadedArtifact,
  OWN_FILE,
  readArtifact,
  readFile,
  sha256,
} from "../lib/artifacts/mod.ts";
import {
  type Board,
  boardCapacityBytes,
  boardMemoryType,
  hostBandwidthBytesPerSecond,
  type MachineSettings,
  parseBoard,
  parseSettingsToml,
  SHIPPED_SETTINGS,
} from "../lib/boards/mod.ts";
import { InputError, UsageError } from "../lib/cli/mod.ts";
import { didYouMean } from "../lib/text/mod.ts";

/** A file that an artifact was made from. */
export interface Source {
  /** What it was to the task. */
  readonly role: string;
  /** Where it lies, as the user gave it. */
  readonly path: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
}

/** Settings and where they come from. */
export interface LoadedSettings {
  /** The machine. */
  readonly machine: MachineSettings;
  /** The board whose latencies are in them; null when they name none. */
  readonly board: LoadedArtifact<"settings">["data"]["board"] | null;
  /** The text of the file, if it is a PLENA TOML. */
  readonly toml?: string;
  /** The file, unless these are the shipped settings. */
  readonly source?: Source;
}

/** Reads settings: an artifact of board:inject, a PLENA TOML, or the shipped ones without a path. */
export async function loadSettings(path: string | undefined): Promise<LoadedSettings> {
  if (path === undefined) return { machine: SHIPPED_SETTINGS, board: null };
  if (path.endsWith(".toml")) {
    const bytes = await readFile(path, "give a PLENA settings file with --settings");
    const toml = new TextDecoder().decode(bytes);
    return {
      machine: parseSettingsToml(toml, path),
      board: null,
      toml,
      source: { role: "settings", path, sha256: await sha256(bytes) },
    };
  }
  if (/\.ya?ml$/.test(path)) {
    throw new InputError(
      "a YAML file describes a board, and is no settings",
      `make settings for it with: deno task board:inject ${path}`,
      { file: path },
    );
  }
  const { data, sha256: hash } = await readArtifact(path, "settings");
  return {
    machine: data.machine,
    board: data.board,
    source: { role: "settings", path, sha256: hash },
  };
}

/** What settings say of the board whose latencies are in them. */
export function boardFacts(board: Board): LoadedArtifact<"settings">["data"]["board"] {
  return {
    name: board.name,
    description: board.description,
    clockMhz: board.clock_mhz,
    capacityBytes: boardCapacityBytes(board),
    memoryType: boardMemoryType(board) ?? null,
    hostBytesPerSecond: hostBandwidthBytesPerSecond(board) ?? null,
  };
}

/** Whether a cycle is from a picosecond to a second, as the machine has it. */
export function isClock(mhz: number): boolean {
  return mhz >= 1e-6 && mhz <= 1e6;
}

const BOARDS_FOLDER = new URL("../boards/", import.meta.url);

/** Names of the boards that come with fourbit, sorted. */
export function boardNames(): string[] {
  return [...Deno.readDirSync(BOARDS_FOLDER)]
    .flatMap(({ name }) => (name.endsWith(".yaml") ? [name.slice(0, -".yaml".length)] : []))
    .sort();
}

/**
 * Reads a board: by its name, or a YAML file by its path.
 *
 * @throws {UsageError} When there is no board of that name.
 */
export async function loadBoard(nameOrPath: string): Promise<{ board: Board; source: Source }> {
  const isPath = /[\\/]|\.ya?ml$/.test(nameOrPath);
  const names = boardNames();
  if (!isPath && !names.includes(nameOrPath)) {
    throw new UsageError(
      `unknown board "${nameOrPath}"`,
      `${didYouMean(nameOrPath, names)}choose from ${names.join(", ")}, or give a YAML file`,
    );
  }
  const file = isPath ? nameOrPath : fromFileUrl(new URL(`${nameOrPath}.yaml`, BOARDS_FOLDER));
  const path = isPath ? nameOrPath : `${OWN_FILE}boards/${nameOrPath}.yaml`;
  const bytes = await readFile(file, `give a board's YAML file, or one of ${names.join(", ")}`);
  const board = parseBoard(new TextDecoder().decode(bytes), path);
  return { board, source: { role: "board", path, sha256: await sha256(bytes) } };
}

/** The settings of a file, if one is given, and where they are from. */
export async function givenSettings(
  path: string | undefined,
): Promise<{ readonly given?: MachineSettings; readonly source?: Source }> {
  if (path === undefined) return {};
  const { machine, source } = await loadSettings(path);
  return { given: machine, ...(source === undefined ? {} : { source }) };
}
