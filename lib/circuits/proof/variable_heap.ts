/** The variables that are still to be decided, the most active one first: a binary heap. */
export class VariableHeap {
  /** How active each variable was in the conflicts of late. */
  readonly activity: Float64Array;
  #increment = 1;
  #length = 0;
  readonly #heap: Int32Array;
  /** Where each variable lies, or −1. */
  readonly #place: Int32Array;

  /** An empty heap for variables 0 to `variables` − 1. */
  constructor(variables: number) {
    this.activity = new Float64Array(variables);
    this.#heap = new Int32Array(variables);
    this.#place = new Int32Array(variables).fill(-1);
  }

  /** Takes all variables out. */
  clear(): void {
    for (let i = 0; i < this.#length; i++) this.#place[this.#heap[i]!] = -1;
    this.#length = 0;
  }

  /** Puts a variable in, unless it is there. */
  insert(variable: number): void {
    if (this.#place[variable]! >= 0) return;
    this.#rise(this.#length++, variable);
  }

  /** Takes out the most active variable; −1 if there is none. */
  pop(): number {
    if (this.#length === 0) return -1;
    const top = this.#heap[0]!;
    this.#place[top] = -1;
    const last = this.#heap[--this.#length]!;
    if (this.#length > 0) this.#sink(last);
    return top;
  }

  /** Makes a variable more active. */
  bump(variable: number): void {
    const activity = this.activity;
    activity[variable]! += this.#increment;
    if (activity[variable]! > 1e100) {
      for (let i = 0; i < activity.length; i++) activity[i]! *= 1e-100;
      this.#increment *= 1e-100;
    }
    if (this.#place[variable]! >= 0) this.#rise(this.#place[variable]!, variable);
  }

  /** Lets all activity so far count less. */
  decay(): void {
    this.#increment /= 0.95;
  }

  #rise(place: number, variable: number): void {
    const activity = this.activity[variable]!;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const other = this.#heap[parent]!;
      if (this.activity[other]! >= activity) break;
      this.#heap[place] = other;
      this.#place[other] = place;
      place = parent;
    }
    this.#heap[place] = variable;
    this.#place[variable] = place;
  }

  #sink(variable: number): void {
    const activity = this.activity[variable]!;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#length) break;
      if (
        child + 1 < this.#length &&
        this.activity[this.#heap[child + 1]!]! > this.activity[this.#heap[child]!]!
      ) child++;
      const other = this.#heap[child]!;
      if (this.activity[other]! <= activity) break;
      this.#heap[place] = other;
      this.#place[other] = place;
      place = child;
    }
    this.#heap[place] = variable;
    this.#place[variable] = place;
  }
}
