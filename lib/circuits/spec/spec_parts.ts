import type { CircuitPlace } from "../circuit_error.ts";
import { CircuitError } from "../circuit_error.ts";
import { allWires, checkGate, type Instance, isAtom } from "../netlist.ts";
import type { CircuitSpec } from "./circuit_spec.ts";

/** A built-in circuit in a specification, as a whole. */
export interface BuiltinBlock {
  /** Name, once in the specification. */
  readonly name: string;
  /** Which circuit: `adder:8`. */
  readonly circuit: string;
  /** The wires of its input buses, in order. */
  readonly inputs: readonly string[];
  /** The wires of its output buses, in order. */
  readonly outputs: readonly string[];
}

/** Whether a part is a built-in circuit. */
export function isBlock(part: Instance | BuiltinBlock): part is BuiltinBlock {
  return "circuit" in part;
}

/** An atom, a gate or a built-in circuit of a specification without nesting, and where it is written. */
export interface PlacedPart {
  /** The part. */
  readonly part: Instance | BuiltinBlock;
  /** Where it is written. */
  readonly place: CircuitPlace | undefined;
}

/** Runs an action; an error of a circuit that does not say where it is gets a place. */
export function atPlace<T>(place: CircuitPlace | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof CircuitError) || error.place !== undefined) throw error;
    throw new CircuitError(error.message, error.help, place);
  }
}

/** The wires that a part drives. */
export function drivenBy(part: Instance | BuiltinBlock): readonly string[] {
  return isBlock(part) ? part.outputs : [part.output];
}

/**
 * Parts in an order in which every wire is driven before it is read; those that could come at the
 * same time stay in the order in which they are written.
 *
 * @throws {CircuitError} With the place of the part, when a name is taken, a gate is not in order, a
 * wire has two drivers or none, or parts wait for each other.
 */
export function inOrder(spec: CircuitSpec, parts: readonly PlacedPart[]): PlacedPart[] {
  const driver = driversOf(spec, parts);
  const readers = new Map<string, PlacedPart[]>();
  const missing = new Map<PlacedPart, number>();
  for (const placed of parts) {
    const wires = new Set(placed.part.inputs.filter((wire) => driver.get(wire) !== INPUT));
    missing.set(placed, wires.size);
    for (const wire of wires) {
      if (!driver.has(wire)) {
        throw new CircuitError(
          `instance ${placed.part.name} reads wire ${wire}, which has no driver`,
          "declare it as an input or let an instance drive it",
          placed.place,
        );
      }
      const list = readers.get(wire);
      if (list === undefined) readers.set(wire, [placed]);
      else list.push(placed);
    }
  }
  const sorted = parts.filter((placed) => missing.get(placed) === 0);
  for (let next = 0; next < sorted.length; next++) {
    for (const wire of drivenBy(sorted[next]!.part)) {
      for (const reader of readers.get(wire) ?? []) {
        const left = missing.get(reader)! - 1;
        missing.set(reader, left);
        if (left === 0) sorted.push(reader);
      }
    }
  }
  if (sorted.length < parts.length) throw ringError(parts, new Set(sorted));
  return sorted;
}

/** Stands for the part that drives an input wire. */
const INPUT = "an input";

/** What drives each wire, checked. */
function driversOf(spec: CircuitSpec, parts: readonly PlacedPart[]): Map<string, string> {
  const driver = new Map<string, string>();
  const drive = (wire: string, by: string, place: CircuitPlace | undefined): void => {
    const first = driver.get(wire);
    if (first !== undefined) {
      throw new CircuitError(
        `wire ${wire} is driven by ${first} and by ${by}`,
        "let one of them drive another wire",
        place,
      );
    }
    driver.set(wire, by);
  };
  for (const wire of allWires(spec.inputs)) drive(wire, INPUT, spec.place);
  const names = new Set<string>();
  for (const { part, place } of parts) {
    if (names.has(part.name)) {
      const what = `two instances are called "${part.name}"`;
      throw new CircuitError(what, "give every instance its name", place);
    }
    names.add(part.name);
    if (!isBlock(part) && !isAtom(part)) atPlace(place, () => checkGate(part));
    for (const wire of drivenBy(part)) drive(wire, `instance ${part.name}`, place);
  }
  for (const wire of allWires(spec.outputs)) {
    if (driver.has(wire)) continue;
    const what = `output wire ${wire} has no driver`;
    throw new CircuitError(what, "let an instance drive it", spec.place);
  }
  return driver;
}

/** The ring of parts that some which cannot be sorted wait for. */
function ringError(parts: readonly PlacedPart[], sorted: ReadonlySet<PlacedPart>): CircuitError {
  const waiting = parts.filter((placed) => !sorted.has(placed));
  const driverOf = new Map(
    waiting.flatMap((placed) => drivenBy(placed.part).map((wire) => [wire, placed] as const)),
  );
  const path = new Set<PlacedPart>();
  let next = waiting[0]!;
  while (!path.has(next)) {
    path.add(next);
    next = driverOf.get(next.part.inputs.find((wire) => driverOf.has(wire))!)!;
  }
  const ring = [...path].slice([...path].indexOf(next)).reverse();
  const { part, place } = ring.at(-1)!;
  if (ring.length > 1) {
    const names = ring.map(({ part }) => part.name).join(", ");
    const what = `instances depend on each other in a ring: ${names}`;
    return new CircuitError(what, "break the ring", place);
  }
  const own = part.inputs.find((wire) => drivenBy(part).includes(wire));
  return new CircuitError(
    `instance ${part.name} reads wire ${own}, which it drives itself`,
    "let it read another wire",
    place,
  );
}
