/**
 * The channel of dram_channel.ts for DRAMs without refresh, in AssemblyScript. Names, order and
 * meaning follow that file, which explains them and is the reference; cycles and rows are 64-bit
 * integers here. Memory is laid out by dram_kernel.ts.
 */

// The configuration, 32-bit integers from byte 0 on.
const CHANNELS: usize = 0;
const CHANNEL_BYTES: usize = 4;
const FIRST_CHANNEL: usize = 8;
const REQUESTS_PER_BLOCK: usize = 12;
const LOW_BITS: usize = 16;
const READ_LATENCY: usize = 20;
const DRAIN_START: usize = 24;
const DRAIN_STOP: usize = 28;
const READ_CAPACITY: usize = 32;
const WRITE_CAPACITY: usize = 36;
const ACTIVATED_CAPACITY: usize = 40;
const BANKS: usize = 44;
const WINDOW_SIZE: usize = 48;
const WINDOW_CYCLES: usize = 52;
const RAISE_COUNT: usize = 64; // by command
const RAISES: usize = 80; // by command: where its pairs of target and cycles start
const CHECKS: usize = 96; // where the four targets of each command and bank start
const WINDOW_TARGETS: usize = 100; // where the target and the history of each bank start
const ADDRESS_MAP: usize = 104; // where the words of all `low` start; the first ones are bits

// A channel: from its first byte on.
const CYCLE: usize = 0;
const LAST: usize = 8;
const NEXT_TRY: usize = 16;
const WAITING_READS: usize = 24;
const WRITE_MODE: usize = 28;
const FREE_COUNT: usize = 32;
const COUNTERS: usize = 40; // doubles
const READS: usize = 40;
const WRITES: usize = 48;
const FORWARDED_READS: usize = 56;
const ROW_HITS: usize = 64;
const ROW_MISSES: usize = 72;
const ROW_CONFLICTS: usize = 80;
const ACTIVATIONS: usize = 88;
const PRECHARGES: usize = 96;
const REFUSALS: usize = 112;
const PEAK_READ_QUEUE: usize = 120;
const PEAK_WRITE_QUEUE: usize = 128;
const PEAK_ACTIVATED_QUEUE: usize = 136;
const READ_LIST: usize = 256;
const WRITE_LIST: usize = 512;
const ACTIVATED_LIST: usize = 768;
const FREE: usize = 1024; // 16-bit slot numbers
const SLOTS: usize = 1536;
const BANK_STATES: usize = SLOTS + 32 * 256;

// A list: a ring of 64 slot numbers and what is known of it.
const WAKE: usize = 0;
const HEAD: usize = 8;
const LENGTH: usize = 12;
const HITS: usize = 16;
const CAPACITY: usize = 20;
const ORDER: usize = 32;
const MASK: u32 = 63;

// A slot.
const BOUND: usize = 0;
const ROW: usize = 8;
const ARRIVAL: usize = 16;
const BANK: usize = 24;
const COLUMN: usize = 26;
const IS_WRITE: usize = 28;
const BEGUN: usize = 29;

// A bank.
const OPEN_ROW: usize = 0;
const IN_BANK: usize = 8;
const ACTIVATED_IN_BANK: usize = 10;
const WRITES_IN_BANK: usize = 12;
const BANK_BYTES: usize = 16;

const ACT: i32 = 0;
const PRE: i32 = 1;
const RD: i32 = 2;
const WR: i32 = 3;
const NEVER: i64 = 1 << 62;

/** Cycles performed so far. */
let now: i64 = 0;
/** The next command of the request that `pick` found. */
let command: i32 = 0;
// Where a request goes.
let channel: usize = 0;
let bank: u32 = 0;
let row: i64 = 0;
let column: u32 = 0;

// @ts-ignore: decorator
@inline
function add(pointer: usize, value: f64): void {
  store<f64>(pointer, load<f64>(pointer) + value);
}

// @ts-ignore: decorator
@inline
function count16(pointer: usize, value: i32): void {
  store<u16>(pointer, <i32>load<u16>(pointer) + value);
}

