/**
 * The channel of dram_channel.ts in AssemblyScript, for DRAMs that keep rows open and serve the
 * first ready. Names, order and meaning follow that file, request_queue.ts and request_list.ts, which
 * explain them and are the reference; cycles and rows are 64-bit integers here, and slots and banks
 * are addresses, 0 for none. Memory is laid out by dram_kernel.ts.
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
const RAISES: usize = 96; // by command: where its pairs of target and cycles start
const CHECKS: usize = 128; // where the four targets of each command and bank start
const WINDOW_TARGETS: usize = 132; // where the target and the history of each bank start
const ADDRESS_MAP: usize = 136; // where the words of all `low` start; the first ones are bits
const REFRESH_INTERVAL: usize = 140; // 0 for none
const REFRESH_COMMAND: usize = 144;
const CLOSE_COMMAND: usize = 148;
const UNITS: usize = 152;
const UNITS_PER_REFRESH: usize = 156;

// A channel: from its first byte on.
const CYCLE: usize = 0;
const LAST: usize = 8;
const NEXT_TRY: usize = 16;
const WAITING_READS: usize = 24;
const WRITE_MODE: usize = 28;
const FREE_COUNT: usize = 32;
const READS: usize = 40; // the counters, doubles, from here on
const WRITES: usize = 48;
const FORWARDED_READS: usize = 56;
const ROW_HITS: usize = 64;
const ROW_MISSES: usize = 72;
const ROW_CONFLICTS: usize = 80;
const ACTIVATIONS: usize = 88;
const PRECHARGES: usize = 96;
const REFRESHES: usize = 104;
const REFUSALS: usize = 112;
const PEAK_READ_QUEUE: usize = 120;
const PEAK_WRITE_QUEUE: usize = 128;
const PEAK_ACTIVATED_QUEUE: usize = 136;
const NEXT_REFRESH: usize = 144;
const ACCEPTED: usize = 152;
const DUE_REFRESHES: usize = 160;
const REFRESH_UNIT: usize = 164;
const READ_QUEUE: usize = 256;
const WRITE_QUEUE: usize = 576;
const ACTIVATED_LIST: usize = 896;
const FREE: usize = 1216; // addresses
const SLOTS: usize = 1984;
const BANK_STATES: usize = SLOTS + 64 * 192;

// A queue, or the activated list.
const WAKE: usize = 0;
const LENGTH: usize = 8;
const CAPACITY: usize = 12;
const COLUMN_COMMAND: usize = 16;
const BANK_COUNT: usize = 20;
const PART: usize = 24; // where its part of a bank's state is
const ENTRIES: usize = 32; // banks of a queue, slots of the list

// A slot.
const SLOT_BYTES: usize = 64;
const ROW: usize = 0;
const ARRIVAL: usize = 8;
const SEQUENCE: usize = 16;
const BOUND: usize = 24;
const COLUMN: usize = 32;
const IS_WRITE: usize = 36;
const BEGUN: usize = 37;
const PREVIOUS: usize = 40;
const NEXT: usize = 44;
const STATE: usize = 48;

// A bank: its state, then its parts of the two queues.
const OPEN_ROW: usize = 0;
const ACTIVATED_IN_BANK: usize = 8;
const INDEX: usize = 12;
const READ_PART: usize = 16;
const WRITE_PART: usize = 56;
const BANK_BYTES: usize = 96;

// The part of a queue in a bank. A bound without its request is NEVER.
const HIT_BOUND: usize = 0;
const MISS_BOUND: usize = 8;
const HIT: usize = 16;
const MISS: usize = 20;
const FIRST: usize = 24;
const LAST_IN_BANK: usize = 28;

const ACT: i32 = 0;
const PRE: i32 = 1;
const RD: i32 = 2;
const WR: i32 = 3;
const NEVER: i64 = 1 << 62;

/** Cycles performed so far. */
let now: i64 = 0;
// Where a request goes.
let channel: usize = 0;
let bank: u32 = 0;
let row: i64 = 0;
let column: u32 = 0;
// What a search leaves behind, beside the slot or position.
let command: i32 = 0;
let readyHits: i32 = 0; // of the activated list: reads
let readyMisses: i32 = 0; // writes
let readyConflicts: i32 = 0;
let foundPlace: u32 = 0; // of the request's bank among those of the queue

