import { assertEquals } from "@std/assert";
import { sameType } from "./same_type.ts";
import { HBM_TYPES, type TensorType } from "./settings.ts";

const fp = (exponent: number, mantissa: number, sign = true) =>
  ({ type: "Fp", sign, exponent, mantissa }) as const;

/** All different. */
const TYPES: readonly TensorType[] = [
  HBM_TYPES.mxfp8,
  HBM_TYPES.mxfp4,
  { kind: "plain", element: fp(4, 3) },
  { kind: "plain", element: fp(8, 7) },
  { kind: "plain", element: fp(8, 7, false) },
  { kind: "plain", element: { type: "Int", width: 8 } },
  { kind: "plain", element: { type: "Int", width: 16 } },
  { kind: "mx", block: 8, element: fp(5, 2), scale: fp(8, 0, false) },
  { kind: "mx", block: 16, element: fp(5, 2), scale: fp(8, 0, false) },
  { kind: "mx", block: 16, element: fp(5, 2), scale: fp(5, 0, false) },
  { kind: "mx", block: 16, element: fp(5, 2), scale: { type: "Int", width: 8 } },
];

/** The same with the fields of every object the other way round. */
function reversed<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, field]) => [key, reversed(field)])) as T;
}

Deno.test("sameType() goes by every field, and by no order", () => {
  for (const [i, a] of TYPES.entries()) {
    for (const [j, b] of TYPES.entries()) {
      assertEquals(sameType(a, b), i === j, `${i} and ${j}`);
      assertEquals(sameType(a, reversed(b)), i === j, `${i} and ${j} reversed`);
    }
  }
});
