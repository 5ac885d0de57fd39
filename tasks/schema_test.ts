import { assertEquals } from "@std/assert";
import * as artifacts from "../lib/artifacts/mod.ts";
import { LATENCY_KEYS, PRECISION_KEYS, SHIPPED_SETTINGS } from "../lib/boards/mod.ts";

Deno.test("the schema of settings has the keys that the machine has", () => {
  assertEquals([...artifacts.LATENCY_KEYS], [...LATENCY_KEYS]);
  assertEquals([...artifacts.PRECISION_KEYS], [...PRECISION_KEYS]);
  assertEquals([...artifacts.CONFIG_KEYS].sort(), Object.keys(SHIPPED_SETTINGS.config).sort());
});
