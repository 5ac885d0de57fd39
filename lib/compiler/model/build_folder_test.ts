import { assert, assertEquals } from "@std/assert";
import { assemble, parseMem } from "../../isa/mod.ts";
import { forward, randomWeights, stagedForward } from "../../models/mod.ts";
import { machineSettings, onMachine, relativeRms, tinyConfig } from "./_decoder_machine.ts";
import { buildFiles, hbmImage, rtlImage, stageReports } from "./build_folder.ts";
import { publicModel } from "./public_semantics.ts";
import { referenceOutputs } from "./reference_outputs.ts";
import { outputRow } from "./session.ts";

const SHAPE = { hidden: 32, inter: 40, kvHeads: 2, ratio: 1, headDim: 16, layers: 2 };
const TOKENS = [3, 1, 4, 1, 5, 9];

Deno.test("buildFiles() names the files that public tools look for, and they agree", () => {
  const config = tinyConfig(SHAPE);
  const settings = machineSettings({ mlen: 16, blen: 4 });
  const weights = randomWeights(config, 1);
  const { compiled, session } = onMachine(config, weights, settings, { positions: 32 });
  const program = compiled.prefill(TOKENS.length);
  const files = buildFiles(compiled, program, TOKENS, Float32Array.of(1, 2));
  const text = (path: string): string =>
    files.find((file) => file.path === path)!.content as string;
  assertEquals(assemble(text("generated_asm_code.asm")), program.words);
  assertEquals(parseMem(text("generated_machine_code.mem")), program.words);
  assertEquals(text("golden_result.txt"), "1\n2\n");
  assertEquals(Number(text("hbm_size.txt")), compiled.plan.hbmBytes);

  // Every region has its place and size, every input its layout, in the order of the addresses.
  const addresses = JSON.parse(text("hbm_addrs.json"));
  const sizes = JSON.parse(text("hbm_sizes.json"));
  assertEquals(Object.keys(addresses), compiled.regions.map(({ name }) => name));
  let end = 0;
  for (const name of JSON.parse(text("data_order.json"))) {
    assert(addresses[name] >= end, name);
    end = addresses[name] + sizes[name];
  }
  assertEquals(hbmImage(compiled).bytes, end);

  // The comparison's parameters lead to the logits in the vector SRAM.
  const { run } = session.feed(TOKENS);
  const where = JSON.parse(text("comparison_params.json"));
  for (const [row] of TOKENS.entries()) {
    const blocks = where.elements_per_batch / where.row_dim;
    const values = Array.from({ length: blocks }, (_, block) => [
      ...run.readRow(where.start_row_idx + block * where.physical_rows + row),
    ]).flat();
    assertEquals(values.slice(0, 30), [...outputRow(compiled, program, run, row)]);
  }
});

Deno.test("buildFiles() leads to the rows of every sequence that runs side by side", () => {
  const config = tinyConfig(SHAPE);
  const settings = machineSettings({ mlen: 16, blen: 4 });
  const weights = randomWeights(config, 1);
  const sequences = [TOKENS, [2, 7, 1, 8, 2, 8], [1, 4, 1, 4, 2, 1]];
  const options = { positions: 6, batch: 3 };
  const { compiled, session } = onMachine(config, weights, settings, options);
  const { program, run } = session.feedBatch(sequences);
  const { float, staged } = referenceOutputs(compiled, weights, sequences.flat());
  const files = buildFiles(compiled, program, sequences.flat(), staged);
  const json = (path: string) =>
    JSON.parse(files.find((file) => file.path === path)!.content as string);
  const where = json("comparison_params.json");
  const { num_batches, rows_per_batch, active_seq_per_batch } = where;
  assertEquals([num_batches, rows_per_batch, active_seq_per_batch], [18, 6, 6]);
  const { batch_size, seq_len, padded_seq_len, ...info } = json("compile_info.json");
  assertEquals([batch_size, seq_len, padded_seq_len, info.rows_per_batch], [3, 6, 6, 6]);
  assertEquals([info.compile_seq_rows, info.active_rows], [18, 18]);
  for (const [sequence, tokens] of sequences.entries()) {
    const part = (all: Float32Array) => all.subarray(30 * 6 * sequence, 30 * 6 * (sequence + 1));
    assertEquals(part(float), forward(config, weights, tokens, { logits: "all" }).logits);
    const values = tokens.flatMap((_, row) => {
      const at = where.start_row_idx + sequence * rows_per_batch + row;
      return [0, 1].flatMap((block) => [...run.readRow(at + block * where.physical_rows)])
        .slice(0, 30);
    });
    assert(relativeRms(values, part(staged)) <= 2e-3, `${sequence}`);
  }
});

