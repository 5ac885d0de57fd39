import { CircuitError } from "./circuit_error.ts";

/** A bus: a wire of its own name when its width is 1, otherwise wires `name[0]`, `name[1]`, … */
export interface Port {
  /** Name of the bus. */
  readonly name: string;
  /** Wires. */
  readonly width: number;
}

/** One atom in a circuit. */
export interface Instance {
  /** Name, once in a circuit. */
  readonly name: string;
  /** Name of the atom. */
  readonly atom: string;
  /** Wires, in the order of the atom's inputs. */
  readonly inputs: readonly string[];
  /** The wire that the instance drives. */
  readonly output: string;
}

/** A circuit of named atoms, before it is known which weights they have. */
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

/** Names of the wires of a bus, bit 0 first. */
export function wiresOf(port: Port): string[] {
  if (port.width === 1) return [port.name];
  return Array.from({ length: port.width }, (_, bit) => `${port.name}[${bit}]`);
}

/** Names of the wires of several buses, in order. */
export function allWires(ports: readonly Port[]): string[] {
  return ports.flatMap(wiresOf);
}

/**
 * Sorts the instances so that every wire is driven before it is read, keeping their order where
 * that is free.
 *
 * @throws {CircuitError} When a wire has two drivers or none, when an instance name is taken, or
 * when instances depend on each other in a ring.
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
  for (const wire of allWires(netlist.outputs)) {
    if (!driver.has(wire)) {
      throw new CircuitError(`output wire ${wire} has no driver`, "let an instance drive it");
    }
  }
  const known = new Set(allWires(netlist.inputs));
  const sorted: Instance[] = [];
  let waiting = [...netlist.instances];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ inputs }) => inputs.every((wire) => known.has(wire)));
    if (ready.length === 0) throw stuck(waiting, driver);
    sorted.push(...ready);
    for (const { output } of ready) known.add(output);
    waiting = waiting.filter((instance) => !known.has(instance.output));
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
  const ring = waiting.map(({ name }) => name).join(", ");
  return new CircuitError(`instances depend on each other in a ring: ${ring}`, "break the ring");
}
