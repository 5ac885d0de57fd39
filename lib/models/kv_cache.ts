import type { DecoderConfig } from "./decoder_config.ts";

/** The keys (after the rotary embedding) and values of the positions that were already passed. */
export class KvCache {
  /** Positions that it holds. */
  length = 0;
  readonly #width: number;
  readonly #keys: Float64Array[];
  readonly #values: Float64Array[];

  /** An empty cache; it grows when needed, `positions` only reserves room. */
  constructor(config: DecoderConfig, positions = 16) {
    this.#width = config.kvHeads * config.headDim;
    const make = (): Float64Array => new Float64Array(positions * this.#width);
    this.#keys = Array.from({ length: config.layers }, make);
    this.#values = Array.from({ length: config.layers }, make);
  }

  /**
   * Puts rows of a layer behind those that are there and gives all of them, (positions, width). The
   * length only grows with {@linkcode advance}, after the last layer.
   */
  append(
    layer: number,
    keys: Float64Array,
    values: Float64Array,
  ): { readonly keys: Float64Array; readonly values: Float64Array } {
    const start = this.length * this.#width;
    const end = start + keys.length;
    for (const side of [this.#keys, this.#values]) {
      const old = side[layer]!;
      if (old.length >= end) continue;
      side[layer] = new Float64Array(Math.max(end, 2 * old.length));
      side[layer].set(old.subarray(0, start));
    }
    this.#keys[layer]!.set(keys, start);
    this.#values[layer]!.set(values, start);
    return {
      keys: this.#keys[layer]!.subarray(0, end),
      values: this.#values[layer]!.subarray(0, end),
    };
  }

  /** Counts the positions of a pass as held. */
  advance(positions: number): void {
    this.length += positions;
  }
}
