/** Reading recorded reference runs, for tests and benchmarks; the format is in their README. */
import { type MachineSettings, parseSettingsToml } from "../boards/mod.ts";
import type { MachineOptions } from "./machine_options.ts";

/** One output file of a recorded run. */
export interface GoldenOutput {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The parts of `case.json` that tests read. */
export interface GoldenRecord {
  readonly name: string;
  readonly outputs: Readonly<Record<string, GoldenOutput | string>>;
  readonly cli_args: readonly string[];
  readonly exit_code: number;
  readonly result: {
    readonly latency_ns: string | null;
    readonly hbm_bytes_read?: number;
    readonly hbm_bytes_written?: number;
    readonly panic?: string;
    readonly fault_pc?: number | null;
  };
  readonly latency_ns_observed?: readonly string[];
  readonly latency_ns_fifo_ties?: string | null;
  readonly latency_ns_zero_hbm?: string | null;
  readonly main_port?: { readonly hbm_out?: GoldenOutput };
}

/** A recorded run with its inputs. */
export interface GoldenCase {
  readonly record: GoldenRecord;
  readonly settings: MachineSettings;
  /** Everything but the memory model. */
  readonly options: Omit<MachineOptions, "memory">;
}

/** Names of the cases in a folder; empty if there is no such folder. */
export function goldenNames(root: URL): string[] {
  try {
    return [...Deno.readDirSync(root)]
      .filter((entry) => entry.isDirectory && exists(new URL(`${entry.name}/case.json`, root)))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}

/** The bytes of a file of a case, packed with gzip or not. */
export async function goldenFile(folder: URL, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const plain = new URL(name, folder);
  if (!name.endsWith(".gz") && exists(plain)) return await Deno.readFile(plain);
  const packed = name.endsWith(".gz") ? plain : new URL(`${name}.gz`, folder);
  const stream = (await Deno.open(packed)).readable.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The instruction words of machine code text. */
export function parseWords(text: string): Uint32Array {
  return Uint32Array.from(text.split(/\s+/).filter((token) => token !== ""), (token) => {
    return parseInt(token.replace(/^0x/, ""), 16);
  });
}

/** Reads a case. */
export async function readGolden(folder: URL): Promise<GoldenCase> {
  const text = async (name: string): Promise<string> =>
    new TextDecoder().decode(await goldenFile(folder, name));
  const record = JSON.parse(await text("case.json")) as GoldenRecord;
  const settings = parseSettingsToml(await text("settings.toml"));
  const flag = (name: string): string | undefined => {
    const at = record.cli_args.indexOf(name);
    return at < 0 ? undefined : record.cli_args[at + 1];
  };
  const size = flag("--hbm-size");
  const optional = async (name: string): Promise<Uint8Array | undefined> => {
    const file = flag(name);
    return file === undefined ? undefined : await goldenFile(folder, file);
  };
  const [hbm, fpSram, intSram, vram] = await Promise.all(
    ["--hbm", "--fpsram", "--intsram", "--vram"].map(optional),
  );
  return {
    record,
    settings,
    options: {
      program: parseWords(await text(flag("--opcode")!)),
      settings,
      ...(hbm && { hbm }),
      ...(fpSram && { fpSram }),
      ...(intSram && { intSram }),
      ...(vram && { vram }),
      ...(size === undefined ? {} : { hbmSizeBytes: parseSize(size) }),
    },
  };
}

function parseSize(text: string): number {
  const match = /^(\d+)([KMGT]?)i?B?$/i.exec(text.trim());
  if (match === null) throw new SyntaxError(`Not a size: ${text}`);
  return Number(match[1]) * 1024 ** " KMGT".indexOf(match[2]!.toUpperCase() || " ");
}

/** The lower-case hexadecimal SHA-256 of bytes. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
