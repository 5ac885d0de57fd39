import { sameType } from "../../boards/mod.ts";
import { formatMem } from "../../isa/mod.ts";
import type { CompiledDecoder } from "./compile_decoder.ts";
import type { DecoderProgram } from "./decoder_program.ts";
import type { HbmPiece } from "./decoder_image.ts";

/** A stage of a program with what it takes. */
export interface StageReport {
  /** What it computes. */
  readonly name: string;
  /** Index of its first instruction. */
  readonly first: number;
  /** Index after its last instruction. */
  readonly end: number;
  /** How often the loops around it run it. */
  readonly times: number;
  /** Stages around it, whose counts have those of this one in them. */
  readonly depth: number;
  /** Its instructions, in the program and in a run. */
  readonly instructions: { readonly static: number; readonly executed: number };
}

/** What each stage of a program takes; what lies between stages is in none. */
export function stageReports({ executions, stages }: DecoderProgram): StageReport[] {
  return stages.map(({ name, first, end, times, depth }) => {
    let executed = 0;
    for (let pc = first; pc < end; pc++) executed += executions[pc]!;
    return { name, first, end, times, depth, instructions: { static: end - first, executed } };
  });
}

/** A file of a build folder. */
export interface BuildFile {
  /** What it holds. */
  readonly role: string;
  /** Its name. */
  readonly path: string;
  /** Its content. */
  readonly content: string | Uint8Array;
  /** Element type, when it is one array. */
  readonly dtype?: string;
  /** Shape, when it is one array. */
  readonly shape?: readonly number[];
}

/** More values than these are not written as text (compiler specification, section 14). */
const MOST_GOLDEN_VALUES = 200_000;

/**
 * The files of a build folder under the names that public tools look for (compiler specification,
 * sections 13.1 and 14); the image of HBM is apart, because it can be large: {@linkcode hbmImage}.
 *
 * @param tokens One sequence after the other.
 * @param golden The expected result, (rows, columns), if it is known.
 */
export function buildFiles(
  compiled: CompiledDecoder,
  program: DecoderProgram,
  tokens: readonly number[],
  golden?: Float32Array,
): BuildFile[] {
  const text = program.text();
  const intSram = program.intSram(tokens);
  const json = (role: string, value: unknown): BuildFile => ({
    role,
    path: `${role}.json`,
    content: JSON.stringify(value, null, 2) + "\n",
  });
  const files: BuildFile[] = [
    { role: "asm", path: "generated_asm_code.asm", content: text },
    { role: "mem", path: "generated_machine_code.mem", content: formatMem(program.words) },
    {
      role: "fp_sram",
      path: "fp_sram.bin",
      content: program.fpSram,
      dtype: "F16",
      shape: [program.fpSram.length / 2],
    },
    {
      role: "int_sram",
      path: "int_sram.bin",
      content: intSram,
      dtype: "U32",
      shape: [intSram.length / 4],
    },
    { role: "hbm_size", path: "hbm_size.txt", content: `${compiled.plan.hbmBytes}\n` },
    ...Object.entries(memoryMaps(compiled)).map(([role, value]) => json(role, value)),
    json("comparison_params", comparisonParams(compiled, program)),
    json("compile_info", compileInfo(compiled, program, text.split("\n").length - 1)),
  ];
  if (golden !== undefined && golden.length <= MOST_GOLDEN_VALUES) {
    const content = Array.from(golden, String).join("\n") + "\n";
    files.push({ role: "golden_result", path: "golden_result.txt", content });
  }
  return files;
}

/** What lies where. Tiles and padding are in the image already: what is stored is what there is. */
function memoryMaps({ plan, regions }: CompiledDecoder): Readonly<Record<string, unknown>> {
  const inputs = regions.filter(({ kind }) => kind !== "kv");
  const weightType = plan.settings.precision.HBM_M_WEIGHT_TYPE;
  return {
    hbm_addrs: Object.fromEntries(regions.map(({ name, offset }) => [name, offset])),
    hbm_sizes: Object.fromEntries(regions.map(({ name, sizeBytes }) => [name, sizeBytes])),
    tensor_layouts: Object.fromEntries(inputs.map(({ name, shape, type }) => [name, {
      source_shape: shape,
      storage_shape: shape,
      logical_shape: shape,
      source_row_elements: shape[1],
      storage_row_elements: shape[1],
      precision: sameType(type, weightType) ? "weight" : "activation",
    }])),
    data_order: inputs.map(({ name }) => name),
  };
}

/** Where the public reader finds the result in a dump of the vector SRAM. */
function comparisonParams({ plan }: CompiledDecoder, program: DecoderProgram): unknown {
  const { mlen } = plan.geometry;
  const { address, rows, blocks, blockPitch } = program.tensors.get(program.output)!;
  const physicalRows = blockPitch / mlen;
  return {
    start_row_idx: address / mlen,
    num_rows: blocks > 1 ? blocks * physicalRows : rows,
    num_batches: rows,
    elements_per_batch: blocks * mlen,
    row_dim: mlen,
    physical_rows: physicalRows,
    use_stride_mode: blocks > 1,
    ...(plan.batch === 1 ? {} : {
      rows_per_batch: program.run.rows,
      active_seq_per_batch: program.run.rows,
    }),
  };
}

