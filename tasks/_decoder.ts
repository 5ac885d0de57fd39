/**
 * A decoder on a machine: its settings, its image in HBM, and a session of programs over it.
 *
 * @module
 */
import {
  HBM_TYPES,
  type MachineSettings,
  type PrecisionKey,
  sameType,
  type TensorType,
} from "../lib/boards/mod.ts";
import { type OptionUsage, UsageError } from "../lib/cli/mod.ts";
import { type CompiledDecoder, DecoderSession } from "../lib/compiler/mod.ts";
import { EXTENDED_RULES, formatFault, type Machine, run } from "../lib/emulator/mod.ts";
import { continuedMemory, type MemoryModel, SparseMemory } from "../lib/memory/mod.ts";
import { plena } from "../lib/numerics/mod.ts";

/** How tensors can lie in HBM, by the names of options. */
export const STORED_FORMATS = ["bf16", "mxfp8", "mxfp4"] as const;

/** One of them. */
export type StoredFormat = (typeof STORED_FORMATS)[number];

/** The option for the settings of the machine, where a decoder may be compiled for it. */
export const MACHINE_SETTINGS = {
  type: "file",
  help:
    "Settings of the machine, artifact or PLENA TOML; the shipped ones unless given. A model takes " +
    "dimensions, transfers and types from them, too, where no option says otherwise.",
} as const satisfies OptionUsage;

/** The options that shape the machine for a decoder. */
export const DECODER_OPTIONS = {
  weights: {
    choices: STORED_FORMATS,
    help: "How weights lie in HBM: as the settings say if they are given, otherwise bf16. 4-bit " +
      "types need the repaired machine, which is then taken.",
  },
  kv: {
    choices: STORED_FORMATS,
    help: "How keys and values lie there; as the settings say, or mxfp8 beside block formats.",
  },
  activations: {
    choices: STORED_FORMATS,
    help: "The same for the embedding, tables and biases.",
  },
  mlen: {
    type: "integer",
    help:
      "Edge of a matrix tile and length of a row: as the settings say, or 16, or 32 with mxfp4.",
  },
  blen: {
    type: "integer",
    help: "Rows of a block of the matrix unit: as the settings say, or 4.",
  },
  matrix: {
    choices: ["blocks", "broadcast"],
    default: "blocks",
    help: "Products in blocks of BLEN rows, or of whole tiles, which the machine does in one go.",
  },
} as const satisfies Record<string, OptionUsage>;

/** The values of {@linkcode DECODER_OPTIONS}. */
export interface DecoderChoice {
  readonly weights: StoredFormat | undefined;
  readonly kv: StoredFormat | undefined;
  readonly activations: StoredFormat | undefined;
  readonly mlen: number | undefined;
  readonly blen: number | undefined;
  readonly matrix: "blocks" | "broadcast";
}

/** A machine for a decoder. */
export interface ChosenMachine {
  readonly settings: MachineSettings;
  /** How weights lie in HBM. */
  readonly weights: StoredFormat;
  /** The recorded machine, or the repaired one, as the types need it. */
  readonly rules: "plena" | "extended";
}

/**
 * The machine that the options ask for.
 *
 * @param base Its latencies and capacities.
 * @param isGiven Whether the user gave these settings: then their dimensions, transfers and types are
 * meant, too, where no option says otherwise. With other dimensions there is one head slot as wide as
 * a tile, and transfers are of whole tiles and blocks, as builds of the public compiler have them.
 * @throws {UsageError} When a dimension is 0, or the type of weights in the settings has no name.
 */
export function chooseMachine(
  choice: DecoderChoice,
  base: MachineSettings,
  isGiven = false,
): ChosenMachine {
  const { precision } = base;
  const weights = choice.weights ??
    (isGiven ? formatOf(precision.HBM_M_WEIGHT_TYPE, precision) : "bf16");
  if (weights === undefined) {
    throw new UsageError(
      `HBM_M_WEIGHT_TYPE of the settings is none of ${STORED_FORMATS.join(", ")}`,
      "choose one of them with --weights",
    );
  }
  const typeOf = (format: StoredFormat): TensorType =>
    format === "bf16" ? precision.VECTOR_SRAM_TYPE : HBM_TYPES[format];
  const beside = typeOf(weights === "bf16" ? "bf16" : "mxfp8");
  const chosen = (option: StoredFormat | undefined, key: PrecisionKey): TensorType => {
    if (option !== undefined) return typeOf(option);
    return isGiven ? precision[key] : beside;
  };
  const settings = {
    ...base,
    config: dimensions(choice, weights, base.config, isGiven),
    precision: {
      ...precision,
      HBM_M_WEIGHT_TYPE: isGiven && choice.weights === undefined
        ? precision.HBM_M_WEIGHT_TYPE
        : typeOf(weights),
      HBM_M_KV_TYPE: chosen(choice.kv, "HBM_M_KV_TYPE"),
      HBM_V_KV_TYPE: chosen(choice.kv, "HBM_V_KV_TYPE"),
      HBM_V_ACT_TYPE: chosen(choice.activations, "HBM_V_ACT_TYPE"),
    },
  };
  const { HBM_M_WEIGHT_TYPE, HBM_V_KV_TYPE, HBM_V_ACT_TYPE } = settings.precision;
  const isNarrow = [HBM_M_WEIGHT_TYPE, HBM_V_KV_TYPE, HBM_V_ACT_TYPE]
    .some(({ element }) => plena.codeWidth(element) < 8);
  return { settings, weights, rules: isNarrow ? "extended" : "plena" };
}

/** The name of a type, if it has one. */
export function formatOf(
  type: TensorType,
  { VECTOR_SRAM_TYPE }: MachineSettings["precision"],
): StoredFormat | undefined {
  const types = { bf16: VECTOR_SRAM_TYPE, mxfp8: HBM_TYPES.mxfp8, mxfp4: HBM_TYPES.mxfp4 };
  return STORED_FORMATS.find((name) => sameType(types[name], type));
}

function dimensions(
  choice: DecoderChoice,
  weights: StoredFormat,
  config: MachineSettings["config"],
  isGiven: boolean,
): MachineSettings["config"] {
  if (isGiven && choice.mlen === undefined && choice.blen === undefined) return config;
  // A block of MXFP4 is 32 elements, and lies in one row.
  const isLong = [weights, choice.kv, choice.activations].includes("mxfp4");
  const mlen = choice.mlen ?? (isGiven ? config.mlen : isLong ? 32 : 16);
  const blen = choice.blen ?? (isGiven ? config.blen : 4);
  if (blen < 1 || mlen < 1) {
    throw new UsageError(`MLEN ${mlen} and BLEN ${blen}`, "give --mlen and --blen of at least 1");
  }
  return {
    ...config,
    mlen,
    vlen: mlen,
    blen,
    hlen: mlen,
    broadcastAmount: 1,
    hbmMPrefetchRows: mlen,
    hbmVPrefetchRows: blen,
    hbmVWritebackRows: blen,
  };
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
