import { assert, assertEquals } from "@std/assert";
import { decode, E2M1 } from "../../numerics/mod.ts";
import { encodeBias, encodeThreshold } from "./threshold_code.ts";

const VALUES = Array.from({ length: 16 }, (_, code) => decode(E2M1, code));

Deno.test("encodeThreshold() decides as the whole numbers do, for all thresholds of small weights", () => {
  const digits = [-4, -2, -1, 1, 2, 4];
  for (const a of digits) {
    for (const b of digits) {
      for (const c of digits) {
        for (let threshold = -8; threshold <= 8; threshold++) {
          for (const prefer of ["margin", "bits"] as const) {
            const codes = encodeThreshold([a, b, c], threshold, prefer);
            assert(codes !== undefined, `${[a, b, c]} ${threshold}`);
            const [x, y, z] = codes.weights.map((code) => VALUES[code]!);
            const bias = codes.bias.reduce((sum, code) => sum + VALUES[code]!, 0);
            for (let row = 0; row < 8; row++) {
              const [p, q, r] = [row & 1, (row >> 1) & 1, row >> 2];
              assertEquals(
                x! * p + y! * q + z! * r + bias >= 0,
                a * p + b * q + c * r >= threshold,
              );
            }
          }
        }
      }
    }
  }
});

Deno.test("the carry out of k bit pairs is one gate, with one bias code to k = 3 and two for k = 4", () => {
  for (const k of [1, 2, 3, 4]) {
    const weights = [...Array.from({ length: k }, (_, i) => [2 ** i, 2 ** i]).flat(), 1];
    assertEquals(encodeThreshold(weights, 2 ** k, "bits")?.bias.length, k < 4 ? 1 : 2);
  }
  const five = [...Array.from({ length: 5 }, (_, i) => [2 ** i, 2 ** i]).flat(), 1];
  assertEquals(encodeThreshold(five, 32), undefined);
});

Deno.test("encodeThreshold() prefers two-sided margins, or few codes, as it is told", () => {
  const weights = [1, 1, 2, 2, 1]; // two pairs and a carry: 4 lies between no two single codes
  assertEquals(encodeThreshold(weights, 4, "margin")?.bias.length, 2);
  assertEquals(encodeThreshold(weights, 4, "bits")?.bias.length, 1);
});

Deno.test("encodeBias() gives one code where there is one, else two, else nothing", () => {
  for (let half = -30; half <= 30; half++) {
    const bias = half / 2;
    const single = VALUES.includes(bias);
    const pair = VALUES.some((value) => VALUES.includes(bias - value));
    const codes = encodeBias(bias);
    assertEquals(codes?.length, single ? 1 : pair ? 2 : undefined, `${bias}`);
    if (codes) assertEquals(codes.reduce((sum, code) => sum + VALUES[code]!, 0), bias);
  }
});
