import { random } from "../numerics/mod.ts";
import type { DecoderConfig, DecoderWeights } from "./decoder_config.ts";
import { checkLayer, lazyLayer } from "./lazy_layer.ts";
import { ModelError } from "./model_error.ts";
import { layerTensorName, NAME_STYLES } from "./tensor_names.ts";

/** Entries of the table of normal quantiles. */
const STEPS = 4096;

let quantiles: Float64Array | undefined;

/** Quantiles of the standard normal distribution at the middles of {@linkcode STEPS} equal parts. */
function normalQuantiles(): Float64Array {
  if (quantiles !== undefined) return quantiles;
  const table = new Float64Array(STEPS);
  // Quantiles x(p) solve x'(p) = √(2π) exp(x²/2), x(½) = 0: one sweep of the classical Runge-Kutta
  // method upwards from the median gives the upper half, and symmetry the lower one.
  const slope = (x: number): number => Math.sqrt(2 * Math.PI) * Math.exp(x * x / 2);
  let x = 0;
  const substeps = 64;
  const advance = (h: number): void => {
    for (let i = 0; i < substeps; i++) {
      const d = h / substeps;
      const k1 = slope(x);
      const k2 = slope(x + d * k1 / 2);
      const k3 = slope(x + d * k2 / 2);
      const k4 = slope(x + d * k3);
      x += d * (k1 + 2 * k2 + 2 * k3 + k4) / 6;
    }
  };
  for (let i = STEPS / 2; i < STEPS; i++) {
    advance(i === STEPS / 2 ? 0.5 / STEPS : 1 / STEPS);
    table[i] = x;
    table[STEPS - 1 - i] = -x;
  }
  return quantiles = table;
}

/** A seed from a name: FNV-1a, mixed with the number that the user gave. */
function seedOf(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const text of [`${seed}:`, name]) {
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
  }
  return hash >>> 0;
}

/** Elements of the largest array of floats. */
const MOST_ELEMENTS = 2 ** 32;

/** Normal numbers from a name's own sequence, so that no tensor depends on another. */
function normal(
  seed: number,
  name: string,
  length: number,
  deviation: number,
  mean = 0,
): Float32Array {
  if (length > MOST_ELEMENTS) {
    throw new ModelError(
      `Tensor ${name} has ${length} elements, an array of floats at most ${MOST_ELEMENTS}`,
      "choose a smaller model",
      { path: name },
    );
  }
  const table = normalQuantiles();
  const draw = random(seedOf(seed, name));
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    out[i] = mean + deviation * table[Math.floor(draw() * STEPS)]!;
  }
  return out;
}

/**
 * Weights that follow from a seed alone: matrices and tables normal with deviation 1/√(input width),
 * which is 0.022 at a width of 2,048; biases with 0.02; gains normal about 1 with 0.1, so that a
 * program that forgets them is found out. Each tensor has its own sequence, by its name, so that a
 * layer is the same whatever the number of layers. The normal numbers are the 4,096 quantiles of the
 * distribution: none is beyond 3.7 deviations.
 *
 * @throws {RangeError} If there is no such layer, when one is asked for.
 * @throws {ModelError} If a tensor that is asked for has more elements than an array can.
 */
export function randomWeights(config: DecoderConfig, seed: number): DecoderWeights {
  const style = NAME_STYLES[0]!;
  const { vocabulary, hidden } = config;
  const embedding = (name: string): Float32Array =>
    normal(seed, name, vocabulary * hidden, 1 / Math.sqrt(hidden));
  return {
    embedding: () => embedding(style.embedding),
    head: () => embedding(config.tiedEmbeddings ? style.embedding : style.head[0]!),
    finalNorm: () => normal(seed, style.finalNorm, hidden, 0.1, 1),
    layer: (index) => {
      checkLayer(config, index);
      return lazyLayer(config, (tensor) => {
        const [rows, columns] = tensor.shape(config);
        const name = layerTensorName(style, index, tensor)!;
        if (columns !== undefined) {
          return normal(seed, name, rows! * columns, 1 / Math.sqrt(columns));
        }
        return tensor.field.endsWith("Norm")
          ? normal(seed, name, rows!, 0.1, 1)
          : normal(seed, name, rows!, 0.02);
      });
    },
  };
}
