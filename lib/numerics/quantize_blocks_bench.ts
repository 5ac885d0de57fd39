import { assertEquals } from "@std/assert";
import {
  BLOCK_FORMATS,
  decode,
  dequantizeBlocks,
  packElements,
  quantizeBlocks,
  random,
  scaleValues,
} from "./mod.ts";

const draw = random(1);
const values = Float32Array.from({ length: 1 << 18 }, () => (draw() - 0.5) * 4);
const out = new Float32Array(values.length);

for (const format of BLOCK_FORMATS) {
  const blocks = quantizeBlocks(values, format);
  const factors = scaleValues(blocks);
  dequantizeBlocks(blocks, out);
  for (let i = 0; i < values.length; i += 101) {
    const factor = factors[Math.floor(i / format.blockSize)]!;
    assertEquals(out[i], Math.fround(decode(format.element, blocks.codes[i]!) * factor));
  }
  const group = `${format.name}, 2^18 elements`;
  Deno.bench(`quantizeBlocks ${format.name}`, { group }, () => void quantizeBlocks(values, format));
  Deno.bench(`dequantizeBlocks ${format.name}`, { group }, () => {
    dequantizeBlocks(blocks, out);
  });
  Deno.bench(`packElements ${format.name}`, { group }, () => void packElements(blocks));
}