// @ts-ignore: decorator
@inline
function peak(pointer: usize, value: u32): void {
  if (<f64>value > load<f64>(pointer)) store<f64>(pointer, <f64>value);
}

// @ts-ignore: decorator
@inline
function bankState(c: usize, index: u32): usize {
  return c + BANK_STATES + index * BANK_BYTES;
}

// @ts-ignore: decorator
@inline
function slotAt(c: usize, list: usize, position: u32): usize {
  const index = (load<u32>(list, HEAD) + position) & MASK;
  return c + SLOTS + (<usize>load<u16>(list + (index << 1), ORDER) << 5);
}

/** Prepares the channels and the address map; the configuration has been written. */
export function init(): void {
  const map: usize = load<u32>(ADDRESS_MAP);
  const size: u32 = 1 << load<u32>(LOW_BITS);
  // Each bit of a request number acts alone: the rest is the XOR of what its bits give.
  for (let low: u32 = 1; low < size; low++) {
    store<u64>(map + (low << 3), load<u64>(map + ((low & -low) << 3)) ^ load<u64>(map + ((low & (low - 1)) << 3)));
  }
  const slots = load<u32>(READ_CAPACITY) + load<u32>(WRITE_CAPACITY) + load<u32>(ACTIVATED_CAPACITY);
  for (let i: u32 = 0; i < load<u32>(CHANNELS); i++) {
    const c: usize = load<u32>(FIRST_CHANNEL) + i * load<u32>(CHANNEL_BYTES);
    store<u32>(c + READ_LIST, load<u32>(READ_CAPACITY), CAPACITY);
    store<u32>(c + WRITE_LIST, load<u32>(WRITE_CAPACITY), CAPACITY);
    store<u32>(c + ACTIVATED_LIST, load<u32>(ACTIVATED_CAPACITY), CAPACITY);
    store<u32>(c, slots, FREE_COUNT);
    for (let s: u32 = 0; s < slots; s++) store<u16>(c + FREE + (s << 1), slots - 1 - s);
    for (let b: u32 = 0; b < load<u32>(BANKS); b++) store<i64>(bankState(c, b), -1, OPEN_ROW);
    const windows: usize = load<u32>(WINDOW_TARGETS);
    for (let b: u32 = 0; b < load<u32>(BANKS); b++) {
      const history: usize = c + load<u32>(windows + (b << 3), 4);
      store<u32>(history, 0);
      for (let k: u32 = 0; k < load<u32>(WINDOW_SIZE); k++) store<i64>(history + (k << 3), -NEVER, 8);
    }
  }
}

/** Offers the reads of blocks, which lie as doubles from `blocks` on. */
export function offerReads(blocks: usize, count: u32, start: f64): void {
  const first = <i64>start;
  if (now < first) now = first;
  const requests: u32 = load<u32>(REQUESTS_PER_BLOCK);
  for (let i: u32 = 0; i < count; i++) {
    const request = <i64>load<f64>(blocks + (i << 3)) * requests;
    for (let r: u32 = 0; r < requests; r++) {
      place(request + r);
      const c = channel;
      advance(c, now);
      if (!offerRead(c)) {
        // The next offer follows a cycle that belongs to a time after the start.
        const next = max(now + 1, first + 2);
        const b = bank;
        const w = row;
        const l = column;
        advance(c, next);
        while (load<u32>(c + READ_LIST, LENGTH) >= load<u32>(c + READ_LIST, CAPACITY)) step(c, NEVER);
        now = load<i64>(c, CYCLE);
        bank = b;
        row = w;
        column = l;
        offerRead(c);
      }
    }
  }
}

/** Performs cycles until every accepted read has completed, and returns their number. */
export function finishReads(): f64 {
  let c: usize = load<u32>(FIRST_CHANNEL);
  for (let i: u32 = 0; i < load<u32>(CHANNELS); i++) {
    while (load<u32>(c, WAITING_READS) > 0) step(c, NEVER);
    const last = load<i64>(c, LAST);
    if (last > now) now = last;
    c += load<u32>(CHANNEL_BYTES);
  }
  return <f64>now;
}

