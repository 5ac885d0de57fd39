/**
 * A decoder on a machine: its settings, its image in HBM, and a session of programs over it.
 *
 * @module
 */
import { HBM_TYPES, type MachineSettings } from "../lib/boards/mod.ts";
import { type OptionUsage, UsageError } from "../lib/cli/mod.ts";
import { type CompiledDecoder, DecoderSession } from "../lib/compiler/mod.ts";
import { EXTENDED_RULES, formatFault, type Machine, run } from "../lib/emulator/mod.ts";
import { continuedMemory, type MemoryModel, SparseMemory } from "../lib/memory/mod.ts";

/** The options that shape the machine for a decoder. */
export const DECODER_OPTIONS = {
  weights: {
    choices: ["bf16", "mxfp8", "mxfp4"],
    default: "bf16",
    help: "How weights lie in HBM; 4-bit ones need the repaired machine, which is then taken. " +
      "Keys, values and tables are mxfp8 beside block formats.",
  },
  mlen: {
    type: "integer",
    help: "Edge of a matrix tile and length of a row; 16, or 32 with mxfp4, unless given.",
  },
  blen: { type: "integer", default: 4, help: "Rows of a block of the matrix unit." },
  matrix: {
    choices: ["blocks", "broadcast"],
    default: "blocks",
    help: "Products in blocks of BLEN rows, or of whole tiles, which the machine does in one go.",
  },
} as const satisfies Record<string, OptionUsage>;

/** The values of {@linkcode DECODER_OPTIONS}. */
export interface DecoderChoice {
  readonly weights: "bf16" | "mxfp8" | "mxfp4";
  readonly mlen: number | undefined;
  readonly blen: number;
  readonly matrix: "blocks" | "broadcast";
}

/**
 * Settings for a decoder: the dimensions and formats that were chosen, one head slot as wide as a
 * tile, and transfers of whole tiles and blocks, as builds of the public compiler have them.
 *
 * @throws {UsageError} When a dimension is 0.
 */
export function decoderSettings(base: MachineSettings, choice: DecoderChoice): MachineSettings {
  // A block of MXFP4 is 32 elements, and lies in one row.
  const { weights, mlen = weights === "mxfp4" ? 32 : 16, blen } = choice;
  if (blen < 1 || mlen < 1) {
    throw new UsageError(`MLEN ${mlen} and BLEN ${blen}`, "give --mlen and --blen of at least 1");
  }
  const { precision } = base;
  const bf16 = precision.VECTOR_SRAM_TYPE;
  const beside = weights === "bf16" ? bf16 : HBM_TYPES.mxfp8;
  return {
    ...base,
    config: {
      ...base.config,
      mlen,
      vlen: mlen,
      blen,
      hlen: mlen,
      broadcastAmount: 1,
      hbmMPrefetchRows: mlen,
      hbmVPrefetchRows: blen,
      hbmVWritebackRows: blen,
    },
    precision: {
      ...precision,
      HBM_M_WEIGHT_TYPE: weights === "bf16" ? bf16 : HBM_TYPES[weights],
      HBM_M_KV_TYPE: beside,
      HBM_V_ACT_TYPE: beside,
      HBM_V_KV_TYPE: beside,
    },
  };
}

/** Which machine runs weights of this format. */
export function machineFor(weights: DecoderChoice["weights"]): "plena" | "extended" {
  return weights === "mxfp4" ? "extended" : "plena";
}

/** What ran a session and how long it took. */
export interface DecoderMachine {
  readonly session: DecoderSession<Machine>;
  /** Simulated picoseconds of all runs so far. */
  elapsedPs(): number;
}

/** Puts a decoder's image into HBM, and runs every program of a session on it, one after the other. */
export function startSession(
  compiled: CompiledDecoder,
  memory: MemoryModel,
  clockMhz: number,
): DecoderMachine {
  const { settings, machine } = compiled.plan;
  const hbm = new SparseMemory(settings.config.hbmSizeBytes);
  for (const { address, bytes } of compiled.hbm()) hbm.write(address, bytes);
  let elapsedPs = 0;
  const session = new DecoderSession(compiled, ({ program, fpSram, intSram }) => {
    const result = run({
      program: program.words,
      settings,
      memory: continuedMemory(memory, elapsedPs),
      hbm,
      fpSram,
      intSram,
      clockMhz,
      ...(machine === "extended" ? { rules: EXTENDED_RULES } : {}),
    });
    // The compiler checks its programs: a fault is a bug of ours.
    if (result.fault !== undefined) throw new Error(formatFault(result.fault));
    elapsedPs += result.latencyPs;
    return result.machine;
  });
  return { session, elapsedPs: () => elapsedPs };
}
