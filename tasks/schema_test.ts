import { assertEquals } from "@std/assert";
import * as artifacts from "../lib/artifacts/mod.ts";
import {
  boardJsonSchema,
  LATENCY_KEYS,
  PRECISION_KEYS,
  SHIPPED_SETTINGS,
} from "../lib/boards/mod.ts";

Deno.test("the schema of settings has the keys that the machine has", () => {
  assertEquals([...artifacts.LATENCY_KEYS], [...LATENCY_KEYS]);
  assertEquals([...artifacts.PRECISION_KEYS], [...PRECISION_KEYS]);
  assertEquals([...artifacts.CONFIG_KEYS].sort(), Object.keys(SHIPPED_SETTINGS.config).sort());
});

Deno.test("boards/board.schema.json is what board:schema writes, and every board names it", async () => {
  const folder = new URL("../boards/", import.meta.url);
  const schema = await Deno.readTextFile(new URL("board.schema.json", folder));
  assertEquals(JSON.parse(schema), boardJsonSchema());
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".yaml")) continue;
    const [line] = (await Deno.readTextFile(new URL(name, folder))).split("\n");
    assertEquals(line, "# yaml-language-server: $schema=board.schema.json");
  }
});
