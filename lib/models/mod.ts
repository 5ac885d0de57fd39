/**
 * Decoder language models as Hugging Face publishes them: what a config says, what a model takes in
 * memory, its weights, and the true forward pass that programs are compared with.
 *
 * - {@linkcode parseDecoderConfig} reads a `config.json`; {@linkcode parseDecoderShape} also those
 *   of mixtures of experts, whose sizes are known.
 * - {@linkcode footprint} gives the size of every tensor, {@linkcode plenaLayout} the addresses of
 *   the public PLENA compiler.
 * - {@linkcode openSafetensors} and {@linkcode openDecoder} read weights a tensor at a time,
 *   {@linkcode randomWeights} makes them from a seed, {@linkcode sliceDecoder} cuts them down.
 * - {@linkcode forward} computes in float64, stage by stage; {@linkcode generate} goes on greedily.
 * - {@linkcode stagedForward} computes with the machine's roundings, and {@linkcode ablation} tells
 *   what each of them costs.
 * - {@linkcode openTokenizer} turns text to tokens and back.
 *
 * ```ts
 * import { forward, parseDecoderConfig, randomWeights } from "@fourbit/fourbit/models";
 * import { assertEquals } from "@std/assert";
 *
 * const config = parseDecoderConfig({
 *   model_type: "llama",
 *   hidden_size: 16,
 *   intermediate_size: 24,
 *   num_hidden_layers: 1,
 *   num_attention_heads: 2,
 *   vocab_size: 10,
 * });
 * const { logits } = forward(config, randomWeights(config, 1), [1, 2, 3]);
 * assertEquals(logits.length, 3 * 10);
 * ```
 *
 * @module
 */
export { ablation, type AblationRow } from "./ablation.ts";
export type {
  DecoderConfig,
  DecoderFamily,
  DecoderWeights,
  LayerWeights,
  RopeScaling,
} from "./decoder_config.ts";
export { type DecoderShape, type ExpertShape, parseDecoderShape } from "./decoder_shape.ts";
export {
  type Footprint,
  footprint,
  type FootprintFormats,
  type FootprintKind,
  type FootprintOptions,
  type FootprintRegion,
} from "./footprint.ts";
export {
  forward,
  type ForwardInput,
  type ForwardOptions,
  type ForwardResult,
  type Stage,
  type StageName,
  STAGES,
} from "./forward.ts";
export { argmax, generate, keptWeights } from "./generate.ts";
export { KvCache } from "./kv_cache.ts";
export { isLfsPointer, LFS_HELP } from "./lfs_pointer.ts";
export { ModelError, type ModelPlace } from "./model_error.ts";
export { openDecoder, shardFiles } from "./open_decoder.ts";
export { openTokenizer, type TokenizerFiles } from "./open_tokenizer.ts";
export { parseDecoderConfig } from "./parse_config.ts";
export { perplexity } from "./perplexity.ts";
export {
  type PlenaLayout,
  plenaLayout,
  type PlenaLayoutOptions,
  type PlenaTensor,
  plenaTensorBytes,
} from "./plena_layout.ts";
export { randomWeights } from "./random_weights.ts";
export {
  type RopeFrequencies,
  ropeFrequencies,
  type RopeSettings,
  type RopeTables,
  ropeTables,
} from "./rope.ts";
export { LOSSY_FORMATS, type LossyFormat, roundTrip, roundTripWeight } from "./round_trip.ts";
export {
  type ByteSource,
  bytesSource,
  openSafetensors,
  type SafetensorsFile,
  type TensorEntry,
} from "./safetensors_file.ts";
export { scoreTokenizer, type TextTokenizer } from "./score_tokenizer.ts";
export { type DecoderSlice, type SlicedDecoder, sliceDecoder } from "./slice_decoder.ts";
export { stagedForward } from "./staged_forward.ts";
export {
  type Contraction,
  type Precision,
  PRECISIONS,
  type StagedFormats,
  type StagedOptions,
  type StoredTensor,
} from "./staged_machine.ts";
export { weightBytesPerStep } from "./step_bytes.ts";
export {
  STORAGE_FORMATS,
  storageBytes,
  type StorageFormat,
  storageFormat,
  type StorageFormatName,
} from "./storage_format.ts";
