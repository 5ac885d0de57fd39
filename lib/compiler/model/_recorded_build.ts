import { readNpy, readNpz } from "../../models/_npz.ts";
import { exists, GOLDENS } from "../../models/_shared_data.ts";
import {
  type DecoderConfig,
  type DecoderWeights,
  type LayerWeights,
  parseDecoderConfig,
} from "../../models/mod.ts";
import { bf16ToF32 } from "../../numerics/mod.ts";
import { LAYER_TENSORS, layerTensorName, NAME_STYLES } from "../../models/tensor_names.ts";

/** A decoder that the public compiler was recorded with. */
export interface RecordedBuild {
  /** The model, whose vocabulary are the positions of the recorded input. */
  readonly config: DecoderConfig;
  /** Its weights; the embedding are the rows of the input, (batch · seq, hidden). */
  readonly weights: DecoderWeights;
  /** What the compiler was given. */
  readonly args: {
    readonly mlen: number;
    readonly blen: number;
    /** Lanes of a packed head. */
    readonly hlen: number | null;
    /** Whether heads are packed. */
    readonly pack: boolean;
    readonly seq: number;
    readonly batch: number;
  };
  /** Where the program leaves its result. */
  readonly output: { readonly start_row_idx: number; readonly physical_rows: number };
  /** A file of the build, or what is in its gzip file. */
  file(name: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** Reads a recorded build of a Llama-style decoder. */
export async function recordedBuild(name: string): Promise<RecordedBuild> {
  const folder = new URL(`${name}/`, GOLDENS);
  const file = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    const url = new URL(name, folder);
    if (exists(url)) return Deno.readFileSync(url);
    const packed = new Blob([Deno.readFileSync(new URL(`${url}.gz`))]).stream();
    return await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).bytes();
  };
  const json = new TextDecoder().decode(await file("compile_result.json"));
  const { args, comparison_params: output } = JSON.parse(json);
  const { hidden, seq, batch } = args;
  const config = parseDecoderConfig({
    model_type: "llama",
    hidden_size: hidden,
    intermediate_size: args.inter,
    num_hidden_layers: args.layers,
    num_attention_heads: args.heads,
    num_key_value_heads: args.kv,
    vocab_size: batch * seq,
    rms_norm_eps: 1e-5,
  });
  const state = await readNpz(await file("model_state.npz"));
  const style = NAME_STYLES[0]!;
  const x = (await readNpz(await file("input_tensors.npz"))).get("X")!;
  const [rows, width] = x.shape as [number, number];
  const embedding = new Float32Array(batch * seq * hidden);
  for (let token = 0; token < batch * seq; token++) {
    const row = Math.floor(token / seq) * (rows / batch) + token % seq;
    embedding.set(x.values.subarray(row * width, row * width + hidden), token * hidden);
  }
  const layer = (index: number): LayerWeights =>
    Object.fromEntries(
      LAYER_TENSORS.filter(({ present }) => present(config)).map((tensor) => [
        tensor.field,
        state.get(layerTensorName(style, index, tensor)!)!.values,
      ]),
    ) as unknown as LayerWeights;
  const finalNorm = (): Float32Array => state.get(style.finalNorm)!.values;
  const weights = { embedding: () => embedding, head: () => embedding, finalNorm, layer };
  return { config, weights, args, output, file };
}

/** What came out of the first sequence of a recorded run, (positions, hidden). */
export interface RecordedResult {
  /** What the public program left in the vector SRAM. */
  readonly machine: Float32Array;
  /** What the public compiler's host reference expects of it. */
  readonly golden: Float32Array;
}

/** Reads it. */
export async function recordedResult(
  { config: { hidden }, args: { seq, mlen }, output, file }: RecordedBuild,
): Promise<RecordedResult> {
  const vram = bf16ToF32(new Uint16Array((await file("vram_out.bin")).buffer));
  const machine = new Float32Array(seq * hidden);
  for (let r = 0; r < seq; r++) {
    for (let c = 0; c < hidden; c++) {
      const row = output.start_row_idx + Math.floor(c / mlen) * output.physical_rows + r;
      machine[r * hidden + c] = vram[row * mlen + c % mlen]!;
    }
  }
  const golden = readNpy(await file("torch_golden_output.npy")).values.subarray(0, seq * hidden);
  return { machine, golden };
}
