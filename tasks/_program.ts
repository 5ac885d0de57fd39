/**
 * Reading a program in any of its forms, with the images that belong to it.
 *
 * @module
 */
import {
  type ArtifactData,
  canonicalJson,
  type LoadedArtifact,
  readArtifact,
  readFile,
  sha256,
} from "../lib/artifacts/mod.ts";
import type { MachineSettings } from "../lib/boards/mod.ts";
import { InputError } from "../lib/cli/mod.ts";
import { assemble, parseMem } from "../lib/isa/mod.ts";
import type { Source } from "./_inputs.ts";

/** A program and its memory images. */
export interface LoadedProgram {
  /** Instruction words. */
  readonly words: Uint32Array;
  /** The same as assembly text; absent for bare words. */
  readonly assembly?: string;
  /** HBM from address 0. */
  readonly hbm?: Uint8Array;
  /** FP SRAM, binary16. */
  readonly fpSram?: Uint8Array;
  /** What isa:emit says of it; absent for bare text. */
  readonly data?: ArtifactData<"program">;
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

/**
 * Reads a program: `program.json` of isa:emit with its images, or bare `.asm` or `.mem`.
 *
 * @param encoding How `.asm` is assembled.
 * @throws {InputError} When the file is none of these.
 */
export async function loadProgram(
  path: string,
  encoding: "fixed" | "compat",
): Promise<LoadedProgram> {
  if (path.endsWith(".json")) {
    const program = await readArtifact(path, "program");
    return {
      words: parseMem(await blobText(program, "mem"), { file: path }),
      assembly: await blobText(program, "asm"),
      hbm: await program.blob("hbm"),
      fpSram: await program.blob("fp_sram"),
      data: program.data,
      source: { role: "program", path, sha256: program.sha256 },
    };
  }
  const bytes = await readFile(path, "give program.json, or a program as .asm or .mem");
  const text = decodeText(bytes, path);
  const source = { role: "program", path, sha256: await sha256(bytes) };
  if (path.endsWith(".mem")) return { words: parseMem(text, { file: path }), source };
  if (path.endsWith(".asm")) {
    return { words: assemble(text, { encoding, file: path }), assembly: text, source };
  }
  throw new InputError(
    "the name does not tell what kind of program this is",
    "give program.json, or a program as .asm or .mem",
    { file: path },
  );
}

/**
 * Reads the assembly text of a program: that of `program.json`, or any text file.
 */
export async function loadAssembly(path: string): Promise<{ text: string; source: Source }> {
  if (path.endsWith(".json")) {
    const program = await readArtifact(path, "program");
    return {
      text: await blobText(program, "asm"),
      source: { role: "program", path, sha256: program.sha256 },
    };
  }
  const bytes = await readFile(path, "give program.json or assembly text");
  return {
    text: decodeText(bytes, path),
    source: { role: "program", path, sha256: await sha256(bytes) },
  };
}

async function blobText(program: LoadedArtifact<"program">, role: string): Promise<string> {
  return new TextDecoder().decode(await program.blob(role));
}

/**
 * Checks that a program was compiled for a machine of these dimensions and types.
 *
 * @throws {InputError} Naming the first setting that differs.
 */
export function checkSettings(program: LoadedProgram, settings: MachineSettings): void {
  if (program.data === undefined) return;
  const { weightType, activationType, ...dimensions } = program.data.machine;
  const config: Readonly<Record<string, unknown>> = { ...settings.config };
  const wanted = { ...dimensions, HBM_M_WEIGHT_TYPE: weightType, HBM_V_ACT_TYPE: activationType };
  const given = { ...config, ...settings.precision } as Readonly<Record<string, unknown>>;
  for (const [key, value] of Object.entries(wanted)) {
    const [expected, found] = [canonicalJson(value), canonicalJson(given[key])];
    if (expected !== found) {
      throw new InputError(
        `the program was compiled for ${key} = ${expected}, the settings have ${found}`,
        "emit the program again with these settings: deno task isa:emit --settings",
        { file: program.source.path, path: "data.machine" },
      );
    }
  }
}
