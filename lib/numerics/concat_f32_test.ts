import { assertEquals } from "@std/assert";
import { concatF32 } from "./concat_f32.ts";

Deno.test("concatF32() puts arrays of any kind one after the other", () => {
  assertEquals(concatF32([[3, 1], Float64Array.of(4)]), Float32Array.of(3, 1, 4));
  assertEquals(concatF32([[], Float32Array.of(1), []]), Float32Array.of(1));
  assertEquals(concatF32([]), new Float32Array(0));
});
