/**
 * How bad a finding is: an `error` makes the machine fault, a `warning` runs but is hardly meant,
 * a `note` says what was not looked at.
 */
export type Severity = "error" | "warning" | "note";

/** What a program is checked for. */
export type Rule =
  | "opcode"
  | "unused-bits"
  | "operand-range"
  | "dimensions"
  | "masked-reduction"
  | "loop-count"
  | "loop-nesting"
  | "loop-counter"
  | "loop-limit"
  | "zero-register"
  | "vram-address"
  | "mram-address"
  | "sram-index"
  | "hbm-address"
  | "scale-unset"
  | "stride-unset"
  | "mask-unset"
  | "vram-unwritten"
  | "mram-unwritten"
  | "not-run";

/** Something that is wrong, or looks wrong, in a program. */
export interface Finding {
  /** Index of the instruction. */
  readonly pc: number;
  /** How bad it is. */
  readonly severity: Severity;
  /** Which check found it. */
  readonly rule: Rule;
  /** What is wrong, with the numbers. */
  readonly what: string;
  /** How to mend it. */
  readonly help: string;
}

/** Gathers findings: of each rule the first one at an instruction. */
export class Findings {
  readonly #found = new Map<number, Finding[]>();

  /** Adds a finding unless its rule has spoken at that instruction. */
  add(pc: number, severity: Severity, rule: Rule, what: string, help: string): void {
    const here = this.#found.get(pc);
    const finding = { pc, severity, rule, what, help };
    if (here === undefined) this.#found.set(pc, [finding]);
    else if (!here.some((other) => other.rule === rule)) here.push(finding);
  }

  /** The findings in the order of the program. */
  list(): Finding[] {
    return [...this.#found].sort(([a], [b]) => a - b).flatMap(([, findings]) => findings);
  }
}
