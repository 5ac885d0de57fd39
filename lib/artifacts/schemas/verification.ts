import * as z from "zod";
import { count } from "./common.ts";

/** Sizes of an atom, and what it competes with. */
export interface AtomSizeData {
  /** Gates of all layers. */
  readonly gates: number;
  /** Weights and biases. */
  readonly parameters: number;
  /** Bits of codes and scales, padding left out. */
  readonly bits: number;
  /** Bytes of the packed codes and scales. */
  readonly memoryBytes: number;
  /** Bytes of the file that holds the atom alone, headers included. */
  readonly diskBytes: number;
  /** What file that is. */
  readonly diskForm: "fp4" | "json";
  /** Bytes of the atom's JSON, without white space. */
  readonly jsonBytes: number;
  /** Bytes of the same parameters as float32. */
  readonly float32Bytes: number;
  /** Bytes of the truth table as bits. */
  readonly tableBytes: number;
  /** `float32Bytes` / `memoryBytes`. */
  readonly float32PerMemory: number;
  /** `float32Bytes` / `diskBytes`. */
  readonly float32PerDisk: number;
  /** `tableBytes` / `memoryBytes`: below 1, the bare table is the smaller one. */
  readonly tablePerMemory: number;
}

/** Faults of one kind, all that there are. */
export interface FaultCountData {
  /** Faults tried. */
  readonly faults: number;
  /** Those that make some row wrong. */
  readonly detected: number;
  /** Those that change no output. */
  readonly masked: number;
}

/** What an atom stands. */
export interface FaultsData {
  /** Nibbles of weights and biases that were changed; absent for float32. */
  readonly nibbles?: {
    readonly count: number;
    /** Every nibble, each of its 4 bits flipped. */
    readonly bitFlips: FaultCountData;
    /** Every nibble, replaced by each of the 15 other codes. */
    readonly otherCodes: FaultCountData;
  } | undefined;
  /** Every wire held at 0 and at 1; threshold networks only. */
  readonly stuckAt?:
    | FaultCountData & {
      /** The faults, each with the rows that find it. */
      readonly list: readonly {
        readonly wire: string;
        readonly value: 0 | 1;
        readonly rows: readonly number[];
      }[];
      /** Rows that together find every fault which can be found. */
      readonly testRows: readonly number[];
    }
    | undefined;
  /** Relative errors that all gates stand; threshold networks only. */
  readonly noise?: {
    /** On every weight and bias at once. */
    readonly parameter: number;
    /** On every input of a gate, additive; absent when no gate looks at any input. */
    readonly input?: number | undefined;
    /** The gate that gives way first, from 0. */
    readonly weakestGate: number;
  } | undefined;
}

/** `data` of a `verification` artifact. */
export interface VerificationData {
  /** What was verified. */
  readonly subject: "atoms" | "circuit" | "database";
  /** How: all rows were evaluated, or it was proved. */
  readonly method: "exhaustive" | "proof";
  /** Whether no row of any check is wrong. */
  readonly exact: boolean;
  /** How the verdict on a circuit was reached. */
  readonly circuit?: {
    /** What it was held against: `adder:8`, or a file. */
    readonly definition: string;
    /** Input wires: there are two to this number cases. */
    readonly inputWires: number;
    /** What the certificate holds; absent without a positive verdict. */
    readonly certificate?: "exhaustive" | "bdd" | "sat" | undefined;
    /** Why a proof came to no verdict. */
    readonly undecided?: string | undefined;
  } | undefined;
  /** One check per atom, per output of a circuit, or per database. */
  readonly checks: readonly {
    readonly name: string;
    /** Rows evaluated; 0 in a proof, which is about all of them. */
    readonly rows: number;
    /** Rows that are wrong; in a proof, 1 for an output that its counterexample refutes. */
    readonly wrong: number;
    /** Smallest |z| of any gate in any row. */
    readonly margin?: number | undefined;
    /** Smallest |z| of the decisions for 0; absent when every decision is for 1. */
    readonly marginBelow?: number | undefined;
    /** Smallest z of the decisions for 1; absent when every decision is for 0. */
    readonly marginAbove?: number | undefined;
    /** Decisions (a gate in a row) at exactly z = 0, which are 1. */
    readonly decisionsAtZero?: number | undefined;
    readonly firstWrong?: {
      /** Its number; absent for a counterexample of a proof. */
      readonly row?: number | undefined;
      readonly inputs: string;
      readonly expected: string;
      readonly actual: string;
      /** False for a counterexample that need not be the smallest one. */
      readonly isSmallest?: false | undefined;
    } | undefined;
    /** Sizes of an atom. */
    readonly size?: AtomSizeData | undefined;
    /** What an atom stands, by atoms:faults. */
    readonly faults?: FaultsData | undefined;
    /** A database of minimal networks, by atoms:database. */
    readonly database?: {
      /** Classes of functions, one network each. */
      readonly classes: number;
      /** Functions that need one gate, two, and so on. */
      readonly functionsByGates: readonly number[];
      /** Bytes of the packed database. */
      readonly bytes: number;
      /** Whether it is the shipped one, byte for byte. */
      readonly isShipped: boolean;
    } | undefined;
  }[];
}

