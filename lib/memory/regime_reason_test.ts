import { assertEquals } from "@std/assert";
import { regimeReason } from "./regime_reason.ts";

Deno.test("regimeReason() tells what fits, a tie included", () => {
  const footprint = { weight: 3000, kv: 500, activation: 500, total: 4000 };
  assertEquals(regimeReason(footprint, 4000), "all 4,000 bytes fit in 4,000");
  assertEquals(
    regimeReason(footprint, 3999),
    "3,000 bytes of weights fit in 3,999, all 4,000 do not",
  );
  assertEquals(regimeReason(footprint, 2999), "3,000 bytes of weights do not fit in 2,999");
});
