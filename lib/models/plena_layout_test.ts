import { assert, assertEquals, assertThrows } from "@std/assert";
import { exists, GOLDENS, RECORDED_BUILDS } from "./_shared_data.ts";
import type { DecoderShape } from "./decoder_shape.ts";
import { footprint } from "./footprint.ts";
import { ModelError } from "./model_error.ts";
import { plenaLayout } from "./plena_layout.ts";

function shapeOf(
  sizes: Pick<DecoderShape, "hidden" | "intermediate" | "heads" | "kvHeads" | "layers">,
): DecoderShape {
  return {
    ...sizes,
    headDim: sizes.hidden / sizes.heads,
    vocabulary: 64,
    maxPositions: 512,
    tiedEmbeddings: true,
    qkvBias: false,
    outputBias: false,
    mlpBias: false,
    qkNorm: false,
    slidingWindows: Array(sizes.layers).fill(undefined),
  };
}

/** The table of section 3.5 of the compiler specification. */
// deno-fmt-ignore
const WORKED_EXAMPLE: readonly (readonly [string, number, number])[] = [
  ["X", 0, 27648], ["POS", 27648, 27648], ["R_rope", 55296, 4608], ["COS", 59904, 4608],
  ["SIN", 64512, 4608], ["causal_mask", 69120, 4608], ["W_q_0", 73728, 165888],
  ["W_o_0", 239616, 165888], ["W_k_0_h0", 405504, 27648], ["W_v_0_h0", 433152, 27648],
  ["W_k_0_h1", 460800, 27648], ["W_v_0_h1", 488448, 27648], ["W_gate_0", 516096, 608256],
  ["W_up_0", 1124352, 608256], ["W_down_0", 1732608, 608256], ["K_stored_0_h0", 2340864, 4608],
  ["V_stored_0_h0", 2345472, 4608], ["K_stored_0_h1", 2350080, 4608],
  ["V_stored_0_h1", 2354688, 4608],
];

Deno.test("plenaLayout() gives the addresses and sizes of the worked example", () => {
  const shape = shapeOf({ hidden: 384, intermediate: 1408, heads: 6, kvHeads: 2, layers: 1 });
  const { tensors } = plenaLayout(shape, { mlen: 64, blen: 4, sequence: 64 });
  assertEquals(tensors.map(({ name, address, bytes }) => [name, address, bytes]), [
    ...WORKED_EXAMPLE.map((row) => [...row]),
  ]);
  const { bytes } = footprint(shape, { sequence: 64, layout: { mlen: 64, blen: 4 } });
  const weights = WORKED_EXAMPLE.filter(([name]) => name.startsWith("W_"));
  assertEquals(bytes.weight, weights.reduce((sum, [, , size]) => sum + size, 0));
  assertEquals(bytes.kv, 4 * 4608);
  assertEquals(bytes.total, 2354688 + 4608);
});

for (const name of RECORDED_BUILDS) {
  const folder = new URL(`${name}/`, GOLDENS);
  Deno.test({
    name: `plenaLayout() gives the region map of ${name}`,
    ignore: !exists(folder),
    fn: (): void => {
      const read = (file: string) => JSON.parse(Deno.readTextFileSync(new URL(file, folder)));
      const { hbm_addrs, args } = read("compile_result.json");
      const shape = shapeOf({
        hidden: args.hidden,
        intermediate: args.inter,
        heads: args.heads,
        kvHeads: args.kv,
        layers: args.layers,
      });
      const layout = plenaLayout(shape, {
        mlen: args.mlen,
        blen: args.blen,
        sequence: args.seq,
        batch: args.batch,
        ...(args.hlen === null ? {} : { hlen: args.hlen, broadcast: args.mlen / args.hlen }),
        packHeads: args.pack,
      });
      assertEquals(layout.hbmAddrs, hbm_addrs);
      const layouts = read("tensor_layouts.json");
      const inputs = layout.tensors.filter(({ sourceShape }) => sourceShape !== null);
      assertEquals(
        Object.fromEntries(inputs.map(({ name, storageShape }) => [name, [...storageShape]])),
        Object.fromEntries(
          Object.entries<{ storage_shape: number[] }>(layouts).map((
            [name, { storage_shape }],
          ) => [name, storage_shape]),
        ),
      );
      assertEquals(
        Object.fromEntries(inputs.map(({ name, sourceShape }) => [name, [...sourceShape!]])),
        Object.fromEntries(
          Object.entries<{ source_shape: number[] }>(layouts).map((
            [name, { source_shape }],
          ) => [name, source_shape]),
        ),
      );
    },
  });
}

Deno.test("plenaLayout() starts every tensor on a tile from MLEN 256 on", () => {
  const shape = shapeOf({ hidden: 384, intermediate: 1408, heads: 6, kvHeads: 2, layers: 2 });
  const { tensors } = plenaLayout(shape, {
    mlen: 256,
    blen: 64,
    hlen: 64,
    broadcast: 4,
    sequence: 64,
  });
  assert(tensors.every(({ address }) => address % 65536 === 0));
});

Deno.test("plenaLayout() refuses heads that cannot be packed", () => {
  const shape = shapeOf({ hidden: 64, intermediate: 64, heads: 8, kvHeads: 1, layers: 1 });
  assertThrows(
    () => plenaLayout(shape, { mlen: 64, blen: 4, hlen: 16, broadcast: 4, sequence: 64 }),
    ModelError,
    "8 query heads share a key head",
  );
});
