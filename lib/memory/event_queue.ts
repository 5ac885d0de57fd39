/** A first-in, first-out queue of whole numbers. */
export class EventQueue {
  #ring = new Int32Array(64);
  #head = 0;
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Appends one. */
  push(token: number): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size++) & (this.#ring.length - 1)] = token;
  }

  /** Removes the first. There must be one. */
  shift(): number {
    const token = this.#ring[this.#head]!;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size--;
    return token;
  }

  /** The one at a place, from 0 at the front. */
  at(index: number): number {
    return this.#ring[(this.#head + index) & (this.#ring.length - 1)]!;
  }

  /** Removes the one at a place; those behind it move up. */
  removeAt(index: number): number {
    const mask = this.#ring.length - 1;
    const token = this.at(index);
    for (let i = index; i > 0; i--) {
      this.#ring[(this.#head + i) & mask] = this.#ring[(this.#head + i - 1) & mask]!;
    }
    this.#head = (this.#head + 1) & mask;
    this.#size--;
    return token;
  }

  #grow(): void {
    const ring = new Int32Array(2 * this.#ring.length);
    for (let i = 0; i < this.#size; i++) ring[i] = this.at(i);
    this.#ring = ring;
    this.#head = 0;
  }
}