/** Offers the writes of a block; returns the cycle of the last one that had to wait, or -1. */
export function offerWrite(block: f64, start: f64): f64 {
  const first = <i64>start;
  if (now < first) now = first;
  let waited: f64 = -1;
  const requests: u32 = load<u32>(REQUESTS_PER_BLOCK);
  for (let r: u32 = 0; r < requests; r++) {
    place(<i64>block * requests + r);
    const c = channel;
    advance(c, now);
    const list = c + WRITE_LIST;
    if (load<u32>(list, LENGTH) >= load<u32>(list, CAPACITY)) {
      add(c + REFUSALS, 1);
      advance(c, now + 1);
      while (load<u32>(list, LENGTH) >= load<u32>(list, CAPACITY)) step(c, NEVER);
      now = load<i64>(c, CYCLE);
      waited = <f64>now;
    }
    accept(c, list, 1);
    count16(bankState(c, bank) + WRITES_IN_BANK, 1);
    add(c + WRITES, 1);
    peak(c + PEAK_WRITE_QUEUE, load<u32>(list, LENGTH));
  }
  return waited;
}

/** Brings all channels to the cycle reached; returns the number of writes that still wait. */
export function settle(): u32 {
  let waiting: u32 = 0;
  let c: usize = load<u32>(FIRST_CHANNEL);
  for (let i: u32 = 0; i < load<u32>(CHANNELS); i++) {
    advance(c, now);
    waiting += load<u32>(c + READ_LIST, LENGTH) + load<u32>(c + WRITE_LIST, LENGTH) +
      load<u32>(c + ACTIVATED_LIST, LENGTH) - load<u32>(c, WAITING_READS);
    c += load<u32>(CHANNEL_BYTES);
  }
  return waiting;
}

/** The cycle reached. */
export function reached(): f64 {
  return <f64>now;
}

/** Leaves where a request goes in `channel`, `bank`, `row` and `column`. */
function place(request: i64): void {
  const lowBits = load<u32>(LOW_BITS);
  const high = request >> lowBits;
  const low = <u32>request & ((1 << lowBits) - 1);
  const entry: usize = load<u32>(ADDRESS_MAP) + (low << 3);
  channel = load<u32>(FIRST_CHANNEL) + <u32>load<u16>(entry) * load<u32>(CHANNEL_BYTES);
  bank = load<u16>(entry, 2);
  column = load<u16>(entry, 4);
  row = high ^ <i64>load<u16>(entry, 6);
}

function offerRead(c: usize): bool {
  if (load<u16>(bankState(c, bank), WRITES_IN_BANK) != 0 && isWriteQueued(c)) {
    add(c + READS, 1);
    add(c + FORWARDED_READS, 1);
    complete(c, load<i64>(c, CYCLE) + 1);
    return true;
  }
  const list = c + READ_LIST;
  if (load<u32>(list, LENGTH) >= load<u32>(list, CAPACITY)) {
    add(c + REFUSALS, 1);
    return false;
  }
  accept(c, list, 0);
  store<u32>(c, load<u32>(c, WAITING_READS) + 1, WAITING_READS);
  add(c + READS, 1);
  peak(c + PEAK_READ_QUEUE, load<u32>(list, LENGTH));
  return true;
}

function isWriteQueued(c: usize): bool {
  const list = c + WRITE_LIST;
  const length = load<u32>(list, LENGTH);
  for (let position: u32 = 0; position < length; position++) {
    const slot = slotAt(c, list, position);
    if (load<u16>(slot, BANK) == bank && load<u16>(slot, COLUMN) == column && load<i64>(slot, ROW) == row) return true;
  }
  return false;
}

