import { roundToBf16 } from "../../numerics/mod.ts";

/** What a type makes of rows of so many columns. */
export type Through = (values: Float32Array, columns: number) => Float32Array;

/**
 * Values in one or several terms that the program adds up: each is what its type can hold of what the
 * terms before it have left over.
 */
export function inTerms(
  values: Float32Array,
  terms: number,
  columns: number,
  through: Through,
): Float32Array[] {
  const rest = values.slice();
  return Array.from({ length: terms }, (_, term) => {
    const whole = rest.slice();
    if (term === terms - 1) return whole;
    const held = through(whole, columns);
    for (let i = 0; i < rest.length; i++) rest[i]! -= held[i]!;
    return held;
  });
}

/** What the program has when it has loaded the terms and added them up. */
export function sumOfTerms(
  values: Float32Array,
  terms: number,
  columns: number,
  through: Through,
): Float32Array {
  const [first, ...others] = inTerms(values, terms, columns, through).map((term) =>
    roundToBf16(through(term, columns))
  );
  for (const other of others) {
    for (let i = 0; i < other.length; i++) first![i]! += other[i]!;
    roundToBf16(first!);
  }
  return first!;
}