const amount = z.number().nonnegative();

const size: z.ZodType<AtomSizeData> = z.strictObject({
  gates: count,
  parameters: count,
  bits: count.describe("of codes and scales, padding left out"),
  memoryBytes: count.describe("of the packed codes and scales"),
  diskBytes: count.describe("of the file that holds the atom alone, headers included"),
  diskForm: z.enum(["fp4", "json"]),
  jsonBytes: count.describe("of the atom's JSON, without white space"),
  float32Bytes: count.describe("of the same parameters as float32"),
  tableBytes: count.describe("of the truth table as bits"),
  float32PerMemory: amount.describe("float32Bytes / memoryBytes"),
  float32PerDisk: amount.describe("float32Bytes / diskBytes"),
  tablePerMemory: amount.describe("tableBytes / memoryBytes; below 1, the bare table is smaller"),
});

const faultCount = { faults: count, detected: count, masked: count };

const faults: z.ZodType<FaultsData> = z.strictObject({
  nibbles: z.strictObject({
    count,
    bitFlips: z.strictObject(faultCount).describe("every nibble, each of its 4 bits flipped"),
    otherCodes: z.strictObject(faultCount).describe("every nibble, each of the 15 other codes"),
  }).describe("absent for float32").optional(),
  stuckAt: z.strictObject({
    ...faultCount,
    list: z.array(z.strictObject({
      wire: z.string(),
      value: z.literal([0, 1]),
      rows: z.array(count).describe("rows in which the output is wrong; none when masked"),
    })),
    testRows: z.array(count).describe("together they find every fault which can be found"),
  }).describe("every wire held at 0 and at 1").optional(),
  noise: z.strictObject({
    parameter: amount.describe("relative error on all weights and biases that every gate stands"),
    input: amount.describe("additive error on all inputs of a gate that it stands").optional(),
    weakestGate: count,
  }).optional(),
});

/** Schema of {@linkcode VerificationData}. */
export const verificationData: z.ZodType<VerificationData> = z.strictObject({
  subject: z.enum(["atoms", "circuit", "database"]),
  method: z.enum(["exhaustive", "proof"]),
  exact: z.boolean().describe("whether no row of any check is wrong"),
  circuit: z.strictObject({
    definition: z.string().describe("what it was held against: adder:8, or a file"),
    inputWires: count.describe("there are two to this number cases"),
    certificate: z.enum(["exhaustive", "bdd", "sat"])
      .describe("absent without a positive verdict").optional(),
    undecided: z.string().describe("why a proof came to no verdict").optional(),
  }).describe("how the verdict on a circuit was reached").optional(),
  checks: z.array(z.strictObject({
    name: z.string(),
    rows: count.describe("evaluated; 0 in a proof, which is about all of them"),
    wrong: count,
    margin: amount.describe("smallest |z| of any gate in any row").optional(),
    marginBelow: amount.describe("smallest |z| of the decisions for 0").optional(),
    marginAbove: amount.describe("smallest z of the decisions for 1").optional(),
    decisionsAtZero: count.describe("decisions at exactly z = 0, which are 1").optional(),
    firstWrong: z.strictObject({
      row: count.describe("absent for a counterexample of a proof").optional(),
      inputs: z.string(),
      expected: z.string(),
      actual: z.string(),
      isSmallest: z.literal(false).describe("it need not be the smallest one").optional(),
    }).optional(),
    size: size.optional(),
    faults: faults.optional(),
    database: z.strictObject({
      classes: count,
      functionsByGates: z.array(count).describe("that need one gate, two, and so on"),
      bytes: count,
      isShipped: z.boolean(),
    }).optional(),
  })),
});
