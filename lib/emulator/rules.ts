/** What the machine may do otherwise than the recorded one. */

/** One repair of the machine. */
export interface MachineRule {
  /** Its name in {@linkcode MachineRules}, on the command line and in results. */
  readonly name: string;
  /** What changes, in a sentence. */
  readonly summary: string;
}

/** Every repair; each is off in the `plena` machine and on in the `extended` one. */
export const MACHINE_RULES = [
  {
    name: "hbm4bit",
    summary:
      "Elements of fewer than 8 bits in HBM: packed low bits first, dense rows as long as their bytes, floats without infinities (E2M1 is OCP FP4), integers signed, blocks scaled as in OCP MX",
  },
  {
    name: "scalesAcrossBlocks",
    summary: "A prefetch fetches all scale bytes of a row, also those in a second 64-byte block",
  },
  { name: "bmv", summary: "M_BMV adds its products to the accumulator instead of faulting" },
  {
    name: "bmmScale",
    summary:
      "Batched products are scaled by FP SRAM entry 1023 if it is not zero; 0.25 stays the value for zero",
  },
  {
    name: "breakJumps",
    summary: "C_BREAK continues after the C_LOOP_END of the innermost loop",
  },
  {
    name: "ocpE4m3",
    summary:
      "E4M3 elements as in OCP MX: exponent 15 is finite, the largest magnitude 448, subnormals have their full value",
  },
] as const satisfies readonly MachineRule[];

/** Name of a repair. */
export type MachineRuleName = (typeof MACHINE_RULES)[number]["name"];

/** Which repairs are on. */
export type MachineRules = Readonly<Record<MachineRuleName, boolean>>;

function all(value: boolean): MachineRules {
  return Object.fromEntries(MACHINE_RULES.map((rule) => [rule.name, value])) as Record<
    MachineRuleName,
    boolean
  >;
}

/** The recorded machine: no repair. */
export const PLENA_RULES: MachineRules = all(false);

/** The machine with every repair. */
export const EXTENDED_RULES: MachineRules = all(true);
