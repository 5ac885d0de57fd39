/** How the slow and obvious machine of the tests ends. */

/** Thrown where the machine faults. */
export class ReferenceFault extends Error {}

/** Thrown where the result hangs on the payload of a NaN, which numbers do not have. */
export class ReferenceLimit extends Error {}

/** What must hold for an instruction to be legal. */
export function demand(condition: boolean, what: string): void {
  if (!condition) throw new ReferenceFault(what);
}
