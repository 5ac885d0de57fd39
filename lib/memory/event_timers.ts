/**
 * Timers of an event simulation: the earliest first, and of several for the same instant the one
 * that was created first. A timer carries a whole number, so that none is an object.
 */
export class EventTimers {
  #times = new Float64Array(64);
  #order = new Float64Array(64);
  #tokens = new Int32Array(64);
  #size = 0;
  #created = 0;

  /** The time of the earliest timer, in picoseconds; infinite if there is none. */
  get nextPs(): number {
    return this.#size === 0 ? Infinity : this.#times[0]!;
  }

  /** Creates a timer. */
  add(atPs: number, token: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const order = this.#created++;
    const times = this.#times;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      // The new timer is the youngest, so it never passes one of the same instant.
      if (times[parent]! <= atPs) break;
      this.#move(parent, at);
      at = parent;
    }
    times[at] = atPs;
    this.#order[at] = order;
    this.#tokens[at] = token;
  }

  /** Removes the earliest timer and returns its token. There must be one. */
  pop(): number {
    const token = this.#tokens[0]!;
    const last = --this.#size;
    const time = this.#times[last]!;
    const order = this.#order[last]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#before(child + 1, this.#times[child]!, this.#order[child]!)) {
        child++;
      }
      if (!this.#before(child, time, order)) break;
      this.#move(child, at);
      at = child;
    }
    this.#times[at] = time;
    this.#order[at] = order;
    this.#tokens[at] = this.#tokens[last]!;
    return token;
  }

  #before(at: number, time: number, order: number): boolean {
    const own = this.#times[at]!;
    return own < time || own === time && this.#order[at]! < order;
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!;
    this.#order[to] = this.#order[from]!;
    this.#tokens[to] = this.#tokens[from]!;
  }

  #grow(): void {
    const length = 2 * this.#times.length;
    const times = new Float64Array(length);
    const order = new Float64Array(length);
    const tokens = new Int32Array(length);
    times.set(this.#times);
    order.set(this.#order);
    tokens.set(this.#tokens);
    this.#times = times;
    this.#order = order;
    this.#tokens = tokens;
  }
}
