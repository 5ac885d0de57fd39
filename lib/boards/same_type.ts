import type { ScalarType, TensorType } from "./settings.ts";

/**
 * Whether two types code elements alike, in whatever order their fields were written.
 *
 * ```ts
 * import { HBM_TYPES, sameType } from "@fourbit/fourbit/boards";
 * import { assert } from "@std/assert";
 *
 * assert(sameType(HBM_TYPES.mxfp8, structuredClone(HBM_TYPES.mxfp8)));
 * assert(!sameType(HBM_TYPES.mxfp8, HBM_TYPES.mxfp4));
 * ```
 */
export function sameType(a: TensorType, b: TensorType): boolean {
  if (!sameScalar(a.element, b.element)) return false;
  if (a.kind === "plain" || b.kind === "plain") return a.kind === b.kind;
  return a.block === b.block && sameScalar(a.scale, b.scale);
}

function sameScalar(a: ScalarType, b: ScalarType): boolean {
  if (a.type === "Int" || b.type === "Int") {
    return a.type === "Int" && b.type === "Int" && a.width === b.width;
  }
  return a.sign === b.sign && a.exponent === b.exponent && a.mantissa === b.mantissa;
}