function accept(c: usize, list: usize, isWrite: u32): void {
  const free = load<u32>(c, FREE_COUNT) - 1;
  store<u32>(c, free, FREE_COUNT);
  const number: u32 = load<u16>(c + (free << 1), FREE);
  const slot = c + SLOTS + (number << 5);
  store<i64>(slot, 0, BOUND);
  store<i64>(slot, row, ROW);
  store<i64>(slot, load<i64>(c, CYCLE), ARRIVAL);
  store<u16>(slot, bank, BANK);
  store<u16>(slot, column, COLUMN);
  store<u16>(slot, isWrite, IS_WRITE); // and BEGUN
  const state = bankState(c, bank);
  count16(state + IN_BANK, 1);
  const length = load<u32>(list, LENGTH);
  store<u16>(list + (((load<u32>(list, HEAD) + length) & MASK) << 1), number, ORDER);
  store<u32>(list, length + 1, LENGTH);
  if (load<i64>(state, OPEN_ROW) == row) store<u32>(list, load<u32>(list, HITS) + 1, HITS);
  store<i64>(list, 0, WAKE);
  store<i64>(c, 0, NEXT_TRY);
}

function complete(c: usize, due: i64): void {
  store<i64>(c, max(due, load<i64>(c, LAST) + 1), LAST);
}

function advance(c: usize, limit: i64): void {
  while (step(c, limit)) {}
}

function step(c: usize, limit: i64): bool {
  const before = load<i64>(c, CYCLE);
  let cycle = before + 1;
  const nextTry = load<i64>(c, NEXT_TRY);
  if (nextTry > cycle) {
    cycle = nextTry;
    if (limit > before) updateWriteMode(c);
  }
  if (cycle > limit) {
    if (limit > before) store<i64>(c, limit, CYCLE);
    return false;
  }
  if (cycle == NEVER) unreachable();
  store<i64>(c, cycle, CYCLE);
  store<i64>(c, cycle + 1, NEXT_TRY);

  const activated = c + ACTIVATED_LIST;
  if (load<i64>(activated, WAKE) <= cycle) {
    const position = pick(c, activated, cycle);
    if (position >= 0) {
      serve(c, activated, position, cycle);
      return true;
    }
  }

  updateWriteMode(c);
  const list = c + (load<u32>(c, WRITE_MODE) ? WRITE_LIST : READ_LIST);
  if (load<i64>(list, WAKE) <= cycle) {
    if (load<u32>(list, HITS) == 0) {
      // Node 0 of the earliest cycles is the channel.
      const gate = min(load<i64>(c + earliestOffset()), load<i64>(c + earliestOffset(), 8));
      if (gate > cycle) {
        store<i64>(c, min(load<i64>(activated, WAKE), gate), NEXT_TRY);
        return true;
      }
    }
    const position = pick(c, list, cycle);
    if (position >= 0) {
      const at: u32 = load<u16>(slotAt(c, list, position), BANK);
      if (command != PRE || load<u16>(bankState(c, at), ACTIVATED_IN_BANK) == 0) {
        serve(c, list, position, cycle);
        return true;
      }
      store<i64>(c, min(load<i64>(activated, WAKE), load<i64>(list, WAKE)), NEXT_TRY);
      store<i64>(list, 0, WAKE);
      return true;
    }
  }
  store<i64>(c, min(load<i64>(activated, WAKE), load<i64>(list, WAKE)), NEXT_TRY);
  return true;
}

// @ts-ignore: decorator
@inline
function earliestOffset(): usize {
  return BANK_STATES + load<u32>(BANKS) * BANK_BYTES;
}

function updateWriteMode(c: usize): void {
  const length = load<u32>(c + WRITE_LIST, LENGTH);
  const reads = load<u32>(c + READ_LIST, LENGTH);
  if (!load<u32>(c, WRITE_MODE)) {
    if (length >= load<u32>(DRAIN_START) || reads == 0) store<u32>(c, 1, WRITE_MODE);
  } else if (length <= load<u32>(DRAIN_STOP) && reads > 0) store<u32>(c, 0, WRITE_MODE);
}

