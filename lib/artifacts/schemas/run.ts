import * as z from "zod";
import { count } from "./common.ts";

/** What one opcode or one unit did in a run. */
export interface ShareData {
  /** Mnemonic or unit. */
  readonly name: string;
  /** Instructions executed. */
  readonly executed: number;
  /** Simulated time, picoseconds. */
  readonly ps: number;
  /** Bytes that its transfers read from HBM. */
  readonly bytesRead: number;
  /** Bytes that its transfers wrote to HBM. */
  readonly bytesWritten: number;
}

/** What a regime of memory did, and by which rules. */
export interface RegimeData {
  /** Whose rules: `right`, `plena` or `plena-branch`. */
  readonly rules: string;
  /** Memory of the board that counted. */
  readonly capacityBytes: number;
  /** Bandwidth of the link to the host. */
  readonly hostBytesPerSecond: number;
  /** Why `auto` chose it; null when it was asked for. */
  readonly reason: string | null;
  /** As the public emulator logs it. */
  readonly summary: string;
  /** What a user should know of it. */
  readonly warnings: readonly string[];
}

/** `data` of a `run` artifact. */
export interface RunData {
  /** The board whose settings were used; null when the settings name none. */
  readonly board: string | null;
  /** Clock of the machine; 1000, a cycle in 1 ns, on the recorded one. */
  readonly clockMhz: number;
  /** The timing model of the memory. */
  readonly memoryModel: string;
  /** What a regime did, and by which rules; null for other memory models. */
  readonly regime: RegimeData | null;
  /** Repairs of the machine that were on; none on the recorded machine. */
  readonly repairs: readonly string[];
  /** Simulated time, picoseconds. */
  readonly latencyPs: number;
  /** Simulated time, nanoseconds. */
  readonly latencyNs: number;
  /** Instructions executed. */
  readonly instructions: number;
  /** Bytes moved, in whole blocks. */
  readonly hbm: { readonly bytesRead: number; readonly bytesWritten: number };
  /** By opcode. */
  readonly perOpcode: readonly ShareData[];
  /** By unit. */
  readonly perUnit: readonly ShareData[];
  /** Picoseconds by cause; they sum to `latencyPs`. */
  readonly attribution: Readonly<Record<string, number>>;
  /** Facts from the memory model. */
  readonly memory: Readonly<Record<string, number>>;
  /** Why the program stopped; null when it ran to its end. */
  readonly fault: {
    /** The instruction that was refused; null when the program was refused as a whole. */
    readonly pc: number | null;
    readonly mnemonic: string | null;
    /** Operands: name in the manual, text, and the value of the register or immediate. */
    readonly operands: readonly {
      readonly name: string;
      readonly text: string;
      readonly value: number;
    }[];
    readonly reason: string;
  } | null;
}

const share: z.ZodType<ShareData> = z.strictObject({
  name: z.string(),
  executed: count,
  ps: count,
  bytesRead: count,
  bytesWritten: count,
});

/** Schema of {@linkcode RegimeData}. */
export const regime: z.ZodType<RegimeData> = z.strictObject({
  rules: z.string(),
  capacityBytes: count,
  hostBytesPerSecond: count,
  reason: z.string().nullable().describe("why auto chose it; null when it was asked for"),
  summary: z.string().describe("as the public emulator logs it"),
  warnings: z.array(z.string()),
});

/** Schema of {@linkcode RunData}. */
export const runData: z.ZodType<RunData> = z.strictObject({
  board: z.string().nullable(),
  clockMhz: z.number().positive(),
  memoryModel: z.string(),
  regime: regime.nullable(),
  repairs: z.array(z.string()).describe("repairs of the machine that were on"),
  latencyPs: count,
  latencyNs: z.number().nonnegative(),
  instructions: count.describe("executed"),
  hbm: z.strictObject({ bytesRead: count, bytesWritten: count }),
  perOpcode: z.array(share),
  perUnit: z.array(share),
  attribution: z.record(z.string(), count)
    .describe("picoseconds by cause; they sum to latencyPs"),
  memory: z.record(z.string(), z.number()).describe("facts from the memory model"),
  fault: z.strictObject({
    pc: count.nullable(),
    mnemonic: z.string().nullable(),
    operands: z.array(z.strictObject({ name: z.string(), text: z.string(), value: z.number() })),
    reason: z.string(),
  }).nullable(),
});
