import type { DecoderConfig, DecoderWeights } from "./decoder_config.ts";
import { JsonReader } from "./json_reader.ts";
import { checkLayer, lazyLayer } from "./lazy_layer.ts";
import { ModelError } from "./model_error.ts";
import { FLOAT_TYPES, type SafetensorsFile } from "./safetensors_file.ts";
import { LAYER_TENSORS, layerTensorName, NAME_STYLES, type NameStyle } from "./tensor_names.ts";

/**
 * The files that a `model.safetensors.index.json` names, each once, in the order of their names.
 *
 * @throws {ModelError} If it has no `weight_map` of names to names.
 */
export function shardFiles(index: unknown, file = "model.safetensors.index.json"): string[] {
  const json = new JsonReader(index, file);
  const map = json.object("weight_map");
  if (map === undefined) {
    throw json.error("$.weight_map is missing", "give the index of a sharded model", "weight_map");
  }
  const files = new Set<string>();
  for (const name of Object.keys(map.fields)) {
    const shard = map.text(name);
    if (shard === undefined || /[\\/]/.test(shard)) {
      throw map.error(
        `The file of tensor ${name} is ${JSON.stringify(map.fields[name])}`,
        "a weight_map names files of its own folder",
        name,
      );
    }
    files.add(shard);
  }
  return [...files].sort();
}

/**
 * The weights of a decoder in the files of a model folder. Presence and shape of every tensor are
 * checked at once, from the headers; elements are read only when they are asked for, a tensor at a
 * time. Understood are the names of Llama, Mistral and Qwen (`model.layers.0.…`), of LLaDA
 * (`model.transformer.blocks.0.…`) and of models of several parts (`model.text_model.layers.0.…`).
 *
 * `index` is the file that names the others, if there is one; it is only for messages.
 *
 * @throws {ModelError} If a tensor is missing, is there twice, or has another shape than the config
 * says; if one is there in a layer that the config does not know of.
 */
export function openDecoder(
  config: DecoderConfig,
  files: readonly SafetensorsFile[],
  index?: string,
): DecoderWeights {
  const home = new Map<string, SafetensorsFile>();
  for (const file of files) {
    for (const name of file.tensors.keys()) {
      const other = home.get(name);
      if (other !== undefined) {
        throw new ModelError(
          `Tensor ${name} is also in ${other.file}`,
          "open only the files that the index names",
          { file: file.file, path: name },
        );
      }
      home.set(name, file);
    }
  }
  // Where something that is missing should be.
  const only = index ?? (files.length === 1 ? files[0]!.file : undefined);
  const probe = LAYER_TENSORS.find(({ field }) => field === "wq")!;
  const style = NAME_STYLES.find((style) => home.has(layerTensorName(style, 0, probe)!));
  if (style === undefined) {
    throw new ModelError(
      `Tensor ${layerTensorName(NAME_STYLES[0]!, 0, probe)} [${
        probe.shape(config).join(", ")
      }] is missing, and so are its other spellings`,
      `looked for ${NAME_STYLES.map(({ layers }) => `${layers}0`).join(", ")}; files have ${
        [...home.keys()].slice(0, 3).join(", ") || "no tensors"
      }`,
      only === undefined ? {} : { file: only },
    );
  }
  const headName = check(config, style, home, only);
  const read = (name: string): Float32Array => home.get(name)!.read(name);
  return {
    embedding: () => read(style.embedding),
    layer: (index) => {
      checkLayer(config, index);
      return lazyLayer(config, (tensor) => read(layerTensorName(style, index, tensor)!));
    },
    finalNorm: () => read(style.finalNorm),
    head: () => read(headName),
  };
}

/** Tensors of layers that say nothing that the config does not: the angles of the rotary embedding. */
const IMPLIED = /\.rotary_emb\.inv_freq$/;

/** Refuses tensors of the config's layers, and biases and positions beside them, that it has no use for. */
function refuseOthers(
  config: DecoderConfig,
  style: NameStyle,
  home: ReadonlyMap<string, SafetensorsFile>,
): void {
  const used = new Set(
    LAYER_TENSORS.filter((tensor) => tensor.present(config)).map((tensor) => tensor[style.column]),
  );
  const beside = new Set([
    style.embedding.replace(/\w+\.weight$/, "wpe.weight"),
    ...[style.finalNorm, ...style.head].map((name) => name.replace(/weight$/, "bias")),
  ]);
  for (const [name, { file }] of home) {
    const [, layer, tensor] = name.startsWith(style.layers)
      ? /^(\d+)\.(.+)$/.exec(name.slice(style.layers.length)) ?? []
      : [];
    const isOther = layer === undefined
      ? beside.has(name)
      : Number(layer) < config.layers && !used.has(tensor) && !IMPLIED.test(name);
    if (!isOther) continue;
    throw new ModelError(
      `Tensor ${name} is there, but the config has no use for it`,
      "the config states another architecture than the weights; see its bias fields and model_type",
      { file, path: name },
    );
  }
}

/** Checks every tensor's presence and shape; returns the name of the head. `only` is where to look. */
function check(
  config: DecoderConfig,
  style: NameStyle,
  home: ReadonlyMap<string, SafetensorsFile>,
  only: string | undefined,
): string {
  const expect = (name: string, shape: readonly number[], help: string): void => {
    const file = home.get(name);
    if (file === undefined) {
      throw new ModelError(
        `Tensor ${name} [${shape.join(", ")}] is missing`,
        help,
        only === undefined ? { path: name } : { file: only, path: name },
      );
    }
    const { dtype, shape: found } = file.tensors.get(name)!;
    if (found.length !== shape.length || found.some((n, i) => n !== shape[i])) {
      throw new ModelError(
        `Tensor ${name} must have the shape [${shape.join(", ")}], current value is [${
          found.join(", ")
        }]`,
        "config.json and weights are of different models, or the config needs head_dim",
        { file: file.file, path: name },
      );
    }
    const scale = ["_scale", "_scale_inv", "_packed"].find((end) => home.has(`${name}${end}`));
    if (FLOAT_TYPES.includes(dtype) && scale === undefined) return;
    throw new ModelError(
      scale === undefined
        ? `Tensor ${name} is of type ${dtype}, which is no float that can be read`
        : `Tensor ${name} is quantised: its scales are in ${name}${scale}`,
      `give weights of type ${FLOAT_TYPES.join(", ")} without scales of their own`,
      { file: file.file, path: name },
    );
  };
  const incomplete = "give all the files of the model; a sharded one has an index that names them";
  expect(style.embedding, [config.vocabulary, config.hidden], incomplete);
  for (let layer = 0; layer < config.layers; layer++) {
    for (const tensor of LAYER_TENSORS) {
      const name = layerTensorName(style, layer, tensor);
      if (tensor.present(config)) {
        expect(
          name ?? `${style.layers}${layer}.${tensor.llama}`,
          tensor.shape(config),
          incomplete,
        );
      }
    }
  }
  refuseOthers(config, style, home);
  expect(style.finalNorm, [config.hidden], incomplete);
  if (config.tiedEmbeddings) return style.embedding;
  const head = style.head.find((name) => home.has(name)) ?? style.head[0]!;
  expect(
    head,
    [config.vocabulary, config.hidden],
    'give all the files of the model, or write "tie_word_embeddings": true if its head is the embedding',
  );
  return head;
}