// @ts-ignore: decorator
@inline
function add(pointer: usize, value: f64): void {
  store<f64>(pointer, load<f64>(pointer) + value);
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
function wakeAt(list: usize, cycle: i64): void {
  if (cycle < load<i64>(list, WAKE)) store<i64>(list, cycle, WAKE);
}

// @ts-ignore: decorator
@inline
function isFull(list: usize): bool {
  return load<u32>(list, LENGTH) >= load<u32>(list, CAPACITY);
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
    const interval = load<u32>(REFRESH_INTERVAL);
    store<i64>(c, interval == 0 ? NEVER : <i64>interval, NEXT_REFRESH);
    store<u32>(c + READ_QUEUE, load<u32>(READ_CAPACITY), CAPACITY);
    store<u32>(c + READ_QUEUE, RD, COLUMN_COMMAND);
    store<u32>(c + READ_QUEUE, <u32>READ_PART, PART);
    store<u32>(c + WRITE_QUEUE, load<u32>(WRITE_CAPACITY), CAPACITY);
    store<u32>(c + WRITE_QUEUE, WR, COLUMN_COMMAND);
    store<u32>(c + WRITE_QUEUE, <u32>WRITE_PART, PART);
    store<u32>(c + ACTIVATED_LIST, load<u32>(ACTIVATED_CAPACITY), CAPACITY);
    store<i64>(c + ACTIVATED_LIST, NEVER, WAKE);
    store<u32>(c, slots, FREE_COUNT);
    for (let s: u32 = 0; s < slots; s++) {
      store<u32>(c + FREE + (s << 2), <u32>(c + SLOTS + (slots - 1 - s) * SLOT_BYTES));
    }
    for (let b: u32 = 0; b < load<u32>(BANKS); b++) {
      const state = bankState(c, b);
      store<i64>(state, -1, OPEN_ROW);
      store<u32>(state, b, INDEX);
      for (let part = state + READ_PART; part <= state + WRITE_PART; part += WRITE_PART - READ_PART) {
        store<i64>(part, NEVER, HIT_BOUND);
        store<i64>(part, NEVER, MISS_BOUND);
      }
    }
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
        advance(c, max(now + 1, first + 2));
        while (isFull(c + READ_QUEUE)) step(c, NEVER - 1);
        now = load<i64>(c, CYCLE);
        offerRead(c);
      }
    }
  }
}

/** Performs cycles until every accepted read has completed, and returns their number. */
export function finishReads(): f64 {
  let c: usize = load<u32>(FIRST_CHANNEL);
  for (let i: u32 = 0; i < load<u32>(CHANNELS); i++) {
    while (load<u32>(c, WAITING_READS) > 0) step(c, NEVER - 1);
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
    const queue = c + WRITE_QUEUE;
    if (isFull(queue)) {
      add(c + REFUSALS, 1);
      advance(c, now + 1);
      while (isFull(queue)) step(c, NEVER - 1);
      now = load<i64>(c, CYCLE);
      waited = <f64>now;
    }
    accept(c, queue, 1);
    add(c + WRITES, 1);
    peak(c + PEAK_WRITE_QUEUE, load<u32>(queue, LENGTH));
  }
  return waited;
}

