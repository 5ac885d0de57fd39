/** Looking through a list of requests of a DRAM channel. */
import { ACT, PRE, RD } from "./dram_tables.ts";
import type { DramTiming } from "./dram_timing.ts";
import type { RequestList } from "./request_list.ts";
import type { RequestSlots } from "./request_slots.ts";

/**
 * The position of the first request of a list whose next command is ready, or −1; the lists are
 * in the order of arrival. Leaves the command in the list's `command`, and in its `wake` the first
 * cycle at which one of the requests before that position can be ready.
 */
export function findReady(
  list: RequestList,
  slots: RequestSlots,
  timing: DramTiming,
  cycle: number,
): number {
  const { order, mask, head, length } = list;
  const { bound, bank: bankOf, row: rowOf, isWrite } = slots;
  const { openRow, earliestAt, checks, checksPerBank, banks } = timing;
  let wake = Infinity;
  for (let position = 0; position < length; position++) {
    const slot = order[(head + position) & mask]!;
    let ready = bound[slot]!;
    if (ready <= cycle) {
      const bank = bankOf[slot]!;
      const open = openRow[bank]!;
      const command = open === rowOf[slot]! ? RD + isWrite[slot]! : (open === -1 ? ACT : PRE);
      const first = (command * banks + bank) * checksPerBank;
      ready = earliestAt[checks[first]!]!;
      if (ready <= cycle) {
        for (let i = 1; i < checksPerBank; i++) {
          const at = earliestAt[checks[first + i]!]!;
          if (at > ready) ready = at;
        }
      }
      bound[slot] = ready;
      if (ready <= cycle) {
        list.command = command;
        list.wake = wake;
        return position;
      }
    }
    if (ready < wake) wake = ready;
  }
  list.wake = wake;
  return -1;
}

/** Whether a list holds a request for a column. */
export function isQueued(
  list: RequestList,
  slots: RequestSlots,
  bank: number,
  row: number,
  column: number,
): boolean {
  const { order, mask, head, length } = list;
  for (let position = 0; position < length; position++) {
    const slot = order[(head + position) & mask]!;
    if (
      slots.bank[slot] === bank && slots.column[slot] === column &&
      slots.row[slot] === row
    ) return true;
  }
  return false;
}

/** Counts the open rows that a list wants, and resets the bounds of some banks. */
export function recount(
  list: RequestList,
  slots: RequestSlots,
  timing: DramTiming,
  firstBank: number,
  endBank: number,
): void {
  const { order, mask, head, length } = list;
  const { openRow } = timing;
  let hits = 0;
  for (let position = 0; position < length; position++) {
    const slot = order[(head + position) & mask]!;
    const bank = slots.bank[slot]!;
    if (openRow[bank] === slots.row[slot]) hits++;
    if (bank >= firstBank && bank < endBank) slots.bound[slot] = 0;
  }
  list.hits = hits;
  if (endBank > firstBank) list.wake = 0;
}
