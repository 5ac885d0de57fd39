import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SHIPPED_SETTINGS } from "../../boards/mod.ts";
import { assemble } from "../../isa/mod.ts";
import { random } from "../../numerics/mod.ts";
import { forward, randomWeights } from "../../models/mod.ts";
import { CompileError } from "../compile_error.ts";
import {
  errorsOf,
  machineSettings,
  onMachine,
  relativeRms,
  tinyConfig,
} from "./_decoder_machine.ts";
import { compileDecoder } from "./compile_decoder.ts";
import { outputRow } from "./session.ts";

/** The bound of the staged comparison with bfloat16 everywhere. */
const BOUND = 2e-3;

function tokensOf(count: number, seed = 1): number[] {
  const draw = random(seed);
  return Array.from({ length: count }, () => Math.floor(draw() * 30));
}

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
    Deno.test(`compileDecoder() follows the staged pass, ${matrix}: ${name}`, () => {
      const config = tinyConfig({ ...shape, layers: rows > 40 ? 1 : 2 });
      const weights = randomWeights(config, 7);
      const settings = machineSettings({ mlen, blen });
      const options = { positions: 80, matrix };
      const errors = errorsOf(config, weights, settings, options, tokensOf(rows + 1));
      assert(errors.prefill <= BOUND, `prefill ${errors.prefill}`);
      assert(errors.decode <= BOUND, `decode ${errors.decode}`);
    });
  }
}

Deno.test("compileDecoder() stays within 1e-2 of the staged pass with MXFP8 everywhere", () => {
  for (const more of [{}, { model_type: "qwen2" }]) {
    const shape = { hidden: 64, inter: 96, kvHeads: 2, ratio: 2, headDim: 16 };
    const config = tinyConfig({ ...shape, layers: 2, more });
    const settings = machineSettings({ mlen: 32, blen: 8 }, "mxfp8");
    const weights = randomWeights(config, 3);
    const errors = errorsOf(config, weights, settings, { positions: 64 }, tokensOf(20));
    assert(errors.prefill <= 1e-2, `prefill ${errors.prefill}`);
    assert(errors.decode <= 1e-2, `decode ${errors.decode}`);
  }
});

Deno.test("compileDecoder() runs MXFP4 weights on the extended machine only", () => {
  const config = tinyConfig({ hidden: 64, inter: 64, kvHeads: 1, ratio: 2, headDim: 32 });
  const weights = randomWeights(config, 3);
  const settings = machineSettings({ mlen: 32, blen: 4 }, "mxfp4");
  const extended = { positions: 64, machine: "extended" } as const;
  const errors = errorsOf(config, weights, settings, extended, tokensOf(10));
  assert(errors.prefill <= 1e-2, `prefill ${errors.prefill}`);
  assert(errors.decode <= 1e-2, `decode ${errors.decode}`);
  assertThrows(
    () => compileDecoder(config, weights, settings, { positions: 64 }),
    CompileError,
    "elements of 4 bits",
  );
});

Deno.test("compileDecoder() leaves every position visible in a model without causal mask", () => {
  const shape = { hidden: 32, inter: 40, kvHeads: 2, ratio: 1, headDim: 16 };
  const config = tinyConfig({ ...shape, more: { model_type: "llada" } });
  assertEquals(config.causal, false);
  const settings = machineSettings({ mlen: 16, blen: 4 });
  const weights = randomWeights(config, 5);
  const errors = errorsOf(config, weights, settings, { positions: 40 }, tokensOf(22));
  assert(errors.prefill <= BOUND, `prefill ${errors.prefill}`);
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