/** Brings all channels to the cycle reached; returns the number of writes that still wait. */
export function settle(): u32 {
  let waiting: u32 = 0;
  let c: usize = load<u32>(FIRST_CHANNEL);
  for (let i: u32 = 0; i < load<u32>(CHANNELS); i++) {
    advance(c, now);
    waiting += load<u32>(c + READ_QUEUE, LENGTH) + load<u32>(c + WRITE_QUEUE, LENGTH) +
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
  if (load<u32>(c + WRITE_QUEUE, LENGTH) != 0 && isWriteQueued(c)) {
    add(c + READS, 1);
    add(c + FORWARDED_READS, 1);
    complete(c, load<i64>(c, CYCLE) + 1);
    return true;
  }
  const queue = c + READ_QUEUE;
  if (isFull(queue)) {
    add(c + REFUSALS, 1);
    return false;
  }
  accept(c, queue, 0);
  store<u32>(c, load<u32>(c, WAITING_READS) + 1, WAITING_READS);
  add(c + READS, 1);
  peak(c + PEAK_READ_QUEUE, load<u32>(queue, LENGTH));
  return true;
}

function isWriteQueued(c: usize): bool {
  let slot: usize = load<u32>(bankState(c, bank) + WRITE_PART, FIRST);
  for (; slot != 0; slot = load<u32>(slot, NEXT)) {
    if (load<u32>(slot, COLUMN) == column && load<i64>(slot, ROW) == row) return true;
  }
  return false;
}

function accept(c: usize, queue: usize, isWrite: u32): void {
  const free = load<u32>(c, FREE_COUNT) - 1;
  store<u32>(c, free, FREE_COUNT);
  const slot: usize = load<u32>(c + (free << 2), FREE);
  const state = bankState(c, bank);
  const order = load<i64>(c, ACCEPTED);
  store<i64>(c, order + 1, ACCEPTED);
  store<i64>(slot, row, ROW);
  store<i64>(slot, load<i64>(c, CYCLE), ARRIVAL);
  store<i64>(slot, order, SEQUENCE);
  store<u32>(slot, column, COLUMN);
  store<u16>(slot, isWrite, IS_WRITE); // and BEGUN
  store<u32>(slot, <u32>state, STATE);
  push(queue, slot);
  store<i64>(c, 0, NEXT_TRY);
}

function complete(c: usize, due: i64): void {
  store<i64>(c, max(due, load<i64>(c, LAST) + 1), LAST);
}

/** Puts a request at the end of its queue. */
function push(queue: usize, slot: usize): void {
  const state: usize = load<u32>(slot, STATE);
  const part = state + load<u32>(queue, PART);
  const last: usize = load<u32>(part, LAST_IN_BANK);
  store<u32>(slot, <u32>last, PREVIOUS);
  store<u32>(slot, 0, NEXT);
  if (last == 0) {
    const count = load<u32>(queue, BANK_COUNT);
    store<u32>(part, <u32>slot, FIRST);
    store<u32>(queue + (count << 2), <u32>state, ENTRIES);
    store<u32>(queue, count + 1, BANK_COUNT);
  } else store<u32>(last, <u32>slot, NEXT);
  store<u32>(part, <u32>slot, LAST_IN_BANK);
  store<u32>(queue, load<u32>(queue, LENGTH) + 1, LENGTH);
  if (load<i64>(state, OPEN_ROW) == load<i64>(slot, ROW)) {
    if (load<u32>(part, HIT) != 0) return;
    store<u32>(part, <u32>slot, HIT);
    store<i64>(part, 0, HIT_BOUND);
  } else {
    if (load<u32>(part, MISS) != 0) return;
    store<u32>(part, <u32>slot, MISS);
    store<i64>(part, 0, MISS_BOUND);
  }
  store<i64>(queue, 0, WAKE);
}

/** Takes a request out of its queue that is the hit or the miss of its bank. */
function remove(c: usize, queue: usize, slot: usize): void {
  const state: usize = load<u32>(slot, STATE);
  const part = state + load<u32>(queue, PART);
  const before: usize = load<u32>(slot, PREVIOUS);
  const after: usize = load<u32>(slot, NEXT);
  if (before == 0) store<u32>(part, <u32>after, FIRST);
  else store<u32>(before, <u32>after, NEXT);
  if (after == 0) store<u32>(part, <u32>before, LAST_IN_BANK);
  else store<u32>(after, <u32>before, PREVIOUS);
  store<u32>(queue, load<u32>(queue, LENGTH) - 1, LENGTH);
  if (before == 0) moveBank(queue, state, after);
  if (load<u32>(part, HIT) == <u32>slot) setHit(c, queue, state, part, after);
  else {
    const miss = nextMiss(state, after);
    store<u32>(part, <u32>miss, MISS);
    if (miss == 0) store<i64>(part, NEVER, MISS_BOUND);
  }
}

/** Moves the bank of the request that was found to its place among the banks of a queue, or out. */
function moveBank(queue: usize, state: usize, first: usize): void {
  const partAt: usize = load<u32>(queue, PART);
  const order = first == 0 ? NEVER : load<i64>(first, SEQUENCE);
  const last = load<u32>(queue, BANK_COUNT) - 1;
  let place = foundPlace;
  for (; place < last; place++) {
    const next: usize = load<u32>(queue + (place << 2), ENTRIES + 4);
    if (load<i64>(load<u32>(next + partAt, FIRST), SEQUENCE) > order) break;
    store<u32>(queue + (place << 2), <u32>next, ENTRIES);
  }
  if (first == 0) store<u32>(queue, last, BANK_COUNT);
  else store<u32>(queue + (place << 2), <u32>state, ENTRIES);
}

/** Sorts the requests of a bank in a queue whose row has been opened or closed anew. */
function resort(c: usize, queue: usize, state: usize): void {
  const part = state + load<u32>(queue, PART);
  const first: usize = load<u32>(part, FIRST);
  if (first == 0) return;
  const isOpen = load<i64>(state, OPEN_ROW) != -1;
  if (isOpen) {
    setHit(c, queue, state, part, first);
    const miss = nextMiss(state, first);
    store<u32>(part, <u32>miss, MISS);
    if (miss == 0) {
      store<i64>(part, NEVER, MISS_BOUND);
      return;
    }
  } else {
    store<u32>(part, 0, HIT);
    store<i64>(part, NEVER, HIT_BOUND);
    store<u32>(part, <u32>first, MISS);
  }
  const bound = earliest(c, isOpen ? PRE : ACT, load<u32>(state, INDEX));
  store<i64>(part, bound, MISS_BOUND);
  wakeAt(queue, bound);
}

/** Makes the first hit from a slot on that of its bank. */
function setHit(c: usize, queue: usize, state: usize, part: usize, from: usize): void {
  const open = load<i64>(state, OPEN_ROW);
  let slot = from;
  while (slot != 0 && load<i64>(slot, ROW) != open) slot = load<u32>(slot, NEXT);
  store<u32>(part, <u32>slot, HIT);
  if (slot == 0) {
    store<i64>(part, NEVER, HIT_BOUND);
    return;
  }
  const bound = earliest(c, load<u32>(queue, COLUMN_COMMAND), load<u32>(state, INDEX));
  store<i64>(part, bound, HIT_BOUND);
  wakeAt(queue, bound);
}

/** The first request from a slot on that does not want the open row. */
function nextMiss(state: usize, from: usize): usize {
  const open = load<i64>(state, OPEN_ROW);
  let slot = from;
  while (slot != 0 && load<i64>(slot, ROW) == open) slot = load<u32>(slot, NEXT);
  return slot;
}

/** The oldest request of a queue whose next command is ready, or 0. */
function find(c: usize, queue: usize, cycle: i64): usize {
  const columnCommand: i32 = load<u32>(queue, COLUMN_COMMAND);
  const partAt: usize = load<u32>(queue, PART);
  const end = queue + (load<u32>(queue, BANK_COUNT) << 2);
  let wake = NEVER;
  let found: usize = 0;
  let foundOrder = NEVER;
  let hits = 0;
  let misses = 0;
  let conflicts = 0;
  const hitGate = gate(c, columnCommand);
  const actGate = gate(c, ACT);
  const preGate = gate(c, PRE);
  for (let entry = queue; entry < end; entry += 4) {
    const state: usize = load<u32>(entry, ENTRIES);
    const part = state + partAt;
    if (found != 0 && load<i64>(load<u32>(part, FIRST), SEQUENCE) > foundOrder) {
      hits++;
      misses++;
      conflicts++;
      break;
    }
    const isOpen = load<i64>(state, OPEN_ROW) != -1;
    let hitReady = max(load<i64>(part, HIT_BOUND), hitGate);
    let missReady = max(load<i64>(part, MISS_BOUND), isOpen ? preGate : actGate);
    const soonest = min(hitReady, missReady);
    if (soonest > cycle) {
      wake = min(wake, soonest);
      continue;
    }
    if (hitReady <= cycle) {
      const slot: usize = load<u32>(part, HIT);
      const order = load<i64>(slot, SEQUENCE);
      if (order > foundOrder) hits++;
      else {
        hitReady = earliest(c, columnCommand, load<u32>(state, INDEX));
        store<i64>(part, hitReady, HIT_BOUND);
        if (hitReady <= cycle) {
          hits++;
          found = slot;
          foundPlace = <u32>(entry - queue) >> 2;
          foundOrder = order;
          command = columnCommand;
        }
      }
    }
    if (missReady <= cycle) {
      const slot: usize = load<u32>(part, MISS);
      const order = load<i64>(slot, SEQUENCE);
      if (order < foundOrder) {
        missReady = earliest(c, isOpen ? PRE : ACT, load<u32>(state, INDEX));
        store<i64>(part, missReady, MISS_BOUND);
        if (missReady <= cycle) {
          found = slot;
          foundPlace = <u32>(entry - queue) >> 2;
          foundOrder = order;
          command = isOpen ? PRE : ACT;
        }
      }
      if (missReady <= cycle) {
        if (isOpen) conflicts++;
        else misses++;
      }
    }
    if (hitReady > cycle) wake = min(wake, hitReady);
    if (missReady > cycle) wake = min(wake, missReady);
  }
  readyHits = hits;
  readyMisses = misses;
  readyConflicts = conflicts;
  store<i64>(queue, wake, WAKE);
  return found;
}

/** The first entry of the activated list whose next command is ready, or -1. */
function findActivated(c: usize, list: usize, cycle: i64): i32 {
  const count = load<u32>(list, LENGTH);
  let wake = NEVER;
  let found = -1;
  let reads = 0;
  let writes = 0;
  for (let position: u32 = 0; position < count; position++) {
    const slot: usize = load<u32>(list + (position << 2), ENTRIES);
    const next = RD + <i32>load<u8>(slot, IS_WRITE);
    let ready = load<i64>(slot, BOUND);
    if (ready <= cycle) {
      ready = earliest(c, next, load<u32>(load<u32>(slot, STATE), INDEX));
      store<i64>(slot, ready, BOUND);
    }
    if (ready <= cycle) {
      if (next == RD) reads++;
      else writes++;
      if (found == -1) {
        found = position;
        command = next;
      }
    } else if (ready < wake) wake = ready;
  }
  readyHits = reads;
  readyMisses = writes;
  store<i64>(list, wake, WAKE);
  return found;
}

function advance(c: usize, limit: i64): void {
  while (step(c, limit)) {}
}

function step(c: usize, limit: i64): bool {
  const before = load<i64>(c, CYCLE);
  let cycle = before + 1;
  const nextTry = load<i64>(c, NEXT_TRY);
  if (nextTry > cycle) {
    if (nextTry == NEVER) skipRefreshes(c, limit);
    cycle = min(nextTry, load<i64>(c, NEXT_REFRESH));
    if (load<u32>(c, DUE_REFRESHES) == 0 && limit > before) updateWriteMode(c);
  }
  if (cycle == NEVER && limit == NEVER - 1) unreachable(); // no event can end this wait
  if (cycle > limit) {
    if (limit > before) store<i64>(c, limit, CYCLE);
    return false;
  }
  store<i64>(c, cycle, CYCLE);
  store<i64>(c, cycle + 1, NEXT_TRY);
  if (cycle == load<i64>(c, NEXT_REFRESH)) {
    store<i64>(c, cycle + load<u32>(REFRESH_INTERVAL), NEXT_REFRESH);
    store<u32>(c, load<u32>(c, DUE_REFRESHES) + load<u32>(UNITS_PER_REFRESH), DUE_REFRESHES);
  }

  const activated = c + ACTIVATED_LIST;
  if (load<i64>(activated, WAKE) <= cycle) {
    const position = findActivated(c, activated, cycle);
    if (position >= 0) {
      serveActivated(c, activated, position, cycle);
      return true;
    }
  }

  if (load<u32>(c, DUE_REFRESHES) > 0) {
    tryRefresh(c, cycle);
    return true;
  }

  updateWriteMode(c);
  const queue = c + (load<u32>(c, WRITE_MODE) ? WRITE_QUEUE : READ_QUEUE);
  let isBlocked = false;
  if (load<i64>(queue, WAKE) <= cycle) {
    const slot = find(c, queue, cycle);
    if (slot != 0) {
      if (command != PRE || load<u32>(load<u32>(slot, STATE), ACTIVATED_IN_BANK) == 0) {
        serve(c, queue, slot, cycle);
        return true;
      }
      isBlocked = true;
    }
  }
  store<i64>(c, min(load<i64>(activated, WAKE), load<i64>(queue, WAKE)), NEXT_TRY);
  if (isBlocked) store<i64>(queue, 0, WAKE);
  return true;
}

function updateWriteMode(c: usize): void {
  const length = load<u32>(c + WRITE_QUEUE, LENGTH);
  const reads = load<u32>(c + READ_QUEUE, LENGTH);
  if (!load<u32>(c, WRITE_MODE)) {
    if (length >= load<u32>(DRAIN_START) || reads == 0) store<u32>(c, 1, WRITE_MODE);
  } else if (length <= load<u32>(DRAIN_STOP) && reads > 0) store<u32>(c, 0, WRITE_MODE);
}

/** The first cycle at which a command on a bank is legal. */
function earliest(c: usize, what: i32, index: u32): i64 {
  const checks: usize = load<u32>(CHECKS) + ((what * load<u32>(BANKS) + index) << 4);
  const a = load<i64>(c + load<u32>(checks));
  const b = load<i64>(c + load<u32>(checks, 4));
  const d = load<i64>(c + load<u32>(checks, 8));
  const e = load<i64>(c + load<u32>(checks, 12));
  return max(max(a, b), max(d, e));
}

/** A cycle before which a command is legal on no bank: what the channel's node, the first, says. */
// @ts-ignore: decorator
@inline
function gate(c: usize, what: i32): i64 {
  return load<i64>(c + BANK_STATES + load<u32>(BANKS) * BANK_BYTES + (what << 3));
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

function serveActivated(c: usize, list: usize, position: u32, cycle: i64): void {
  const slot: usize = load<u32>(list + (position << 2), ENTRIES);
  const state: usize = load<u32>(slot, STATE);
  const what = command;
  issue(c, what, load<u32>(state, INDEX), cycle);
  const last = load<u32>(list, LENGTH) - 1;
  store<u32>(list, last, LENGTH);
  for (let p = position; p < last; p++) {
    store<u32>(list + (p << 2), load<u32>(list + (p << 2), ENTRIES + 4), ENTRIES);
  }
  store<u32>(state, load<u32>(state, ACTIVATED_IN_BANK) - 1, ACTIVATED_IN_BANK);
  if (readyHits > (what == RD ? 1 : 0)) wakeAt(list, gate(c, RD));
  if (readyMisses > (what == WR ? 1 : 0)) wakeAt(list, gate(c, WR));
  finish(c, what, slot, cycle);
  setNextTry(c);
}

function serve(c: usize, queue: usize, slot: usize, cycle: i64): void {
  const what = command;
  const state: usize = load<u32>(slot, STATE);
  const index = load<u32>(state, INDEX);
  const columnCommand: i32 = load<u32>(queue, COLUMN_COMMAND);
  issue(c, what, index, cycle);
  if (readyHits > (what == columnCommand ? 1 : 0)) wakeAt(queue, gate(c, columnCommand));
  if (readyMisses > (what == ACT ? 1 : 0)) wakeAt(queue, gate(c, ACT));
  if (readyConflicts > (what == PRE ? 1 : 0)) wakeAt(queue, gate(c, PRE));
  const isNew = load<u8>(slot, BEGUN) == 0;
  if (what == ACT) {
    store<i64>(state, load<i64>(slot, ROW), OPEN_ROW);
    add(c + ACTIVATIONS, 1);
    if (isNew) add(c + ROW_MISSES, 1);
    store<u8>(slot, 1, BEGUN);
    const activated = c + ACTIVATED_LIST;
    if (!isFull(activated)) {
      remove(c, queue, slot);
      const bound = earliest(c, RD + <i32>load<u8>(slot, IS_WRITE), index);
      store<i64>(slot, bound, BOUND);
      insert(activated, slot);
      wakeAt(activated, bound);
      store<u32>(state, load<u32>(state, ACTIVATED_IN_BANK) + 1, ACTIVATED_IN_BANK);
      peak(c + PEAK_ACTIVATED_QUEUE, load<u32>(activated, LENGTH));
    }
    resort(c, c + READ_QUEUE, state);
    resort(c, c + WRITE_QUEUE, state);
  } else if (what == PRE) {
    store<i64>(state, -1, OPEN_ROW);
    add(c + PRECHARGES, 1);
    if (isNew) add(c + ROW_CONFLICTS, 1);
    store<u8>(slot, 1, BEGUN);
    resort(c, c + READ_QUEUE, state);
    resort(c, c + WRITE_QUEUE, state);
  } else {
    if (isNew) add(c + ROW_HITS, 1);
    remove(c, queue, slot);
    finish(c, what, slot, cycle);
  }
  setNextTry(c);
}

/** Ends a request that has left its list, after its read or write command. */
function finish(c: usize, what: i32, slot: usize, cycle: i64): void {
  const free = load<u32>(c, FREE_COUNT);
  store<u32>(c + (free << 2), <u32>slot, FREE);
  store<u32>(c, free + 1, FREE_COUNT);
  if (what == RD) {
    store<u32>(c, load<u32>(c, WAITING_READS) - 1, WAITING_READS);
    complete(c, cycle + load<u32>(READ_LATENCY));
  }
}

/** After a command: no request of any list can be served earlier. */
function setNextTry(c: usize): void {
  if (load<u32>(c, DUE_REFRESHES) > 0) return;
  const queues = min(load<i64>(c + READ_QUEUE, WAKE), load<i64>(c + WRITE_QUEUE, WAKE));
  store<i64>(c, min(load<i64>(c + ACTIVATED_LIST, WAKE), queues), NEXT_TRY);
}

/** Puts a slot behind every entry of the activated list that did not arrive later. */
function insert(list: usize, slot: usize): void {
  const key = load<i64>(slot, ARRIVAL);
  let position = load<u32>(list, LENGTH);
  store<u32>(list, position + 1, LENGTH);
  for (; position > 0; position--) {
    const before: usize = load<u32>(list + ((position - 1) << 2), ENTRIES);
    if (load<i64>(before, ARRIVAL) <= key) break;
    store<u32>(list + (position << 2), <u32>before, ENTRIES);
  }
  store<u32>(list + (position << 2), <u32>slot, ENTRIES);
}

/** Tries the command that the first refresh needs. */
function tryRefresh(c: usize, cycle: i64): void {
  const unit = load<u32>(c, REFRESH_UNIT);
  const size = load<u32>(BANKS) / load<u32>(UNITS);
  const first = unit * size;
  const isOpen = isUnitOpen(c, unit);
  const what: i32 = load<u32>(isOpen ? CLOSE_COMMAND : REFRESH_COMMAND);
  const ready = earliest(c, what, first);
  const activatedWake = load<i64>(c + ACTIVATED_LIST, WAKE);
  if (ready > cycle) {
    store<i64>(c, min(ready, activatedWake), NEXT_TRY);
    return;
  }
  if (isOpen) {
    for (let b = first; b < first + size; b++) {
      if (load<u32>(bankState(c, b), ACTIVATED_IN_BANK) != 0) {
        store<i64>(c, activatedWake, NEXT_TRY);
        return;
      }
    }
  }
  issue(c, what, first, cycle);
  if (isOpen) {
    add(c + PRECHARGES, 1);
    for (let b = first; b < first + size; b++) store<i64>(bankState(c, b), -1, OPEN_ROW);
    for (let b = first; b < first + size; b++) {
      resort(c, c + READ_QUEUE, bankState(c, b));
      resort(c, c + WRITE_QUEUE, bankState(c, b));
    }
  } else {
    add(c + REFRESHES, 1);
    store<u32>(c, load<u32>(c, DUE_REFRESHES) - 1, DUE_REFRESHES);
    store<u32>(c, unit + 1 == load<u32>(UNITS) ? 0 : unit + 1, REFRESH_UNIT);
  }
}

/** Whether some bank of a unit is open. */
function isUnitOpen(c: usize, unit: u32): bool {
  const size = load<u32>(BANKS) / load<u32>(UNITS);
  for (let b = unit * size; b < (unit + 1) * size; b++) {
    if (load<i64>(bankState(c, b), OPEN_ROW) != -1) return true;
  }
  return false;
}

/** Counts the refreshes of a long idle time at once, but for the last ones. */
function skipRefreshes(c: usize, limit: i64): void {
  const interval: i64 = load<u32>(REFRESH_INTERVAL);
  if (interval == 0 || limit == NEVER - 1 || load<u32>(c, DUE_REFRESHES) > 0) return;
  const next = load<i64>(c, NEXT_REFRESH);
  if (limit - next <= 4 * interval) return;
  const units = load<u32>(UNITS);
  for (let unit: u32 = 0; unit < units; unit++) if (isUnitOpen(c, unit)) return;
  const round: i64 = units / load<u32>(UNITS_PER_REFRESH);
  const intervals = (limit - next) / interval - 2 - round;
  const count = intervals - intervals % round;
  if (count <= 0) return;
  store<i64>(c, next + count * interval, NEXT_REFRESH);
  add(c + REFRESHES, <f64>(count * load<u32>(UNITS_PER_REFRESH)));
}
