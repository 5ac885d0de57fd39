import type { Margin } from "./gate_network.ts";
import { type LinearForm, MAX_SHIFT, VALUES } from "./linear_forms.ts";

/**
 * All gates that see the inputs and one or two earlier gates, as functions of the inputs in each
 * state s of the earlier gates (bit 0 of s is the first of them). Gates with the same functions are
 * one entry, unless one costs more but ties in fewer rows. Ascending by cost.
 */
export interface LastGates {
  /** Number of entries. */
  readonly count: number;
  /** Weights and biases that are not zero, per entry. */
  readonly cost: Uint8Array;
  /** Per state: rows in which the gate gives 1, per entry. */
  readonly on: readonly Uint16Array[];
  /** Per state: rows in which its sum is 0, per entry; nothing if the margin allows ties. */
  readonly ties: readonly Uint16Array[];
}

/**
 * Enumerates the gates over the inputs and `earlier` (1 or 2) gates, the last of which is connected.
 *
 * @param positive Only positive weights for the last earlier gate: enough where the negation of a
 * gate counts as the same gate.
 */
export function lastGates(
  forms: readonly LinearForm[],
  earlier: 1 | 2,
  margin: Margin,
  positive: boolean,
): LastGates {
  const states = 1 << earlier;
  const on: number[][] = Array.from({ length: states }, () => []);
  const ties: number[][] = Array.from({ length: states }, () => []);
  const cost: number[] = [];
  const seen = new Map<string, number[]>();
  const firstWeights = earlier === 2 ? VALUES : [0];
  const shifts = new Int32Array(states);
  // Cheap gates first, so that an entry can only be made superfluous by those before it.
  for (let price = 1; price <= 7; price++) {
    for (const form of forms) {
      for (const bias of VALUES) {
        for (const first of firstWeights) {
          const used = form.weights + (bias ? 1 : 0) + (first ? 1 : 0) + 1;
          if (used !== price) continue;
          for (const last of VALUES) {
            if (last === 0 || (positive && last < 0)) continue;
            for (let s = 0; s < states; s++) {
              const fromLast = s >> (earlier - 1) ? last : 0;
              shifts[s] = MAX_SHIFT + bias + fromLast + (earlier === 2 && s & 1 ? first : 0);
            }
            let key = "";
            for (let s = 0; s < states; s++) key += String.fromCharCode(form.on[shifts[s]!]!);
            const same = seen.get(key);
            if (same?.some((entry) => tiesWithin(ties, entry, form, shifts, margin))) continue;
            if (same) same.push(cost.length);
            else seen.set(key, [cost.length]);
            for (let s = 0; s < states; s++) {
              on[s]!.push(form.on[shifts[s]!]!);
              ties[s]!.push(margin > 0 ? form.ties[shifts[s]!]! : 0);
            }
            cost.push(price);
          }
        }
      }
    }
  }
  return {
    count: cost.length,
    cost: Uint8Array.from(cost),
    on: on.map((masks) => Uint16Array.from(masks)),
    ties: ties.map((masks) => Uint16Array.from(masks)),
  };
}

/** Whether an entry ties only where the gate at these shifts does. */
function tiesWithin(
  ties: readonly (readonly number[])[],
  entry: number,
  form: LinearForm,
  shifts: Int32Array,
  margin: Margin,
): boolean {
  if (margin === 0) return true;
  for (let s = 0; s < shifts.length; s++) {
    if (ties[s]![entry]! & ~form.ties[shifts[s]!]!) return false;
  }
  return true;
}