/** The first cycle at which a command on a bank is legal. */
// @ts-ignore: decorator
@inline
function earliest(c: usize, what: i32, index: u32): i64 {
  const checks: usize = load<u32>(CHECKS) + ((what * load<u32>(BANKS) + index) << 4);
  const a = load<i64>(c + load<u32>(checks));
  const b = load<i64>(c + load<u32>(checks, 4));
  const d = load<i64>(c + load<u32>(checks, 8));
  const e = load<i64>(c + load<u32>(checks, 12));
  return max(max(a, b), max(d, e));
}

function pick(c: usize, list: usize, cycle: i64): i32 {
  const length = load<u32>(list, LENGTH);
  let wake = NEVER;
  for (let position: u32 = 0; position < length; position++) {
    const slot = slotAt(c, list, position);
    let ready = load<i64>(slot, BOUND);
    if (ready <= cycle) {
      const index: u32 = load<u16>(slot, BANK);
      const open = load<i64>(bankState(c, index), OPEN_ROW);
      const next = open == load<i64>(slot, ROW) ? RD + <i32>load<u8>(slot, IS_WRITE) : open == -1 ? ACT : PRE;
      ready = earliest(c, next, index);
      store<i64>(slot, ready, BOUND);
      if (ready <= cycle) {
        command = next;
        store<i64>(list, wake, WAKE);
        return position;
      }
    }
    if (ready < wake) wake = ready;
  }
  store<i64>(list, wake, WAKE);
  return -1;
}

/** Performs a command: raises what has to wait for it. */
function issue(c: usize, what: i32, index: u32, cycle: i64): void {
  const count = load<u32>(RAISE_COUNT + (<usize>what << 2));
  let raise: usize = load<u32>(RAISES + (<usize>what << 2)) + ((index * count) << 3);
  for (let i: u32 = 0; i < count; i++) {
    const target = c + load<u32>(raise);
    const until = cycle + load<u32>(raise, 4);
    if (until > load<i64>(target)) store<i64>(target, until);
    raise += 8;
  }
  if (what == ACT && load<u32>(WINDOW_SIZE) > 0) {
    const entry: usize = load<u32>(WINDOW_TARGETS) + (index << 3);
    const target = c + load<u32>(entry);
    const history = c + load<u32>(entry, 4);
    const position = load<u32>(history);
    store<i64>(history + (position << 3), cycle, 8);
    const following = position + 1 == load<u32>(WINDOW_SIZE) ? 0 : position + 1;
    store<u32>(history, following);
    const until = load<i64>(history + (following << 3), 8) + load<u32>(WINDOW_CYCLES);
    if (until > load<i64>(target)) store<i64>(target, until);
  }
}

