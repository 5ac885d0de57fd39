import { encodeDatabase, type SynthesisDatabase } from "./database.ts";

/**
 * The TypeScript module `database_data.ts`, which ships databases as base64 text.
 *
 * @param databases What to ship, each with its own inputs and margin.
 */
export function databaseSource(databases: readonly SynthesisDatabase[]): string {
  const entries = databases.map((database) => {
    const lines = encodeDatabase(database).toBase64().match(/.{1,98}/g)!;
    return `  // ${database.inputs} inputs, margin ${database.margin}\n` +
      `  \`\n${lines.join("\n")}\n\`,\n`;
  });
  return "/**\n" +
    " * Encoded databases of minimal networks in base64. This file is generated: write it again with\n" +
    " * `databaseSource()`, and compare it with a new search by `database_slow.ts`.\n" +
    " */\n" +
    `export const DATABASES: readonly string[] = [\n${entries.join("")}];\n`;
}
