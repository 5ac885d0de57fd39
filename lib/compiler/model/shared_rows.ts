import { ropeTables } from "../../models/mod.ts";
import { HIDDEN_SCORE } from "../kernels/softmax.ts";
import type { DecoderPlan } from "./plan.ts";
import { inTerms, type Through } from "./terms.ts";

/**
 * The tables of the rotary embedding: of each term the cosines, then the sines, each by column blocks of
 * half a head, filled up to `tableRows` rows. Key heads that share a block have a slot each.
 */
export function tableRows(plan: DecoderPlan, through: Through): Float32Array {
  const { config, geometry: g } = plan;
  const { mlen, half, halfBlocks, keySlots } = g;
  const tables = ropeTables(config, plan.positions, 0, plan.positions);
  const values = new Float32Array(2 * halfBlocks * plan.tableRows * mlen);
  for (const [kind, name] of (["cos", "sin"] as const).entries()) {
    for (let block = 0; block < halfBlocks; block++) {
      const count = Math.min(half - block * mlen, mlen);
      for (let p = 0; p < plan.positions; p++) {
        const row = ((kind * halfBlocks + block) * plan.tableRows + p) * mlen;
        const source = p * 2 * half + block * mlen;
        for (let slot = 0; slot < keySlots; slot++) {
          for (let i = 0; i < count; i++) {
            values[row + slot * half + i] = tables[name][source + i]!;
          }
        }
      }
    }
  }
  const all = new Float32Array(plan.terms * values.length);
  inTerms(values, plan.terms, mlen, through).forEach((term, i) => all.set(term, i * values.length));
  return all;
}

/**
 * The masks: MLEN causal rows, of which row r hides the columns after r, and as many of zeros; then the
 * lanes of each slot of keys and of values; then rows of which row m hides the first m - MLEN columns.
 */
export function maskRows(plan: DecoderPlan): Float32Array {
  const { mlen, half, keySlots, valueLanes, valueSlots } = plan.geometry;
  const values = new Float32Array(plan.masks.rows * mlen);
  for (let r = 0; r < mlen; r++) values.fill(HIDDEN_SCORE, r * mlen + r + 1, (r + 1) * mlen);
  const keep = (row: number, first: number, count: number): void => {
    const start = (plan.headMaskRow + row) * mlen;
    values.fill(1, start + first, start + Math.min(mlen, first + count));
  };
  for (let slot = 0; slot < keySlots; slot++) keep(slot, slot * half, half);
  for (let slot = 0; slot < valueSlots; slot++) {
    keep(keySlots + slot, slot * valueLanes, valueLanes);
  }
  for (let m = 0; m < 3 * mlen; m++) {
    const start = (plan.windowMaskRow + m) * mlen;
    values.fill(HIDDEN_SCORE, start, start + Math.max(0, Math.min(mlen, m - mlen)));
  }
  return values;
}
