import { dynamicCounts, formatMem } from "../../isa/mod.ts";
import type { CompiledDecoder, DecoderProgram } from "./compile_decoder.ts";
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
  /** Its instructions. */
  readonly static: number;
  /** Instructions that a run executes in it. */
  readonly executed: number;
}

/** What each stage of a program takes; what lies between stages is in none. */
export function stageReports({ words, stages }: DecoderProgram): StageReport[] {
  const { executions } = dynamicCounts(words);
  return stages.map(({ name, first, end, times }) => {
    let executed = 0;
    for (let pc = first; pc < end; pc++) executed += executions[pc]!;
    return { name, first, end, times, static: end - first, executed };
  });
}

/** Files of a build folder; the image of HBM comes in pieces, because it can be large. */
export interface BuildFolder {
  /** Contents by name. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** `hbm_for_behave_sim.bin`: these pieces, zeros between them. */
  readonly hbm: Iterable<HbmPiece>;
  /** Bytes of that file. */
  readonly hbmBytes: number;
}

/** More values than these are not written as text (compiler specification, section 14). */
const MOST_GOLDEN_VALUES = 200_000;

/**
 * What a build folder holds (compiler specification, section 14), under the names that public tools
 * look for, and `program.json` with regions, stages and counts.
 *
 * @param golden The expected result, (rows, columns), if it is known.
 */
export function buildFolder(
  compiled: CompiledDecoder,
  program: DecoderProgram,
  tokens: readonly number[],
  golden?: Float32Array,
): BuildFolder {
  const { plan, regions } = compiled;
  const { config, geometry: g, settings } = plan;
  const { mlen } = g;
  const output = program.tensors.get(program.output)!;
  const width = plan.output === "logits" ? config.vocabulary : config.hidden;
  const physicalRows = output.blockPitch / mlen;
  const isStrided = output.blocks > 1;
  const json = (value: unknown): string => JSON.stringify(value, null, 2) + "\n";
  const layouts = Object.fromEntries(regions.map((region) => [region.name, {
    source_shape: region.shape,
    storage_shape: region.shape,
    logical_shape: region.shape,
    source_row_elements: mlen,
    storage_row_elements: mlen,
  }]));
  const tensors = Object.fromEntries(program.tensors);
  const files = new Map<string, string | Uint8Array>([
    ["generated_asm_code.asm", program.text()],
    ["generated_machine_code.mem", formatMem(program.words)],
    ["fp_sram.bin", program.fpSram],
    ["int_sram.bin", program.intSram(tokens)],
    ["hbm_size.txt", `${plan.hbmBytes}\n`],
    ["tensor_layouts.json", json(layouts)],
    ["data_order.json", json(regions.map(({ name }) => name))],
    [
      "comparison_params.json",
      json({
        start_row_idx: output.address / mlen,
        num_rows: isStrided ? output.blocks * physicalRows : tokens.length,
        num_batches: tokens.length,
        elements_per_batch: output.blocks * mlen,
        row_dim: mlen,
        physical_rows: physicalRows,
        use_stride_mode: isStrided,
      }),
    ],
    [
      "compile_info.json",
      json({
        model_type: config.family,
        hidden_size: config.hidden,
        inter_dim: config.intermediate,
        padded_hidden_size: g.hiddenBlocks * mlen,
        padded_inter_dim: g.interBlocks * mlen,
        num_layers: config.layers,
        batch_size: 1,
        seq_len: tokens.length,
        padded_seq_len: physicalRows,
        active_rows: tokens.length,
        head_dim: config.headDim,
        num_heads: config.heads,
        num_kv_heads: config.kvHeads,
        mlen,
        blen: settings.config.blen,
        attention_head_packing: g.keySlots > 1,
        matrix: plan.form,
        machine: plan.machine,
        decoder_input_source: "embed_tokens",
        isa_lines: program.text().split("\n").length - 1,
      }),
    ],
    [
      "program.json",
      json({
        instructions: program.instructions,
        stages: stageReports(program),
        passes: program.log,
        regions: regions.map(({ name, kind, layerId, offset, sizeBytes, shape, scaleOffset }) => ({
          name,
          kind,
          layerId,
          offset,
          sizeBytes,
          shape,
          scaleOffset,
        })),
        vectorTensors: tensors,
        output: { tensor: program.output, rows: tokens.length, columns: width },
      }),
    ],
  ]);
  if (golden !== undefined && golden.length <= MOST_GOLDEN_VALUES) {
    files.set("golden_result.txt", Array.from(golden, String).join("\n") + "\n");
  }
  return { files, hbm: compiled.hbm(), hbmBytes: plan.hbmBytes };
}
