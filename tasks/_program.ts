/**
 * Reading a program in any of its forms, with the images that belong to it.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import {
  canonicalJson,
  type LoadedArtifact,
  readArtifact,
  readFile,
  sha256,
} from "../lib/artifacts/mod.ts";
import { type MachineSettings, parseSettingsToml } from "../lib/boards/mod.ts";
import { InputError } from "../lib/cli/mod.ts";
import { assemble, parseMem } from "../lib/isa/mod.ts";
import { type LoadedSettings, loadSettings, type Source } from "./_inputs.ts";

/** Name of the artifact in a build folder. */
export const BUILD_FILE = "program.json";

/** What isa:emit says of a program: the build of a circuit, or of a model. */
export type Build = LoadedArtifact<"program"> | LoadedArtifact<"model">;

/** The file that is meant by a build folder, or a file itself. */
export async function programFile(path: string): Promise<string> {
  const isFolder = await Deno.stat(path).then((stat) => stat.isDirectory, () => false);
  return isFolder ? join(path, BUILD_FILE) : path;
}

/** Reads `program.json` of isa:emit, of either kind. */
export async function readBuild(path: string): Promise<Build> {
  const bytes = await readFile(path, "make it with: deno task isa:emit");
  return kindOf(new TextDecoder().decode(bytes)) === "model"
    ? await readArtifact(path, "model")
    : await readArtifact(path, "program");
}

function kindOf(text: string): unknown {
  try {
    return JSON.parse(text)?.kind;
  } catch {
    // Reading the artifact says what is wrong.
    return undefined;
  }
}

/** Whether a build is that of a model. */
export function isModelBuild(build: Build | undefined): build is LoadedArtifact<"model"> {
  return build?.artifact.kind === "model";
}

/** A program and its memory images. */
export interface LoadedProgram {
  /** Instruction words. */
  readonly words: Uint32Array;
  /** The same as assembly text; absent for bare words. */
  readonly assembly?: string;
  /** The images that belong to it, by the names that the machine has for them. */
  readonly images: Partial<Record<"hbm" | "fpSram" | "intSram", Uint8Array>>;
  /** The settings of its build; absent where the shipped ones will do. */
  readonly settings?: MachineSettings;
  /** What isa:emit says of it; absent for bare text. */
  readonly build?: Build;
  /** The file. */
  readonly source: Source;
}

/**
 * Decodes text that a user gave: assembly, or words in hexadecimal.
 *
 * @throws {InputError} When it has a byte 0, as images have and texts do not; quoting such a file in
 * a message would fill the terminal.
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (!bytes.includes(0)) return new TextDecoder().decode(bytes);
  throw new InputError("this is no text: it has a byte 0", "give a text file, no image", { file });
}

/** The blobs of a build that are memory images, by the names that the machine has for them. */
const IMAGE_ROLES = { hbm: "hbm", fpSram: "fp_sram", intSram: "int_sram" } as const;

/**
 * Reads a program: `program.json` of isa:emit with its images, by itself or its folder, or bare
 * `.asm` or `.mem`.
 *
 * @param encoding How `.asm` is assembled.
 * @throws {InputError} When the file is none of these.
 */
export async function loadProgram(
  fileOrFolder: string,
  encoding: "fixed" | "compat",
): Promise<LoadedProgram> {
  const path = await programFile(fileOrFolder);
  if (path.endsWith(".json")) {
    const build = await readBuild(path);
    const { blobs } = build.artifact;
    const images: Record<string, Uint8Array> = {};
    for (const [name, role] of Object.entries(IMAGE_ROLES)) {
      if (blobs.some((blob) => blob.role === role)) images[name] = await build.blob(role);
    }
    const settings = blobs.find(({ role }) => role === "settings")?.path;
    return {
      words: parseMem(await blobText(build, "mem"), { file: path }),
      assembly: await blobText(build, "asm"),
      images,
      ...(settings === undefined ? {} : {
        settings: parseSettingsToml(
          await blobText(build, "settings"),
          join(dirname(path), settings),
        ),
      }),
      build,
      source: { role: "program", path, sha256: build.sha256 },
    };
  }
  const bytes = await readFile(path, "give program.json, or a program as .asm or .mem");
  const text = decodeText(bytes, path);
  const source = { role: "program", path, sha256: await sha256(bytes) };
  if (path.endsWith(".mem")) return { words: parseMem(text, { file: path }), images: {}, source };
  if (path.endsWith(".asm")) {
    return { words: assemble(text, { encoding, file: path }), assembly: text, images: {}, source };
  }
  throw new InputError(
    "the name does not tell what kind of program this is",
    "give program.json, or a program as .asm or .mem",
    { file: path },
  );
}

