import * as z from "zod";
import { atom, type AtomData, networkAtom, type NetworkAtomData } from "./atoms.ts";
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
  /** Format of the weights and biases of `atoms` and of gates. */
  readonly format: "e2m1";
  /** Which nibble of a byte holds the first code. */
  readonly nibbleOrder: "low-first";
  /** The atoms in use, one of each type. */
  readonly atoms: readonly AtomData[];
  /** Atoms in use that are float32 networks, for comparison: such a circuit has no gates. */
  readonly networks?: readonly NetworkAtomData[] | undefined;
  /** Instances, in an order in which every wire is driven before it is read: atoms and gates. */
  readonly instances: readonly (
    | {
      readonly name: string;
      readonly atom: string;
      /** Wires, in the order of the atom's inputs. */
      readonly inputs: readonly string[];
      /** The wire that the instance drives. */
      readonly output: string;
    }
    | {
      readonly name: string;
      /** E2M1 codes: a weight per wire, and one or two whose values add up to the bias. */
      readonly gate: { readonly weights: readonly number[]; readonly bias: readonly number[] };
      /** Wires, in the order of the weights. */
      readonly inputs: readonly string[];
      /** The wire that the gate drives. */
      readonly output: string;
    }
  )[];
}

const wiring = {
  name: z.string().min(1),
  inputs: z.array(z.string().min(1)).describe("wires that it reads, in order"),
  output: z.string().min(1).describe("the wire that the instance drives"),
};
const code = z.int().min(0).max(15);

/** Schema of {@linkcode CircuitData}. */
export const circuitData: z.ZodType<CircuitData> = z.strictObject({
  name: z.string().min(1),
  description: z.string(),
  inputs: z.array(port).min(1),
  outputs: z.array(port).min(1),
  format: z.literal("e2m1"),
  nibbleOrder: z.literal("low-first"),
  atoms: z.array(atom).describe("the atoms in use, one of each type"),
  networks: z.array(networkAtom).describe("atoms in use that are float32 networks").optional(),
  instances: z.array(z.union([
    z.strictObject({ ...wiring, atom: z.string().min(1) }),
    z.strictObject({
      ...wiring,
      gate: z.strictObject({
        weights: z.array(code).describe("E2M1 codes, one per wire"),
        bias: z.array(code).min(1).max(2).describe("E2M1 codes whose values add up to the bias"),
      }),
    }),
  ])).min(1).describe("in an order in which every wire is driven before it is read"),
});