Deno.test("hbmImage() is what a memory holds that was given every piece, for all families", () => {
  for (const more of [{}, { model_type: "qwen2" }, { model_type: "qwen3" }]) {
    for (const output of ["logits", "hidden"] as const) {
      const config = tinyConfig({ ...SHAPE, more });
      const settings = machineSettings({ mlen: 16, blen: 4 }, "mxfp8");
      const options = { positions: 32, output };
      const { compiled } = onMachine(config, randomWeights(config, 1), settings, options);
      const { chunks, bytes } = hbmImage(compiled);
      const image = new Uint8Array(bytes);
      let at = 0;
      for (const chunk of chunks) {
        image.set(chunk, at);
        at += chunk.length;
      }
      assertEquals(at, bytes);
      const memory = new Uint8Array(bytes);
      for (const piece of compiled.hbm()) memory.set(piece.bytes, piece.address);
      assertEquals(image, memory);
    }
  }
});

/** The text of `hbm.mem` for an image in these pieces. */
function rtlText(chunks: Iterable<Uint8Array>, bytes: number): string {
  const image = rtlImage({ chunks, bytes });
  const text = [...image.chunks].map((chunk) => new TextDecoder().decode(chunk)).join("");
  assertEquals(text.length, image.bytes);
  return text;
}

Deno.test("rtlImage() writes a line for 256 bits, its lowest address rightmost, the last filled up", () => {
  const bytes = Uint8Array.from({ length: 34 }, (_, i) => i + 0xa0);
  assertEquals(
    rtlText([bytes], 34),
    "BFBEBDBCBBBAB9B8B7B6B5B4B3B2B1B0AFAEADACABAAA9A8A7A6A5A4A3A2A1A0\n" +
      `${"0".repeat(60)}C1C0\n`,
  );
  assertEquals(rtlText([], 0), "");
});

Deno.test("rtlImage() takes pieces of any length, and zeros behind the last one", () => {
  // More rows than are in memory at once, and with that so many zeros.
  for (const length of [0, 31, 32, 2 ** 19, 2 ** 19 + 45]) {
    const image = new Uint8Array(2 ** 20 + 7);
    for (let i = 0; i < length; i++) image[i] = (i * 37 + (i >> 8)) & 0xff;
    const pieces: Uint8Array[] = [];
    let size = 1;
    for (let at = 0; at < length; size = size * 3 % 70_001) {
      pieces.push(image.subarray(at, Math.min(length, at + size)));
      at += size;
    }
    const lines = rtlText(pieces, image.length).trimEnd().split("\n");
    assertEquals(lines.length, 2 ** 15 + 1);
    const read = new Uint8Array(32 * lines.length);
    for (const [row, line] of lines.entries()) {
      read.set(Uint8Array.fromHex(line).reverse(), 32 * row);
    }
    assertEquals(read.subarray(0, image.length), image);
    assert(read.subarray(image.length).every((byte) => byte === 0));
  }
});

Deno.test("stageReports() leaves little outside of the stages", () => {
  const config = tinyConfig(SHAPE);
  const settings = machineSettings({ mlen: 16, blen: 4 });
  const { compiled } = onMachine(config, randomWeights(config, 1), settings, { positions: 32 });
  const program = compiled.prefill(TOKENS.length);
  const reports = stageReports(program);
  const outside = program.instructions.executed -
    reports.reduce((sum, { instructions }) => sum + instructions.executed, 0);
  // The loop over layers and the address of the next one.
  assert(outside > 0 && outside <= 1 + 2 * 6, `${outside}`);
});

Deno.test("publicModel() computes what the public compiler's reference does, and not the model", () => {
  const config = tinyConfig(SHAPE);
  const weights = randomWeights(config, 6);
  const settings = machineSettings({ mlen: 16, blen: 4 });
  const model = publicModel(config, weights);
  const options = { positions: 32, output: "hidden" } as const;
  const { compiled, session } = onMachine(model.config, model.weights, settings, options);
  const { run, program } = session.feed(TOKENS);
  const hidden = TOKENS.flatMap((_, row) => [...outputRow(compiled, program, run, row)]);
  const formats = { weight: "bf16", kv: "bf16", activation: "bf16" } as const;
  const theirs = stagedForward(config, weights, TOKENS, { compat: "plena", mlen: 16, formats });
  assert(relativeRms(hidden, theirs.hidden) < 0.03);
  assert(relativeRms(hidden, forward(config, weights, TOKENS).hidden) > 0.2);
});

Deno.test("referenceOutputs() has the staged pass near the machine, and the float model behind it", () => {
  const config = tinyConfig(SHAPE);
  const weights = randomWeights(config, 6);
  const settings = machineSettings({ mlen: 16, blen: 4 }, "mxfp8");
  for (const output of ["logits", "hidden"] as const) {
    const options = { positions: 32, output };
    const { compiled, session } = onMachine(config, weights, settings, options);
    const { run, program } = session.feed(TOKENS);
    const values = TOKENS.flatMap((_, row) => [...outputRow(compiled, program, run, row)]);
    const { float, staged } = referenceOutputs(compiled, weights, TOKENS);
    assert(relativeRms(values, staged) <= 1e-2);
    assert(relativeRms(values, float) <= 0.3);
    assert(relativeRms(values, float) > relativeRms(values, staged));
  }
});
