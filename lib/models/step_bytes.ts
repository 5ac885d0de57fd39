import type { DecoderShape } from "./decoder_shape.ts";
import type { Footprint } from "./footprint.ts";

/**
 * Weight bytes that one step of generation reads: every matrix once, of the embedding the rows of the
 * batch's tokens unless it is also the head, of a mixture the experts that the tokens can reach.
 *
 * @param footprint What {@linkcode footprint} gives for the shape, without a layout.
 * @param batch Sequences at once. Defaults to 1.
 */
export function weightBytesPerStep(
  shape: DecoderShape,
  { regions }: Pick<Footprint, "regions">,
  batch = 1,
): number {
  const { experts, vocabulary, tiedEmbeddings } = shape;
  let total = 0;
  for (const { name, kind, bytes } of regions) {
    if (kind !== "weight") continue;
    let share = 1;
    if (name === "W_embedding" && !tiedEmbeddings) share = batch / vocabulary;
    if (experts !== undefined && /^W_(gate|up|down)(_bias)?_\d+$/.test(name)) {
      share = experts.perToken * batch / experts.count;
    }
    total += bytes * Math.min(1, share);
  }
  return Math.round(total);
}
