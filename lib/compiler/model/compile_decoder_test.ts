import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SHIPPED_SETTINGS } from "../../boards/mod.ts";
import { assemble } from "../../isa/mod.ts";
import { forward, randomWeights, stagedForward } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import {
  errorsOf,
  machineSettings,
  onMachine,
  relativeRms,
  tinyConfig,
  tokensOf,
} from "./_decoder_machine.ts";
import { compileDecoder } from "./compile_decoder.ts";
import { outputRow } from "./session.ts";

// deno-fmt-ignore: one shape, one row
const SHAPES = [
  { mlen: 16, blen: 4,  kvHeads: 2, ratio: 2, headDim: 8,  hidden: 40, inter: 52, rows: 18 },
  { mlen: 16, blen: 8,  kvHeads: 1, ratio: 3, headDim: 34, hidden: 30, inter: 20, rows: 9 },
  { mlen: 32, blen: 16, kvHeads: 3, ratio: 1, headDim: 12, hidden: 59, inter: 70, rows: 33 },
  { mlen: 64, blen: 4,  kvHeads: 2, ratio: 3, headDim: 64, hidden: 96, inter: 90, rows: 66 },
  { mlen: 64, blen: 16, kvHeads: 1, ratio: 1, headDim: 2,  hidden: 20, inter: 16, rows: 1 },
];

for (const { mlen, blen, rows, ...shape } of SHAPES) {
  const name = `${JSON.stringify(shape)} on ${rows} tokens at MLEN ${mlen}, BLEN ${blen}`;
  for (const matrix of ["blocks", "broadcast"] as const) {
    Deno.test(`compileDecoder() is the staged pass bit for bit, ${matrix}: ${name}`, () => {
      const config = tinyConfig({ ...shape, layers: rows > 40 ? 1 : 2 });
      const weights = randomWeights(config, 7);
      const settings = machineSettings({ mlen, blen });
      const options = { positions: 80, matrix };
      const errors = errorsOf(config, weights, settings, options, tokensOf(rows + 1));
      assertEquals(errors, { prefill: 0, decode: 0 });
    });
  }
}

Deno.test("compileDecoder() makes products in pairs of a text that fills a tile of rows", () => {
  // Contractions of 1 to 9 tiles: there are registers for all pointers, for some, and for too few.
  for (let depth = 1; depth <= 9; depth++) {
    const mlen = 32;
    const batch = depth === 4 ? 2 : 1;
    const layers = depth % 2 + 1;
    const shape = { hidden: depth * mlen, inter: 200, kvHeads: 1, ratio: 2, headDim: 16, layers };
    const config = tinyConfig(shape);
    const weights = randomWeights(config, depth);
    const settings = machineSettings({ mlen, blen: 2 });
    const rows = mlen / batch;
    const texts = Array.from({ length: batch }, (_, i) => tokensOf(rows, i));
    const { compiled, session } = onMachine(config, weights, settings, { positions: rows, batch });
    const { run, program } = session.feedBatch(texts);
    texts.forEach((text, sequence) => {
      const truth = stagedForward(config, weights, text, compiled.staged()).logits;
      const values = text.flatMap((_, row) => [
        ...outputRow(compiled, program, run, sequence * rows + row),
      ]);
      assertEquals(relativeRms(values, truth), 0, `depth ${depth}, sequence ${sequence}`);
    });
    const longer = compileDecoder(config, weights, settings, { positions: rows + 1, batch });
    const saved = longer.prefill(rows).instructions.executed - program.instructions.executed;
    assert(depth > 8 ? saved === 0 : saved > 0, `depth ${depth} saves ${saved} instructions`);
  }
});

Deno.test("compileDecoder() takes 4-bit types for the extended machine only", () => {
  const config = tinyConfig({ hidden: 64, inter: 64, kvHeads: 1, ratio: 2, headDim: 32 });
  const weights = randomWeights(config, 3);
  const settings = machineSettings({ mlen: 32, blen: 4 }, "mxfp4");
  assertThrows(
    () => compileDecoder(config, weights, settings, { positions: 64 }),
    CompileError,
    "elements of 4 bits",
  );
});

Deno.test("compileDecoder() refuses rows whose scales the machine does not fetch", () => {
  const config = tinyConfig({ hidden: 30, inter: 40, kvHeads: 1, ratio: 2, headDim: 12 });
  const weights = randomWeights(config, 4);
  const tokens = tokensOf(20);
  for (const mlen of [24, 40, 48, 96]) {
    const settings = machineSettings({ mlen, blen: 4 }, "mxfp8");
    const make = () => compileDecoder(config, weights, settings, { positions: 40 });
    const says = `the ${
      mlen / 8
    } scale bytes of a row of MLEN ${mlen} do not always lie in one block`;
    assertThrows(make, CompileError, says);
    const options = { positions: 40, machine: "extended" } as const;
    const exact = { prefill: 0, decode: 0 };
    assertEquals(errorsOf(config, weights, settings, options, tokens), exact);
    const plain = machineSettings({ mlen, blen: 4 }, "bf16");
    assertEquals(errorsOf(config, weights, plain, { positions: 40 }, tokens), exact);
  }
});

