import { FaultSignal } from "./fault.ts";
import { type Registers, VMASK } from "./registers.ts";

/** Which elements of a row a masked instruction works on: VMASK by heads (section 4.4). */
export class HeadMask {
  /** Elements of a head. */
  readonly headLength: number;
  readonly #registers: Registers;
  readonly #rowLength: number;

  /** A mask on rows of `rowLength` elements. */
  constructor(registers: Registers, rowLength: number, headLength: number) {
    this.#registers = registers;
    this.#rowLength = rowLength;
    this.headLength = headLength;
  }

  /** Whole heads of a row. */
  get heads(): number {
    if (this.headLength === 0) {
      throw new FaultSignal("dimensions", "a masked operation needs HLEN of at least 1");
    }
    return Math.floor(this.#rowLength / this.headLength);
  }

  /** Bit `head mod 32` of VMASK: what a 32-bit shift does with head numbers of 32 and above. */
  selectsHead(head: number): boolean {
    return ((this.#registers.control[VMASK]! >>> (head & 31)) & 1) !== 0;
  }

  /** Whether an element lies in a selected head; those after the last whole head do not. */
  selects(element: number): boolean {
    const heads = this.heads;
    const head = Math.floor(element / this.headLength);
    return head < heads && this.selectsHead(head);
  }
}
