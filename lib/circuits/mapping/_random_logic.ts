/**
 * A circuit of random tables in BLIF, the same for the same seed: every table reads two to four wires,
 * mostly late ones, and gives 1 in random rows.
 */
export function randomBlif(inputs: number, tables: number, outputs: number, seed: number): string {
  let state = seed;
  const below = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  const lines = [
    `.model random${seed}`,
    `.inputs ${Array.from({ length: inputs }, (_, i) => `w${i}`).join(" ")}`,
    `.outputs ${
      Array.from({ length: outputs }, (_, i) => `w${inputs + tables - 1 - i}`).join(" ")
    }`,
  ];
  for (let table = 0; table < tables; table++) {
    const wires = inputs + table;
    const read = new Set<number>();
    const count = 2 + below(3);
    while (read.size < count) {
      const span = below(4) === 0 ? wires : Math.min(wires, 200);
      read.add(wires - 1 - below(span));
    }
    lines.push(`.names ${[...read].map((wire) => `w${wire}`).join(" ")} w${wires}`);
    const rows = 1 + below(2 ** count - 1);
    for (let row = 0; row < 2 ** count; row++) {
      if (below(2 ** count) >= rows) continue;
      lines.push(`${row.toString(2).padStart(count, "0")} 1`);
    }
  }
  return [...lines, ".end", ""].join("\n");
}
