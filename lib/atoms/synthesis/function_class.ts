import type { Margin, NetworkGate } from "./gate_network.ts";

/**
 * Functions that are one another after a renaming of the inputs, and with a margin of 0.5 also after
 * a negation of the output, need the same networks:
 *
 * - Renaming the inputs of a function renames the weights of every gate: always valid.
 * - Negating the output negates all weights and the bias of the last gate. E2M1 holds −v for every
 *   v, and step(−z) = 1 − step(z) unless z = 0: valid with a margin, not valid where ties are used.
 * - Negating an *input* is not used. It replaces a bias b by b + w, which E2M1 may not hold.
 *
 * So the classes are smaller than the NPN classes of the literature (n = 4: 222), and minimality is
 * literally true for every member.
 */
export interface ClassMember {
  /** The member of the class with the smallest mask. */
  readonly representative: number;
  /** Input i of the function is input `permutation[i]` of the representative. */
  readonly permutation: readonly number[];
  /** Whether the function is the renamed representative's negation. */
  readonly negated: boolean;
}

/** All orders of the inputs. */
export function permutations(inputs: number): number[][] {
  if (inputs === 0) return [[]];
  return permutations(inputs - 1).flatMap((rest) =>
    Array.from({ length: inputs }, (_, at) => rest.toSpliced(at, 0, inputs - 1))
  );
}

/** Where each row goes when input i becomes input `permutation[i]`. */
export function rowMap(permutation: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 1 << permutation.length }, (_, row) => {
    let image = 0;
    for (let i = 0; i < permutation.length; i++) if ((row >> i) & 1) image |= 1 << permutation[i]!;
    return image;
  });
}

/** The function after its rows have moved. */
export function moveRows(mask: number, rows: Uint8Array): number {
  let image = 0;
  for (let row = 0; row < rows.length; row++) if ((mask >> row) & 1) image |= 1 << rows[row]!;
  return image;
}

interface Renamings {
  readonly orders: readonly (readonly number[])[];
  readonly rows: readonly Uint8Array[];
}
const RENAMINGS: readonly Renamings[] = [0, 1, 2, 3, 4].map((inputs) => {
  const orders = permutations(inputs);
  return { orders, rows: orders.map(rowMap) };
});

/** The class of a function of up to 4 inputs, and the way from its representative to it. */
export function classOf(mask: number, inputs: number, margin: Margin): ClassMember {
  const { orders, rows } = RENAMINGS[inputs]!;
  const all = 2 ** (1 << inputs) - 1;
  let representative = Infinity;
  let best = 0;
  let negated = false;
  for (let p = 0; p < orders.length; p++) {
    const image = moveRows(mask, rows[p]!);
    if (image < representative) [representative, best, negated] = [image, p, false];
    if (margin > 0 && (all ^ image) < representative) {
      [representative, best, negated] = [all ^ image, p, true];
    }
  }
  return { representative, permutation: orders[best]!, negated };
}

/** For every function of the inputs the representative of its class. */
export function canonicalMasks(inputs: number, margin: Margin): Uint16Array {
  const { rows } = RENAMINGS[inputs]!;
  const all = 2 ** (1 << inputs) - 1;
  const canonical = new Uint16Array(all + 1);
  const known = new Uint8Array(all + 1);
  for (let mask = 0; mask <= all; mask++) {
    if (known[mask]) continue; // ascending order: the first member met is the smallest
    for (const map of rows) {
      const image = moveRows(mask, map);
      known[image] = 1;
      canonical[image] = mask;
      if (margin === 0) continue;
      known[all ^ image] = 1;
      canonical[all ^ image] = mask;
    }
  }
  return canonical;
}

/** The representatives of all classes, ascending. */
export function representatives(inputs: number, margin: Margin): number[] {
  return [...new Set(canonicalMasks(inputs, margin))].sort((a, b) => a - b);
}

/** Gates of the representative as gates of the member. */
export function memberGates(
  gates: readonly NetworkGate[],
  { permutation, negated }: ClassMember,
): NetworkGate[] {
  const inputs = permutation.length;
  return gates.map(({ weightCodes, biasCodes }, gate) => {
    const weights = weightCodes.map((code, i) => i < inputs ? weightCodes[permutation[i]!]! : code);
    if (!negated || gate < gates.length - 1) return { weightCodes: weights, biasCodes };
    return { weightCodes: weights.map(negate), biasCodes: biasCodes.map(negate) };
  });
}

/** The code of −v; zero stays the code 0. */
function negate(code: number): number {
  return code & 7 ? code ^ 8 : 0;
}