function compileInfo({ plan }: CompiledDecoder, program: DecoderProgram, lines: number): unknown {
  const { config, geometry: g, settings, batch } = plan;
  const { rows } = program.run;
  const physicalRows = program.tensors.get(program.output)!.blockPitch / g.mlen;
  return {
    model_type: config.family,
    hidden_size: config.hidden,
    inter_dim: config.intermediate,
    padded_hidden_size: g.hiddenBlocks * g.mlen,
    padded_inter_dim: g.interBlocks * g.mlen,
    num_layers: config.layers,
    batch_size: batch,
    seq_len: rows,
    // Rows of several sequences follow one another without padding between.
    padded_seq_len: batch === 1 ? physicalRows : rows,
    rows_per_batch: rows,
    compile_seq_rows: rows * batch,
    active_rows: rows * batch,
    head_dim: config.headDim,
    padded_head_dim: g.valueLanes,
    num_heads: config.heads,
    num_kv_heads: config.kvHeads,
    attention_head_packing: g.keySlots > 1,
    attention_head_slot_dim: g.valueLanes,
    attention_kv_storage_head_dim: g.keyBlocks * g.mlen / config.kvHeads,
    attention_broadcast_amount: settings.config.broadcastAmount,
    mlen: g.mlen,
    blen: settings.config.blen,
    mram_tile_capacity: Math.floor(settings.config.matrixSramRows / g.mlen),
    stage_checkpoints_enabled: false,
    stage_checkpoint_count: 0,
    reference_backend: "fourbit",
    golden_precision: "hardware",
    decoder_input_source: "embed_tokens",
    padding_enabled: true,
    isa_lines: lines,
    output_tensor: program.output,
  };
}

/** A file in order, without more of it in memory than a piece. */
export interface HbmImage {
  /** Its content. */
  readonly chunks: Iterable<Uint8Array>;
  /** Its length. */
  readonly bytes: number;
}

/** Zeros between two pieces, at most so many at once. */
const GAP_BYTES = 2 ** 20;

/**
 * `hbm_for_behave_sim.bin`: HBM from address 0 to the last byte that is not the cache's.
 *
 * @param pieces The contents, by ascending address, if they have been made already.
 */
export function hbmImage(
  compiled: CompiledDecoder,
  pieces: Iterable<HbmPiece> = compiled.hbm(),
): HbmImage {
  const bytes = compiled.regions.filter(({ kind }) => kind !== "kv")
    .reduce((most, { offset, sizeBytes }) => Math.max(most, offset + sizeBytes), 0);
  return { chunks: inOrder(pieces), bytes };
}

function* inOrder(pieces: Iterable<HbmPiece>): Generator<Uint8Array> {
  let end = 0;
  for (const { address, bytes } of pieces) {
    if (address < end) throw new RangeError(`a piece at ${address}, behind ${end}`);
    while (end < address) {
      const gap = Math.min(GAP_BYTES, address - end);
      yield new Uint8Array(gap);
      end += gap;
    }
    yield bytes;
    end += bytes.length;
  }
}

/** Bytes in a row of HBM as RTL has it: 256 bits. */
const ROW_BYTES = 32;
/** Characters in a row's line. */
const LINE_LENGTH = 2 * ROW_BYTES + 1;
/** Rows whose lines are in memory at once. */
const ROWS_AT_ONCE = 2 ** 14;

/**
 * `hbm.mem`: an image of HBM as the text that RTL simulators load, a line for each 256-bit row, the
 * byte of the lowest address rightmost (compiler specification, section 14), the last row filled up
 * with zeros. The specification does not say which digits: they are upper-case, as those of the other
 * `.mem`, the words of a program, but without `0x`, which Verilog's `$readmemh` does not read.
 * Instructions are not in it.
 */
export function rtlImage({ chunks, bytes }: HbmImage): HbmImage {
  const rows = Math.ceil(bytes / ROW_BYTES);
  return { chunks: hexRows(chunks, rows), bytes: rows * LINE_LENGTH };
}

function* hexRows(chunks: Iterable<Uint8Array>, rows: number): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const digits = encoder.encode("0123456789ABCDEF");
  const zeros = encoder.encode(
    `${"0".repeat(2 * ROW_BYTES)}\n`.repeat(Math.min(rows, ROWS_AT_ONCE)),
  );
  let text = zeros.slice();
  let left = rows;
  let row = 0;
  let column = 0;
  for (const chunk of chunks) {
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      const at = row + 2 * (ROW_BYTES - 1 - column);
      text[at] = digits[byte >> 4]!;
      text[at + 1] = digits[byte & 15]!;
      if (++column < ROW_BYTES) continue;
      column = 0;
      row += LINE_LENGTH;
      if (row < text.length) continue;
      yield text;
      left -= ROWS_AT_ONCE;
      text = zeros.slice();
      row = 0;
    }
  }
  // What was begun, and the zeros that a file in pieces has behind them.
  for (; left > 0; left -= ROWS_AT_ONCE) {
    yield text.subarray(0, left * LINE_LENGTH);
    text = zeros;
  }
}
