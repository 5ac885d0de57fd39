import { assert, assertEquals, assertThrows } from "@std/assert";
import { HBM_TYPES } from "../../boards/mod.ts";
import { decodeTensor } from "../../memory/mod.ts";
import { readNpz } from "../../models/_npz.ts";
import { exists, GOLDENS, RECORDED_BUILDS } from "../../models/_shared_data.ts";
import { parseDecoderConfig, plenaLayout, randomWeights } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import { recordedBuild } from "../model/_recorded_build.ts";
import { publicAngles, publicImage } from "./public_image.ts";

for (const name of RECORDED_BUILDS) {
  Deno.test({
    name: `publicImage() gives the bytes of HBM before the run of ${name}`,
    ignore: !exists(new URL(`${name}/`, GOLDENS)),
    fn: async (): Promise<void> => {
      const { config, weights, args, file } = await recordedBuild(name);
      const { mlen, blen, hlen, seq: sequence, batch, pack: packHeads } = args;
      const packing = hlen === null ? {} : { hlen, broadcast: mlen / hlen };
      const layout = plenaLayout(config, { mlen, blen, sequence, batch, packHeads, ...packing });
      const hbm = await file("hbm_in.bin");
      let end = 0;
      for (const piece of publicImage({ config, weights, x: weights.embedding(), batch, layout })) {
        assertEquals(hbm.subarray(end, piece.address), new Uint8Array(piece.address - end));
        end = piece.address + piece.bytes.length;
        const tensor = layout.tensors.find(({ address }) => address === piece.address)!;
        assertEquals(hbm.subarray(piece.address, end), piece.bytes, tensor.name);
      }
      assertEquals(end, hbm.length);
    },
  });
}

for (const name of RECORDED_BUILDS) {
  Deno.test({
    name: `publicAngles() has the recorded cosines and sines of ${name} to half a step of float32`,
    ignore: !exists(new URL(`${name}/`, GOLDENS)),
    fn: async (): Promise<void> => {
      const { config, args, file } = await recordedBuild(name);
      const inputs = await readNpz(await file("input_tensors.npz"));
      for (const [table, turn] of [["COS", Math.cos], ["SIN", Math.sin]] as const) {
        const { values, shape } = inputs.get(table)!;
        for (let position = 0; position < args.seq; position++) {
          publicAngles(config, position).forEach((angle, j) => {
            const error = Math.abs(values[position * shape[1]! + j]! - turn(angle));
            assert(error < 2 ** -24, `${table} of pair ${j} at ${position}: ${error}`);
          });
        }
      }
    },
  });
}

/** Four heads of 2 in lanes of 4, two for each key head, and sequences of 3 tokens. */
const config = parseDecoderConfig({
  model_type: "llama",
  hidden_size: 8,
  intermediate_size: 20,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 10,
});
const layout = plenaLayout(config, {
  mlen: 16,
  blen: 4,
  hlen: 4,
  broadcast: 4,
  sequence: 3,
  batch: 2,
});
/** Element (out, in) is 1 + out in row 0 of (in, out), and 1 + in in its column 0. */
const cross = (outputs: number, inputs: number): Float32Array =>
  Float32Array.from({ length: outputs * inputs }, (_, i) => {
    const [out, into] = [Math.floor(i / inputs), i % inputs];
    return into === 0 ? 1 + out : out === 0 ? 1 + into : 0;
  });
const random = randomWeights(config, 1);
const weights = {
  ...random,
  layer: () => ({ ...random.layer(0), wq: cross(8, 8), wk: cross(4, 8), wo: cross(8, 8) }),
};

/** Rows of a tensor as the machine reads them. */
function rowsOf(name: string, x: Float32Array): number[][] {
  const { address, storageShape: [rows, columns] } = layout.tensors.find((t) => t.name === name)!;
  const { bytes } = [...publicImage({ config, weights, x, batch: 2, layout })]
    .find((piece) => piece.address === address)!;
  const values = decodeTensor(bytes, rows, columns, HBM_TYPES.mxfp8);
  return Array.from(
    { length: rows },
    (_, r) => [...values.subarray(r * columns, (r + 1) * columns)],
  );
}

const x = Float32Array.from({ length: 6 * 8 }, (_, i) => 1 + Math.floor(i / 8));

Deno.test("publicImage() starts each sequence on a slab of rows and pads with zeros", () => {
  const rows = rowsOf("X", x);
  assertEquals(rows.map(([first]) => first), [
    ...[1, 2, 3, ...Array(13).fill(0)],
    ...[4, 5, 6, ...Array(13).fill(0)],
  ]);
  assertEquals(rows[17], [...Array(8).fill(5), ...Array(8).fill(0)]);
  const cosines = rowsOf("COS", x);
  assertEquals(cosines.slice(0, 16), cosines.slice(16));
  assertEquals(cosines.map((row) => row.some((value) => value !== 0)), [
    ...[true, true, true, ...Array(13).fill(false)],
    ...[true, true, true, ...Array(13).fill(false)],
  ]);
});

Deno.test("publicImage() packs heads into lanes that are wider than they are", () => {
  const lane = [1, 1, 0, 0];
  assertEquals(rowsOf("COS", x)[0], [...lane, ...lane, ...lane, ...lane]);
  const rotation = rowsOf("R_rope", x);
  assertEquals(rotation[4], [0, 0, 0, 0, 0, 1, ...Array(10).fill(0)]);
  assertEquals(rotation[5], [0, 0, 0, 0, -1, ...Array(11).fill(0)]);
  assertEquals(rotation[6], Array(16).fill(0));
  const heads = [1, 2, 0, 0, 3, 4, 0, 0, ...Array(8).fill(0), 5, 6, 0, 0, 7, 8];
  const padded = [...heads, ...Array(10).fill(0)];
  assertEquals(rowsOf("W_q_0", x)[0], padded);
  assertEquals(rowsOf("W_o_0", x).map(([first]) => first), padded);
  assertEquals(rowsOf("W_k_0_h1", x)[0], [3, 4, ...Array(14).fill(0)]);
});

Deno.test("publicImage() masks nothing for a model that sees all positions", () => {
  const unmasked = { config: { ...config, causal: false }, weights, x, batch: 2, layout };
  const { address } = layout.tensors.find(({ name }) => name === "causal_mask")!;
  const mask = [...publicImage(unmasked)].find((piece) => piece.address === address)!;
  assertEquals(mask.bytes, new Uint8Array(288).fill(97, 256));
});

Deno.test("publicImage() refuses an input that is not of whole sequences that fit", () => {
  for (const [tokens, batch] of [[5, 2], [34, 2], [33, 1]] as const) {
    const wrong = { config, weights, x: new Float32Array(tokens * 8), batch, layout };
    assertThrows(() => [...publicImage(wrong)], CompileError, "sequences that fit");
  }
});
