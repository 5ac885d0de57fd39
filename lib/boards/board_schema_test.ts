import { parse } from "@std/yaml";
import { assert, assertEquals } from "@std/assert";
import { BOARD_LATENCY_KEYS } from "./board.ts";
import { boardJsonSchema, knownFields } from "./board_schema.ts";

type Schema = { [key: string]: unknown };
const property = (schema: unknown, key: string): Schema =>
  ((schema as Schema)["properties"] as Schema)[key] as Schema;

Deno.test("boardJsonSchema() describes every field of the board files and allows no other", async () => {
  for (const name of ["nexys_video", "custom_a7", "v80"]) {
    visit(boardJsonSchema(), parse(await Deno.readTextFile(`boards/${name}.yaml`)), name);
  }
  function visit(schema: Schema, value: unknown, path: string): void {
    const choice = schema["anyOf"] as Schema[] | undefined;
    if (choice !== undefined) return visit(choice[0]!, value, path);
    if (Array.isArray(value)) {
      for (const item of value) visit(schema["items"] as Schema, item, `${path}[]`);
    } else if (typeof value === "object" && value !== null) {
      assertEquals(schema["additionalProperties"], false, path);
      for (const required of schema["required"] as string[] ?? []) {
        assert(required in value, `${path}.${required}`);
      }
      for (const [key, item] of Object.entries(value)) {
        visit(property(schema, key), item, `${path}.${key}`);
      }
    } else {
      const type = Number.isInteger(value) ? ["integer", "number"] : [typeof value];
      assert(type.includes(String(schema["type"])), `${path}: ${schema["type"]}`);
      assert(typeof schema["description"] === "string", `${path} has a description`);
    }
  }
});

Deno.test("boardJsonSchema() requires all latency keys, or none", () => {
  const { anyOf } = property(boardJsonSchema(), "latency");
  const [full, empty] = anyOf as [Schema, Schema];
  assertEquals(full["required"], ["dc_lib_en", ...BOARD_LATENCY_KEYS]);
  assertEquals(empty, { type: "object", maxProperties: 0 });
});

Deno.test("boardJsonSchema() is plain JSON", () => {
  const schema = boardJsonSchema();
  assertEquals(JSON.parse(JSON.stringify(schema)), schema);
});

Deno.test("knownFields() goes through optional blocks and lists", () => {
  assertEquals(knownFields(["power"]), ["tdp_watts", "io_voltage"]);
  assertEquals(knownFields(["tile_hints", 3]), ["mlen", "vlen", "blen", "batch_size", "status"]);
  assertEquals(knownFields(["precision", "hbm_act"])[3], "block");
  assertEquals(knownFields(["name"]), []);
  assertEquals(knownFields(["nowhere", "deeper"]), []);
});
