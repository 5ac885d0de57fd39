import { type MachineSettings, SHIPPED_SETTINGS } from "../../boards/mod.ts";
import { parseDecoderConfig, randomWeights } from "../../models/mod.ts";
import { random } from "../../numerics/mod.ts";
import {
  attentionProgram,
  feedForwardProgram,
  type KernelProgram,
  linearProgram,
} from "./kernel_program.ts";
import { compileDecoder } from "./compile_decoder.ts";
import type { HbmPiece } from "./decoder_image.ts";
import type { LongLoops } from "../code/finish_code.ts";
import type { MatrixForm } from "../kernels/linear.ts";

/** Static and executed instructions, and simulated time where it is known. */
export interface BenchmarkFigures {
  /** Instructions of the program. */
  readonly static: number;
  /** Instructions that a run executes. */
  readonly executed: number;
  /** Simulated time with the HBM model and DC_EN 1. */
  readonly latencyNs?: number | undefined;
}

/** A program that is ready to be run and measured. */
export interface BenchmarkProgram {
  /** Instruction words. */
  readonly words: Uint32Array;
  /** The machine. */
  readonly settings: MachineSettings;
  /** Static and executed instructions. */
  readonly instructions: BenchmarkFigures;
  /** The contents of HBM. */
  readonly hbm: Iterable<HbmPiece>;
  /** FP SRAM. */
  readonly fpSram: Uint8Array;
  /** INT SRAM. */
  readonly intSram: Uint8Array;
}

/** One row of the table that compares with the public compiler. */
export interface Benchmark {
  /** What is computed. */
  readonly name: string;
  /** What the public compiler's program takes; undefined where it has none. */
  readonly public?: BenchmarkFigures | undefined;
  /** What ours is meant to take at the most. */
  readonly bound?: Partial<BenchmarkFigures> | undefined;
  /** Compiles it. */
  readonly make: () => BenchmarkProgram;
}

function numbers(count: number, scale: number, seed: number): Float32Array {
  const draw = random(seed);
  return Float32Array.from({ length: count }, () => (2 * draw() - 1) * scale);
}

function kernel(make: (settings: MachineSettings) => KernelProgram): () => BenchmarkProgram {
  return () => ({ ...make(SHIPPED_SETTINGS), settings: SHIPPED_SETTINGS });
}

function decoder(
  layers: number,
  matrix: MatrixForm,
  longLoops: LongLoops = "renew",
): () => BenchmarkProgram {
  return () => {
    const config = parseDecoderConfig({
      model_type: "llama",
      hidden_size: 384,
      intermediate_size: 1408,
      num_hidden_layers: layers,
      num_attention_heads: 6,
      num_key_value_heads: 2,
      vocab_size: 64,
      max_position_embeddings: 128,
      rms_norm_eps: 1e-5,
      rope_theta: 10000,
    });
    const { config: machine } = SHIPPED_SETTINGS;
    const settings = {
      ...SHIPPED_SETTINGS,
      config: {
        ...machine,
        ...(matrix === "broadcast" ? { hlen: machine.mlen, broadcastAmount: 1 } : {}),
      },
    };
    const compiled = compileDecoder(config, randomWeights(config, 1), settings, {
      positions: 64,
      output: "hidden",
      matrix,
    });
    const program = compiled.prefill(64, { longLoops });
    const tokens = Array.from({ length: 64 }, (_, i) => i);
    return {
      words: program.words,
      settings,
      instructions: program.instructions,
      hbm: compiled.hbm(),
      fpSram: program.fpSram,
      intSram: program.intSram(tokens),
    };
  };
}

/**
 * The programs of the table: MLEN 64, BLEN 4, MXFP8, shipped latencies. The figures of the public
 * compiler are those of the compiler specification, section 22. Ours load their inputs from HBM.
 */
export const BENCHMARKS: readonly Benchmark[] = [
  {
    name: "linear 64×384×384",
    public: { static: 474, executed: 61_680, latencyNs: 658_468 },
    bound: { static: 60, executed: 30_000, latencyNs: 658_468 },
    make: kernel((s) => linearProgram(s, numbers(64 * 384, 1, 1), numbers(384 * 384, 0.1, 2), 64)),
  },
  {
    name: "FFN 64, 384→1408",
    public: { static: 129_431, executed: 483_735, latencyNs: 6_936_892 },
    bound: { static: 200, executed: 260_000, latencyNs: 6_936_892 },
    make: kernel((s) => {
      const gateUp = numbers(384 * 2816, 0.1, 2);
      const down = numbers(1408 * 384, 0.1, 3);
      return feedForwardProgram(s, numbers(64 * 384, 1, 1), gateUp, down, 64);
    }),
  },
  {
    name: "attention 256×64, causal",
    public: { static: 5_327, executed: 73_757, latencyNs: 414_714 },
    bound: { static: 300, executed: 60_000, latencyNs: 414_714 },
    make: kernel((s) => {
      const [q, k, v] = [1, 2, 3].map((seed) => numbers(256 * 64, 1, seed));
      return attentionProgram(s, q!, k!, v!);
    }),
  },
  {
    name: "decoder layer 384/1408/6/2, 64 tokens",
    public: { static: 137_856, executed: 749_098, latencyNs: 9_109_163 },
    bound: { static: 1_200, executed: 350_000, latencyNs: 8_600_000 },
    make: decoder(1, "blocks"),
  },
  {
    name: "the same, whole-tile products",
    bound: { latencyNs: 2_150_000 },
    make: decoder(1, "broadcast"),
  },
  {
    name: "eight layers",
    public: { static: 1_225_436, executed: 6_086_322 },
    bound: { static: 1_500, executed: 2_800_000 },
    make: decoder(8, "blocks"),
  },
  {
    name: "the same, layers written out",
    make: decoder(8, "blocks", "unroll"),
  },
];
