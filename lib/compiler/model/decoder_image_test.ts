import { assertEquals } from "@std/assert";
import { type DecoderWeights, type LayerWeights, randomWeights } from "../../models/mod.ts";
import { machineSettings, tinyConfig } from "./_decoder_machine.ts";
import { decoderImage } from "./decoder_image.ts";
import { planDecoder } from "./plan.ts";

Deno.test("decoderImage() reads every tensor once, when the piece is made that holds it", () => {
  const shape = { hidden: 24, inter: 20, kvHeads: 2, ratio: 2, headDim: 6, layers: 2 };
  const config = tinyConfig({ ...shape, more: { model_type: "qwen3", attention_bias: true } });
  const read: string[] = [];
  const own = randomWeights(config, 1);
  const noted = (name: string, make: () => Float32Array) => (): Float32Array => {
    read.push(name);
    return make();
  };
  const weights: DecoderWeights = {
    embedding: noted("embedding", () => own.embedding()),
    head: noted("head", () => own.head()),
    finalNorm: noted("finalNorm", () => own.finalNorm()),
    layer: (index) =>
      new Proxy(own.layer(index), {
        get: (layer, field) => {
          read.push(`${String(field)} ${index}`);
          return layer[field as keyof LayerWeights];
        },
      }),
  };
  const plan = planDecoder(config, machineSettings({ mlen: 16, blen: 4 }), { positions: 20 });
  const byPiece: string[][] = [];
  let end = 0;
  for (const { address, bytes } of decoderImage(plan, weights)) {
    assertEquals(address >= end, true, "pieces come in the order of their addresses");
    end = address + bytes.length;
    byPiece.push(read.splice(0));
  }
  const ofLayer = (i: number): string[][] => [
    [`attentionNorm ${i}`, `wq ${i}`, `wk ${i}`, `wv ${i}`],
    [`wo ${i}`],
    [`mlpNorm ${i}`, `wGate ${i}`, `wUp ${i}`],
    [`wDown ${i}`],
    [`bq ${i}`, `bk ${i}`, `bv ${i}`],
    [`bo ${i}`],
    [`qNorm ${i}`, `kNorm ${i}`],
  ];
  assertEquals(byPiece, [
    ["embedding"],
    [],
    [],
    ["finalNorm", "head"],
    ...ofLayer(0),
    ...ofLayer(1),
  ]);
});
