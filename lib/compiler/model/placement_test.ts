import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CompileError } from "../compile_error.ts";
import { largestDivisor } from "../kernels/product.ts";
import { machineSettings, tinyConfig } from "./_decoder_machine.ts";
import { geometry, halvedColumns, headColumns } from "./geometry.ts";
import { placeVectors } from "./place_vectors.ts";
import { planDecoder } from "./plan.ts";

Deno.test("placeVectors() gives no two tensors the same rows at the same time", () => {
  const request = fc.record({
    rows: fc.integer({ min: 1, max: 50 }),
    alignment: fc.constantFrom(1, 16),
    first: fc.integer({ min: 0, max: 20 }),
    steps: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(fc.property(fc.array(request, { maxLength: 20 }), (given) => {
    const requests = given.map(({ rows, alignment, first, steps }, i) => ({
      name: `t${i}`,
      rows,
      alignment,
      first,
      last: first + steps,
    }));
    const { rowOf, rows } = placeVectors(requests, 1e6);
    for (const a of requests) {
      assert(rowOf.get(a.name)! + a.rows <= rows);
      assertEquals(rowOf.get(a.name)! % a.alignment, 0);
      for (const b of requests) {
        if (a === b || a.last < b.first || b.last < a.first) continue;
        const [x, y] = [rowOf.get(a.name)!, rowOf.get(b.name)!];
        assert(x + a.rows <= y || y + b.rows <= x, `${a.name} and ${b.name}`);
      }
    }
  }));
});

Deno.test("placeVectors() uses rows again, and names what does not fit", () => {
  const early = { name: "early", rows: 10, alignment: 1, first: 0, last: 1 };
  const late = { name: "late", rows: 10, alignment: 1, first: 2, last: 3 };
  assertEquals(placeVectors([early, late], 10).rows, 10);
  const both = [early, { ...late, first: 1 }];
  assertThrows(() => placeVectors(both, 19), CompileError, "early needs 10 rows");
});

Deno.test("planDecoder() lays out regions that do not overlap, layers alike", () => {
  const config = tinyConfig({
    hidden: 40,
    inter: 70,
    kvHeads: 3,
    ratio: 2,
    headDim: 10,
    layers: 3,
    more: { model_type: "qwen3" },
  });
  for (const type of ["bf16", "mxfp8"] as const) {
    const plan = planDecoder(config, machineSettings({ mlen: 16, blen: 4 }, type), {
      positions: 50,
    });
    const regions = [...plan.regions].sort((a, b) => a.offset - b.offset);
    for (const [i, { offset, sizeBytes, scaleOffset }] of regions.entries()) {
      assertEquals(offset % 64, 0);
      // The scales of a row must not reach into a second block of 64 bytes.
      assertEquals(scaleOffset % 64, 0);
      assert(offset + sizeBytes <= (regions[i + 1]?.offset ?? plan.hbmBytes));
    }
    const at = (name: string): number => regions.find((r) => r.name === name)!.offset;
    assertEquals(at("W_down_2") - at("W_down_1"), at("W_qkv_1") - at("W_qkv_0"));
  }
});

Deno.test("halvedColumns() and headColumns() hold every column once, a head's halves in the same lanes", () => {
  for (const [mlen, headDim] of [[16, 8], [16, 34], [64, 10], [64, 64], [32, 128]] as const) {
    const config = tinyConfig({ hidden: 32, inter: 32, kvHeads: 3, ratio: 2, headDim });
    const g = geometry(config, machineSettings({ mlen, blen: 4 }).config);
    for (const ratio of [1, g.ratio]) {
      const wanted = Array.from({ length: 3 * ratio * headDim }, (_, i) => i);
      const halved = halvedColumns(g, 3, ratio);
      const whole = headColumns(g, 3, headDim, ratio);
      for (const map of [halved, whole]) {
        assertEquals([...map].filter((c) => c >= 0).sort((a, b) => a - b), wanted);
      }
      const laneOf = new Map([...halved].map((column, i) => [column, i % mlen]));
      for (const column of wanted) {
        if (column % headDim >= headDim / 2) continue;
        assertEquals(laneOf.get(column), laneOf.get(column + headDim / 2));
      }
    }
  }
});

Deno.test("largestDivisor() is the largest that divides and is not too large", () => {
  for (let value = 1; value < 60; value++) {
    for (let limit = 1; limit < 70; limit++) {
      const divisors = Array.from({ length: limit }, (_, i) => i + 1).filter((d) =>
        value % d === 0
      );
      assertEquals(largestDivisor(value, limit), Math.max(...divisors));
    }
  }
});