function serve(c: usize, list: usize, position: u32, cycle: i64): void {
  const what = command;
  const slot = slotAt(c, list, position);
  const number = <u32>(slot - c - SLOTS) >> 5;
  const index: u32 = load<u16>(slot, BANK);
  const state = bankState(c, index);
  const activated = c + ACTIVATED_LIST;
  issue(c, what, index, cycle);
  let wake: i64 = position == load<u32>(list, LENGTH) - 1 ? load<i64>(list, WAKE) : 0;
  const isNew = load<u8>(slot, BEGUN) == 0;

  if (what >= RD) {
    if (isNew) add(c + ROW_HITS, 1);
    removeAt(list, position);
    const free = load<u32>(c, FREE_COUNT);
    store<u16>(c + (free << 1), number, FREE);
    store<u32>(c, free + 1, FREE_COUNT);
    count16(state + IN_BANK, -1);
    if (list == activated) count16(state + ACTIVATED_IN_BANK, -1);
    else {
      store<u32>(list, load<u32>(list, HITS) - 1, HITS);
      if (list == c + WRITE_LIST) count16(state + WRITES_IN_BANK, -1);
    }
    if (what == RD) {
      store<u32>(c, load<u32>(c, WAITING_READS) - 1, WAITING_READS);
      complete(c, cycle + load<u32>(READ_LATENCY));
    }
  } else if (what == ACT) {
    store<i64>(state, load<i64>(slot, ROW), OPEN_ROW);
    add(c + ACTIVATIONS, 1);
    if (isNew) add(c + ROW_MISSES, 1);
    store<u8>(slot, 1, BEGUN);
    const ready = earliest(c, load<u8>(slot, IS_WRITE) == 0 ? RD : WR, index);
    store<i64>(slot, ready, BOUND);
    const moved = list != activated && load<u32>(activated, LENGTH) < load<u32>(activated, CAPACITY);
    if (moved) {
      removeAt(list, position);
      if (list == c + WRITE_LIST) count16(state + WRITES_IN_BANK, -1);
      insert(c, activated, slot, number);
      if (ready < load<i64>(activated, WAKE)) store<i64>(activated, ready, WAKE);
      count16(state + ACTIVATED_IN_BANK, 1);
      peak(c + PEAK_ACTIVATED_QUEUE, load<u32>(activated, LENGTH));
    } else if (ready < wake) wake = ready;
    if (load<u16>(state, IN_BANK) > 1 || !moved) {
      recount(c, c + READ_LIST, -1);
      recount(c, c + WRITE_LIST, -1);
    }
  } else {
    store<i64>(state, -1, OPEN_ROW);
    add(c + PRECHARGES, 1);
    if (isNew) add(c + ROW_CONFLICTS, 1);
    store<u8>(slot, 1, BEGUN);
    const ready = earliest(c, ACT, index);
    store<i64>(slot, ready, BOUND);
    if (ready < wake) wake = ready;
    if (load<u16>(state, IN_BANK) > 1) {
      recount(c, c + READ_LIST, index);
      recount(c, c + WRITE_LIST, index);
      wake = 0;
    }
  }
  store<i64>(list, wake, WAKE);
  store<i64>(
    c,
    min(load<i64>(activated, WAKE), min(load<i64>(c + READ_LIST, WAKE), load<i64>(c + WRITE_LIST, WAKE))),
    NEXT_TRY,
  );
}

/** Counts the open rows that a list wants, and resets the bounds of one bank, or with -1 of none. */
function recount(c: usize, list: usize, reset: u32): void {
  const length = load<u32>(list, LENGTH);
  let hits: u32 = 0;
  for (let position: u32 = 0; position < length; position++) {
    const slot = slotAt(c, list, position);
    const index: u32 = load<u16>(slot, BANK);
    if (load<i64>(bankState(c, index), OPEN_ROW) == load<i64>(slot, ROW)) hits++;
    if (index == reset) store<i64>(slot, 0, BOUND);
  }
  store<u32>(list, hits, HITS);
  if (reset != -1) store<i64>(list, 0, WAKE);
}

/** Puts a slot behind every entry that did not arrive later. */
function insert(c: usize, list: usize, slot: usize, number: u32): void {
  const key = load<i64>(slot, ARRIVAL);
  const head = load<u32>(list, HEAD);
  let position = load<u32>(list, LENGTH);
  store<u32>(list, position + 1, LENGTH);
  for (; position > 0; position--) {
    if (load<i64>(slotAt(c, list, position - 1), ARRIVAL) <= key) break;
    const before = load<u16>(list + (((head + position - 1) & MASK) << 1), ORDER);
    store<u16>(list + (((head + position) & MASK) << 1), before, ORDER);
  }
  store<u16>(list + (((head + position) & MASK) << 1), number, ORDER);
}

function removeAt(list: usize, position: u32): void {
  const head = load<u32>(list, HEAD);
  const last = load<u32>(list, LENGTH) - 1;
  store<u32>(list, last, LENGTH);
  if (position < last - position) {
    for (let p = position; p > 0; p--) {
      store<u16>(list + (((head + p) & MASK) << 1), load<u16>(list + (((head + p - 1) & MASK) << 1), ORDER), ORDER);
    }
    store<u32>(list, (head + 1) & MASK, HEAD);
  } else {
    for (let p = position; p < last; p++) {
      store<u16>(list + (((head + p) & MASK) << 1), load<u16>(list + (((head + p + 1) & MASK) << 1), ORDER), ORDER);
    }
  }
}
