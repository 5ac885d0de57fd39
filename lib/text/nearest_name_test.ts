import { assertEquals } from "@std/assert";
import { nearestName } from "./nearest_name.ts";

Deno.test("nearestName() finds a name with a letter wrong, missing, added or swapped", () => {
  const known = ["clock_mhz", "memory", "latency"];
  for (const text of ["clock_mhx", "clock_mh", "clock__mhz", "clcok_mhz", "CLOCK_MHZ"]) {
    assertEquals(nearestName(text, known), "clock_mhz", text);
  }
});

Deno.test("nearestName() takes the nearest, of equals the first, and gives up on what is far from all", () => {
  const known = ["vector_add_cycles", "vector_max_cycles", "vector_mul_cycles"];
  assertEquals(nearestName("vector_mux_cycles", known), "vector_max_cycles");
  assertEquals(nearestName("vector_muls_cycles", known), "vector_mul_cycles");
  assertEquals(nearestName("colour", known), undefined);
  assertEquals(nearestName("x", []), undefined);
});
