import type { Footprint } from "./weight_manifest.ts";

/**
 * Why a capacity leads to the regime that it does, in words: which bytes fit and which do not. The
 * counterpart of {@linkcode chooseRegime}.
 *
 * ```ts
 * import { regimeReason } from "@fourbit/fourbit/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const footprint = { weight: 3000, kv: 500, activation: 500, total: 4000 };
 * assertEquals(regimeReason(footprint, 3500), "3,000 bytes of weights fit in 3,500, all 4,000 do not");
 * ```
 */
export function regimeReason({ weight, total }: Footprint, capacityBytes: number): string {
  const [weights, all, capacity] = [weight, total, capacityBytes].map((bytes) =>
    bytes.toLocaleString("en-US")
  );
  if (total <= capacityBytes) return `all ${all} bytes fit in ${capacity}`;
  return weight <= capacityBytes
    ? `${weights} bytes of weights fit in ${capacity}, all ${all} do not`
    : `${weights} bytes of weights do not fit in ${capacity}`;
}