/** Assembly text, and the machine that it was compiled for if that is known. */
export interface LoadedAssembly {
  readonly text: string;
  readonly settings?: MachineSettings;
  /** What isa:emit says of it; absent for bare text. */
  readonly build?: Build;
  readonly source: Source;
}

/**
 * Reads the assembly text of a program: that of `program.json` or its folder, or any text file. Of
 * a model's comments only those of its stages are kept.
 */
export async function loadAssembly(fileOrFolder: string): Promise<LoadedAssembly> {
  const path = await programFile(fileOrFolder);
  if (path.endsWith(".json")) {
    const { assembly, build, settings, source } = await loadProgram(path, "fixed");
    const text = isModelBuild(build)
      ? assembly!.replace(/^; (?!===).*\n/gm, "").replace(/^; === (.*) ===$/gm, "; $1")
      : assembly!;
    return {
      text,
      source,
      ...(settings === undefined ? {} : { settings }),
      ...(build === undefined ? {} : { build }),
    };
  }
  const bytes = await readFile(path, "give program.json or assembly text");
  return {
    text: decodeText(bytes, path),
    source: { role: "program", path, sha256: await sha256(bytes) },
  };
}

async function blobText(build: Build, role: string): Promise<string> {
  return new TextDecoder().decode(await build.blob(role));
}

/**
 * The settings that a program runs with: those that are given, if it was compiled for a machine of
 * these dimensions and types, or else those of its build, or else the shipped ones.
 *
 * @throws {InputError} Naming the first setting that differs.
 */
export async function settingsFor(
  program: LoadedProgram,
  path: string | undefined,
): Promise<LoadedSettings> {
  if (path === undefined && program.settings !== undefined) {
    return { machine: program.settings, board: null };
  }
  const loaded = await loadSettings(path);
  const { dimensions, types } = wantedSettings(program);
  const other = firstOther({ ...dimensions, ...types }, {
    ...loaded.machine.config,
    ...loaded.machine.precision,
  });
  if (other === undefined) return loaded;
  const { key, expected, found } = other;
  const file = program.source.path;
  throw new InputError(
    `the program was compiled for ${key} = ${expected}, the settings have ${found}`,
    program.settings === undefined
      ? "emit the program again with these settings: deno task isa:emit --settings"
      : "make settings from those of the build: deno task board:inject BOARD --settings " +
        join(dirname(file), "settings.toml"),
    { file, path: "data.machine" },
  );
}

/** A setting that a program was compiled for, and what others have, both as JSON. */
export interface OtherSetting {
  readonly key: string;
  readonly expected: string;
  readonly found: string;
}

/** The first dimension that a program was compiled for and that a machine does not have. */
export function otherDimension(
  program: Compiled,
  { config }: MachineSettings,
): OtherSetting | undefined {
  return firstOther(wantedSettings(program).dimensions, { ...config });
}

function firstOther(
  wanted: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, unknown>>,
): OtherSetting | undefined {
  return Object.entries(wanted)
    .map(([key, value]) => ({
      key,
      expected: canonicalJson(value),
      found: canonicalJson(given[key]),
    }))
    .find(({ expected, found }) => expected !== found);
}

/** What tells what a program was compiled for. */
type Compiled = Pick<LoadedProgram, "build" | "settings">;

/** Settings of which the others are the machine's own business: how large and how fast it is. */
const COMPILED_FOR = [
  "mlen",
  "vlen",
  "blen",
  "hlen",
  "broadcastAmount",
  "hbmMPrefetchRows",
  "hbmVPrefetchRows",
  "hbmVWritebackRows",
] as const;

/** What a program was compiled for; of bare text nothing is known. */
function wantedSettings({ build, settings }: Compiled): {
  readonly dimensions: Readonly<Record<string, unknown>>;
  readonly types: Readonly<Record<string, unknown>>;
} {
  if (settings !== undefined) {
    const { config, precision } = settings;
    return {
      dimensions: Object.fromEntries(COMPILED_FOR.map((key) => [key, config[key]])),
      types: { ...precision },
    };
  }
  if (build === undefined || isModelBuild(build)) return { dimensions: {}, types: {} };
  const { weightType, activationType, ...dimensions } = build.data.machine;
  return {
    dimensions,
    types: { HBM_M_WEIGHT_TYPE: weightType, HBM_V_ACT_TYPE: activationType },
  };
}