Deno.test("compileDecoder() has room for the last logits where there is none for all", () => {
  const shape = { hidden: 32, inter: 40, kvHeads: 1, ratio: 2, headDim: 16 };
  const config = tinyConfig({ ...shape, more: { vocab_size: 1600 } });
  const weights = randomWeights(config, 9);
  const tokens = tokensOf(40);
  // Logits of all rows take 100 blocks of 40 rows, those of the last row group 100 of 4.
  const settings = machineSettings({ mlen: 16, blen: 4, vectorSramRows: 2000 });
  const { session, compiled } = onMachine(config, weights, settings, { positions: 40 });
  assertThrows(() => compiled.prefill(40), CompileError, "logits needs 4000 rows");
  const { last, run, program } = session.feed(tokens, { logits: "last" });
  const truth = stagedForward(config, weights, tokens, { ...compiled.staged(), logits: "last" });
  assertEquals(relativeRms(last, truth.logits), 0);
  assertThrows(() => outputRow(compiled, program, run, 35), RangeError, "from row 36 on");
});

Deno.test("compileDecoder() gives the model's own hidden states, gain included", () => {
  const shape = { hidden: 48, inter: 64, kvHeads: 2, ratio: 2, headDim: 12 };
  const config = tinyConfig(shape);
  const weights = randomWeights(config, 11);
  const settings = machineSettings({ mlen: 16, blen: 4 });
  const tokens = tokensOf(10);
  const { compiled, session } = onMachine(config, weights, settings, {
    positions: 32,
    output: "hidden",
  });
  const { run, program } = session.feed(tokens);
  const hidden = tokens.flatMap((_, row) => [...outputRow(compiled, program, run, row)]);
  const error = relativeRms(hidden, forward(config, weights, tokens).hidden);
  assert(error < 0.03, `relative RMS ${error}`);
});

Deno.test("compileDecoder() makes a program whose text assembles to its words", () => {
  const config = tinyConfig({ hidden: 32, inter: 40, kvHeads: 1, ratio: 2, headDim: 16 });
  const weights = randomWeights(config, 2);
  const settings = machineSettings({ mlen: 16, blen: 4 });
  const program = compileDecoder(config, weights, settings, { positions: 32 }).prefill(5);
  assertEquals(assemble(program.text()), program.words);
  assertStringIncludes(program.text(), "=== attention ===");
});

Deno.test("compileDecoder() names the tensor and the limit when something does not fit", () => {
  const config = tinyConfig({ hidden: 64, inter: 64, kvHeads: 2, ratio: 2, headDim: 16 });
  const weights = randomWeights(config, 2);
  const compile = (
    change: Partial<typeof SHIPPED_SETTINGS.config>,
    matrix: "blocks" | "broadcast" = "blocks",
  ): unknown =>
    compileDecoder(config, weights, machineSettings({ mlen: 16, blen: 4, ...change }), {
      positions: 64,
      matrix,
    }).prefill(40);
  assertThrows(() => compile({ vectorSramRows: 300 }), CompileError, "the machine has 300");
  assertThrows(() => compile({ matrixSramRows: 64 }), CompileError, "the matrix SRAM holds 4");
  assertThrows(() => compile({ hbmSizeBytes: 65536 }), CompileError, "bytes of HBM");
  assertThrows(() => compile({ blen: 5 }), CompileError, "BLEN 5");
  assertThrows(() => compile({ vlen: 32 }), CompileError, "MLEN 16, VLEN 32");
  assertThrows(() => compile({ hlen: 4 }, "broadcast"), CompileError, "HLEN is 4");
});

Deno.test("compileDecoder() refuses types that the machine cannot store", () => {
  const config = tinyConfig({ hidden: 32, inter: 32, kvHeads: 1, ratio: 1, headDim: 16 });
  const weights = randomWeights(config, 2);
  const settings = machineSettings({ mlen: 16, blen: 4 });
  const float = (exponent: number, mantissa: number) =>
    ({ type: "Fp", sign: true, exponent, mantissa }) as const;
  for (
    const element of [float(5, 10), float(8, 23), float(4, 3), { type: "Int", width: 8 } as const]
  ) {
    const precision = {
      ...settings.precision,
      HBM_M_WEIGHT_TYPE: { kind: "plain", element } as const,
    };
    assertThrows(
      () => compileDecoder(config, weights, { ...settings, precision }, { positions: 32 }),
      CompileError,
      "HBM_M_WEIGHT_TYPE",
    );
  }
});

Deno.test("compileDecoder() refuses positions that the cache does not hold, and tokens it does not know", () => {
  const config = tinyConfig({ hidden: 32, inter: 32, kvHeads: 1, ratio: 1, headDim: 16 });
  const weights = randomWeights(config, 2);
  const settings = machineSettings({ mlen: 16, blen: 4 });
  const compiled = compileDecoder(config, weights, settings, { positions: 20 });
  for (const rows of [0, 1.5, 21]) {
    assertThrows(() => compiled.prefill(rows), CompileError, "the cache holds 1 to 20");
  }
  for (const position of [-1, 20, 0.5, NaN]) {
    assertThrows(() => compiled.decode(position), CompileError, "the cache holds 20");
  }
  const [prefill, step] = [compiled.prefill(2), compiled.decode(17)];
  assertThrows(() => prefill.intSram([1]), CompileError, "takes 2 tokens, got 1");
  assertThrows(() => prefill.intSram([1, 30]), CompileError, "token 30 is not of");
  assertThrows(() => prefill.intSram([-1, 1]), CompileError, "token -1 is not of");
  assertThrows(() => prefill.intSram([1, 2], 3), CompileError, "from 0 to 0, got 3");
  for (const position of [15, 20]) {
    assertThrows(() => step.intSram([1], position), CompileError, "from 16 to 19");
  }
  for (const position of [16, 19]) step.intSram([1], position);
  for (const options of [{ positions: 0 }, { positions: 1.5 }, { positions: 8, batch: 0 }]) {
    assertThrows(() => compileDecoder(config, weights, settings, options), CompileError, "a plan");
  }
});
