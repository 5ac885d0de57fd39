import type { GateCodes } from "./builtin/threshold_code.ts";
import { CircuitError } from "./circuit_error.ts";

/** A bus: a wire of its own name when its width is 1, otherwise wires `name[0]`, `name[1]`, … */
export interface Port {
  /** Name of the bus. */
  readonly name: string;
  /** Wires. */
  readonly width: number;
}

/** What every instance has: a name, the wires it reads and the wire it drives. */
export interface Wiring {
  /** Name, once in a circuit. */
  readonly name: string;
  /** Wires, in the order of the atom's inputs or the gate's weights. */
  readonly inputs: readonly string[];
  /** The wire that the instance drives. */
  readonly output: string;
}

/** One atom in a circuit. */
export interface AtomInstance extends Wiring {
  /** Name of the atom. */
  readonly atom: string;
}

/** One threshold gate in a circuit, with its own weights. */
export interface GateInstance extends Wiring {
  /** E2M1 codes, a weight per input. */
  readonly gate: GateCodes;
}

/** A part of a circuit that drives one wire. */
export type Instance = AtomInstance | GateInstance;

/** Whether an instance is an atom rather than a gate. */
export function isAtom(instance: Instance): instance is AtomInstance {
  return "atom" in instance;
}

/**
 * Checks that a gate has as many weights as wires, and one or two bias codes.
 *
 * @throws {CircuitError} Naming the gate.
 */
export function checkGate({ name, gate, inputs }: GateInstance): void {
  const { weights, bias } = gate;
  const isCode = (code: number): boolean => Number.isInteger(code) && code >= 0 && code < 16;
  if (weights.length !== inputs.length) {
    throw new CircuitError(
      `gate ${name} has ${weights.length} weights for ${inputs.length} wires`,
      "give every wire a weight",
    );
  }
  if (bias.length < 1 || bias.length > 2) {
    throw new CircuitError(`gate ${name} has ${bias.length} bias codes`, "give one or two");
  }
  const wrong = [...weights, ...bias].find((code) => !isCode(code));
  if (wrong === undefined) return;
  throw new CircuitError(`gate ${name} has the code ${wrong}`, "E2M1 codes go from 0 to 15");
}

/** A circuit of gates and of named atoms, before it is known which weights the atoms have. */
export interface Netlist {
  /** Specification it comes from: `adder:8`. */
  readonly name: string;
  /** What it computes, in words. */
  readonly description: string;
  /** Input buses. */
  readonly inputs: readonly Port[];
  /** Output buses. */
  readonly outputs: readonly Port[];
  /** Instances in any order. */
  readonly instances: readonly Instance[];
}

/** Wires of the widest bus: a file that says more is taken for a mistake. */
export const MAX_BUS_WIDTH = 2 ** 16;

/**
 * Names of the wires of a bus, bit 0 first.
 *
 * @throws {CircuitError} When it has more than {@linkcode MAX_BUS_WIDTH}.
 */
export function wiresOf(port: Port): string[] {
  if (port.width === 1) return [port.name];
  if (port.width > MAX_BUS_WIDTH) {
    throw new CircuitError(
      `bus ${port.name} has ${port.width} wires`,
      `give a bus at most ${MAX_BUS_WIDTH} wires`,
    );
  }
  return Array.from({ length: port.width }, (_, bit) => `${port.name}[${bit}]`);
}

/**
 * Names of the wires of several buses, in order.
 *
 * @throws {CircuitError} When a bus is too wide.
 */
export function allWires(ports: readonly Port[]): string[] {
  return ports.flatMap(wiresOf);
}

/**
 * Sorts the instances so that every wire is driven before it is read.
 *
 * @throws {CircuitError} When a wire has two drivers or none, when a name is taken, or when an
 * instance reads what it drives, itself or through others.
 */
export function sortInstances(netlist: Netlist): Instance[] {
  const driver = new Map<string, string>();
  for (const wire of allWires(netlist.inputs)) {
    if (driver.has(wire)) throw doubleDriver(wire, driver.get(wire)!, "an input");
    driver.set(wire, "an input");
  }
  const names = new Set<string>();
  for (const { name, output } of netlist.instances) {
    if (names.has(name)) {
      throw new CircuitError(`two instances are called "${name}"`, "give every instance its name");
    }
    names.add(name);
    if (driver.has(output)) throw doubleDriver(output, driver.get(output)!, `instance ${name}`);
    driver.set(output, `instance ${name}`);
  }
  const outputs = new Set<string>();
  for (const wire of allWires(netlist.outputs)) {
    if (outputs.has(wire)) {
      throw new CircuitError(`two outputs are called ${wire}`, "give every output its name");
    }
    outputs.add(wire);
    if (!driver.has(wire)) {
      throw new CircuitError(`output wire ${wire} has no driver`, "let an instance drive it");
    }
  }
  return inOrder(netlist, driver);
}

/** Kahn's algorithm with a queue: instances come when their last driver has come. */
function inOrder(netlist: Netlist, driver: ReadonlyMap<string, string>): Instance[] {
  const given = new Set(allWires(netlist.inputs));
  const readers = new Map<string, Instance[]>();
  const missing = new Map<Instance, number>();
  for (const instance of netlist.instances) {
    const wires = new Set(instance.inputs.filter((wire) => !given.has(wire)));
    missing.set(instance, wires.size);
    for (const wire of wires) {
      const list = readers.get(wire);
      if (list === undefined) readers.set(wire, [instance]);
      else list.push(instance);
    }
  }
  const sorted = netlist.instances.filter((instance) => missing.get(instance) === 0);
  for (let next = 0; next < sorted.length; next++) {
    for (const reader of readers.get(sorted[next]!.output) ?? []) {
      const left = missing.get(reader)! - 1;
      missing.set(reader, left);
      if (left === 0) sorted.push(reader);
    }
  }
  if (sorted.length < netlist.instances.length) {
    const done = new Set(sorted);
    throw stuck(netlist.instances.filter((instance) => !done.has(instance)), driver);
  }
  return sorted;
}

function doubleDriver(wire: string, first: string, second: string): CircuitError {
  return new CircuitError(
    `wire ${wire} is driven by ${first} and by ${second}`,
    "let one of them drive another wire",
  );
}

function stuck(waiting: readonly Instance[], driver: ReadonlyMap<string, string>): CircuitError {
  for (const { name, inputs } of waiting) {
    const wire = inputs.find((wire) => !driver.has(wire));
    if (wire !== undefined) {
      return new CircuitError(
        `instance ${name} reads wire ${wire}, which has no driver`,
        "declare it as an input or let an instance drive it",
      );
    }
  }
  const ring = ringOf(waiting);
  return ring.length === 1
    ? new CircuitError(
      `instance ${ring[0]!.name} reads wire ${ring[0]!.output}, which it drives itself`,
      "let it read another wire",
    )
    : new CircuitError(
      `instances depend on each other in a ring: ${ring.map(({ name }) => name).join(", ")}`,
      "break the ring",
    );
}

/** One ring among instances that all wait for another one of them. */
function ringOf(waiting: readonly Instance[]): Instance[] {
  const driverOf = new Map(waiting.map((instance) => [instance.output, instance]));
  const path: Instance[] = [];
  let next = waiting[0]!;
  while (!path.includes(next)) {
    path.push(next);
    next = driverOf.get(next.inputs.find((wire) => driverOf.has(wire))!)!;
  }
  return path.slice(path.indexOf(next)).reverse();
}
