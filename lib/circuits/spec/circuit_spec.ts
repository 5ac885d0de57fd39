import type { CircuitPlace } from "../circuit_error.ts";
import type { GateCodes } from "../builtin/threshold_code.ts";
import type { Port } from "../netlist.ts";

/** A bus, `A`, one wire of it, `A[3]`, a slice of it, `A[7:4]`, or several of these, low bits first. */
export type WireExpression = string | readonly string[];

/** What every part of a specification has. */
export interface PartSpec {
  /** Name, once in a circuit. */
  readonly name: string;
  /** Where it is written. */
  readonly place?: CircuitPlace | undefined;
}

/** An atom of a specification. */
export interface AtomSpecPart extends PartSpec {
  /** Name of the atom. */
  readonly atom: string;
  /** One wire per input, in order. */
  readonly inputs: readonly string[];
  /** The wire that it drives. */
  readonly output: string;
}

/** A threshold gate of a specification. */
export interface GateSpecPart extends PartSpec {
  /** Its codes. */
  readonly gate: GateCodes;
  /** One wire per weight, in order. */
  readonly inputs: readonly string[];
  /** The wire that it drives. */
  readonly output: string;
}

/** A circuit within a circuit. */
export interface NestedSpecPart extends PartSpec {
  /** A circuit of the same file, or a built-in one such as `adder:8`. */
  readonly circuit: string;
  /** What its input buses are wired to, by name: all of them. */
  readonly inputs: Readonly<Record<string, WireExpression>>;
  /** What its output buses are wired to, by name; those that are not used can be left out. */
  readonly outputs: Readonly<Record<string, WireExpression>>;
}

/** A circuit as it is written down. */
export interface CircuitSpec {
  /** Name. */
  readonly name: string;
  /** What it computes, in words. */
  readonly description: string;
  /** Input buses. */
  readonly inputs: readonly Port[];
  /** Output buses. */
  readonly outputs: readonly Port[];
  /** Buses inside. */
  readonly wires: readonly Port[];
  /** Circuits that its parts can be. */
  readonly circuits: readonly CircuitSpec[];
  /** Its parts, in any order. */
  readonly parts: readonly (AtomSpecPart | GateSpecPart | NestedSpecPart)[];
  /** Where it is written. */
  readonly place?: CircuitPlace | undefined;
}
