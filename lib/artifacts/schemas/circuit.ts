import * as z from "zod";
import { atom, type AtomData } from "./atoms.ts";
import { port, type PortData } from "./common.ts";

/** `data` of a `circuit` artifact. */
export interface CircuitData {
  /** The specification it was compiled from: `adder:8`. */
  readonly name: string;
  /** What it computes, in words. */
  readonly description: string;
  /** Input buses. */
  readonly inputs: readonly PortData[];
  /** Output buses. */
  readonly outputs: readonly PortData[];
  /** Format of weights and biases. */
  readonly format: "e2m1";
  /** Which nibble of a byte holds the first code. */
  readonly nibbleOrder: "low-first";
  /** The atoms in use, one of each type. */
  readonly atoms: readonly AtomData[];
  /** Instances, in an order in which every wire is driven before it is read. */
  readonly instances: readonly {
    readonly name: string;
    readonly atom: string;
    /** Wires, in the order of the atom's inputs. */
    readonly inputs: readonly string[];
    /** The wire that the instance drives. */
    readonly output: string;
  }[];
}

/** Schema of {@linkcode CircuitData}. */
export const circuitData: z.ZodType<CircuitData> = z.strictObject({
  name: z.string().min(1),
  description: z.string(),
  inputs: z.array(port).min(1),
  outputs: z.array(port).min(1),
  format: z.literal("e2m1"),
  nibbleOrder: z.literal("low-first"),
  atoms: z.array(atom).describe("the atoms in use, one of each type"),
  instances: z.array(z.strictObject({
    name: z.string().min(1),
    atom: z.string().min(1),
    inputs: z.array(z.string().min(1)).describe("wires, in the order of the atom's inputs"),
    output: z.string().min(1).describe("the wire that the instance drives"),
  })).min(1).describe("in an order in which every wire is driven before it is read"),
});
