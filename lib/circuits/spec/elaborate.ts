import { didYouMean } from "../../text/mod.ts";
import type { Objective } from "../builtin/objective.ts";
import { builtinCircuit, builtinPorts, isBuiltinSpec } from "../builtin.ts";
import { missingAtom } from "../circuit.ts";
import { CircuitError, type CircuitPlace } from "../circuit_error.ts";
import { allWires, type Instance, isAtom, type Netlist, type Port, wiresOf } from "../netlist.ts";
import type { CircuitSpec, NestedSpecPart, WireExpression } from "./circuit_spec.ts";
import { atPlace, type BuiltinBlock, inOrder, isBlock, type PlacedPart } from "./spec_parts.ts";

/** Between the name of a nested circuit and the names in it. */
const SEPARATOR = "/";

/**
 * The flat netlist of a specification: nested circuits are replaced by their parts, whose names and
 * wires begin with the name of the part that they are in, `low/sum_0`.
 *
 * @param objective How built-in circuits in it are built.
 * @throws {CircuitError} Naming the instance and the wire, with the place: when a wire is not
 * declared, has two drivers or none, widths differ, an input of a nested circuit is not wired, or
 * instances or circuits depend on each other in a ring.
 */
export function elaborate(spec: CircuitSpec, objective: Objective = "atoms"): Netlist {
  const { name, description, inputs, outputs } = spec;
  const instances = partsOf(spec).flatMap(({ part }) =>
    isBlock(part) ? instancesOf(part, objective) : part
  );
  return { name, description, inputs, outputs, instances };
}

/**
 * The parts of a specification, with the circuits that it declares replaced by theirs: atoms, gates
 * and built-in circuits, in an order in which every wire is driven before it is read.
 *
 * @throws {CircuitError} As {@linkcode elaborate} does.
 */
export function partsOf(spec: CircuitSpec): PlacedPart[] {
  const parts: PlacedPart[] = [];
  const bound = new Map(
    [...spec.inputs, ...spec.outputs].map((port) => [port.name, wiresOf(port)]),
  );
  expand(spec, { prefix: "", bound, known: [], within: [spec.name], parts });
  return inOrder(spec, parts);
}

/**
 * Checks that the atoms of a specification are there, and wired with as many wires as they have
 * inputs.
 *
 * @param atoms The atoms at hand.
 * @throws {CircuitError} Naming the instance, with the place.
 */
export function checkAtoms(
  spec: CircuitSpec,
  atoms: readonly { readonly name: string; readonly inputs: readonly string[] }[],
): void {
  for (const { part, place } of partsOf(spec)) {
    if (isBlock(part) || !isAtom(part)) continue;
    const found = atoms.find(({ name }) => name === part.atom);
    if (found?.inputs.length === part.inputs.length) continue;
    const names = atoms.map(({ name }) => name);
    throw found === undefined
      ? missingAtom(`instance ${part.name}`, part.atom, names, place)
      : new CircuitError(
        `instance ${part.name} gives ${part.inputs.length} wires to ${part.atom}, which has ` +
          `${found.inputs.length} inputs`,
        "wire every input of the atom once",
        place,
      );
  }
}

/** The instances that a built-in circuit is made of, on the wires that it is wired to. */
function instancesOf(block: BuiltinBlock, objective: Objective): Instance[] {
  const netlist = builtinCircuit(block.circuit, objective).netlist;
  const prefix = block.name + SEPARATOR;
  const wireOf = new Map<string, string>();
  allWires(netlist.inputs).forEach((wire, i) => wireOf.set(wire, block.inputs[i]!));
  allWires(netlist.outputs).forEach((wire, i) => wireOf.set(wire, block.outputs[i]!));
  const outer = (wire: string): string => wireOf.get(wire) ?? prefix + wire;
  return netlist.instances.map((instance) => ({
    ...instance,
    name: prefix + instance.name,
    inputs: instance.inputs.map(outer),
    output: outer(instance.output),
  }));
}

interface Context {
  readonly prefix: string;
  /** Wires that the ports are connected to. */
  readonly bound: ReadonlyMap<string, readonly string[]>;
  /** Circuits that are declared around. */
  readonly known: readonly CircuitSpec[];
  /** Names of the circuits around, to find one that contains itself. */
  readonly within: readonly string[];
  readonly parts: PlacedPart[];
}

function expand(spec: CircuitSpec, context: Context): void {
  const { prefix, parts } = context;
  const buses = new Map(context.bound);
  checkNames(spec);
  for (const port of spec.wires) {
    buses.set(port.name, wiresOf(port).map((wire) => prefix + wire));
  }
  const known = [...spec.circuits, ...context.known];
  for (const part of spec.parts) {
    const name = prefix + part.name;
    if ("circuit" in part) {
      expandNested(part, buses, { ...context, known, prefix: name + SEPARATOR });
      continue;
    }
    const at = { name, place: part.place };
    const inputs = part.inputs.flatMap((wire) => wiresAt(wire, buses, at));
    const driven = wiresAt(part.output, buses, at);
    if (driven.length !== 1) {
      throw new CircuitError(
        `instance ${name} drives ${part.output}, which is ${driven.length} wires`,
        "let it drive one wire",
        part.place,
      );
    }
    const common = { name, inputs, output: driven[0]! };
    parts.push({
      part: "atom" in part ? { ...common, atom: part.atom } : { ...common, gate: part.gate },
      place: part.place,
    });
  }
}

function expandNested(
  part: NestedSpecPart,
  buses: ReadonlyMap<string, readonly string[]>,
  context: Context,
): void {
  const { prefix, known, within, parts } = context;
  const name = prefix.slice(0, -SEPARATOR.length);
  const own = known.find((spec) => spec.name === part.circuit);
  if (own === undefined && !isBuiltinSpec(part.circuit)) {
    const names = known.map((spec) => spec.name);
    throw new CircuitError(
      `instance ${name} is of circuit ${part.circuit}, which is not there`,
      `${didYouMean(part.circuit, names)}declare it under circuits, or name a built-in one`,
      part.place,
    );
  }
  if (own !== undefined && within.includes(own.name)) {
    throw new CircuitError(
      `circuit ${own.name} contains itself, in instance ${name}`,
      "break the ring",
      part.place,
    );
  }
  const { place } = part;
  const ports = own ?? atPlace(place, () => builtinPorts(part.circuit));
  const at = { name, place };
  const inputs = bind(part.inputs, ports.inputs, "input", buses, at);
  const outputs = bind(part.outputs, ports.outputs, "output", buses, at);
  if (own !== undefined) {
    const bound = new Map([...inputs, ...outputs]);
    expand(own, { ...context, bound, within: [...within, own.name] });
    return;
  }
  const wires = (bound: [string, readonly string[]][]): string[] => bound.flatMap(([, w]) => w);
  const block = { name, circuit: part.circuit, inputs: wires(inputs), outputs: wires(outputs) };
  parts.push({ part: block, place });
}

/** Where an error is. */
interface At {
  readonly name: string;
  readonly place?: CircuitPlace | undefined;
}

/** The wires that every port of a nested circuit is connected to. */
function bind(
  wiring: Readonly<Record<string, WireExpression>>,
  ports: readonly Port[],
  side: "input" | "output",
  buses: ReadonlyMap<string, readonly string[]>,
  at: At,
): [string, readonly string[]][] {
  const names = ports.map(({ name }) => name);
  const stranger = Object.keys(wiring).find((name) => !names.includes(name));
  if (stranger !== undefined) {
    throw new CircuitError(
      `instance ${at.name} wires ${side} ${stranger}, which its circuit does not have`,
      `${didYouMean(stranger, names)}its ${side}s are ${names.join(", ")}`,
      at.place,
    );
  }
  return ports.map((port) => {
    const given = Object.hasOwn(wiring, port.name) ? wiring[port.name] : undefined;
    if (given === undefined && side === "input") {
      throw new CircuitError(
        `instance ${at.name} has no wire at input ${port.name}`,
        `wire its ${port.width} bit${port.width === 1 ? "" : "s"}`,
        at.place,
      );
    }
    if (given === undefined) return [port.name, wiresOf(port).map((w) => `${at.name}/${w}`)];
    const wires = [given].flat().flatMap((wire) => wiresAt(wire, buses, at));
    if (wires.length === port.width) return [port.name, wires];
    throw new CircuitError(
      `instance ${at.name} gives ${wires.length} wires to ${side} ${port.name}, which has ` +
        `${port.width}`,
      "wire as many as the bus has",
      at.place,
    );
  });
}

/** The wires of `A`, `A[3]` or `A[7:4]`, bit 0 first. */
function wiresAt(
  expression: string,
  buses: ReadonlyMap<string, readonly string[]>,
  { name, place }: At,
): readonly string[] {
  const [, bus, high, low] = /^([^[\]]+)(?:\[(\d+)(?::(\d+))?\])?$/.exec(expression.trim()) ?? [];
  if (bus === undefined) {
    throw new CircuitError(
      `instance ${name} names the wire "${expression}"`,
      "write A, A[3] or A[7:4]",
      place,
    );
  }
  const wires = buses.get(bus);
  if (wires === undefined) {
    throw new CircuitError(
      `instance ${name} names wire ${expression}, which is not declared`,
      `${didYouMean(bus, [...buses.keys()])}declare it under inputs, outputs or wires`,
      place,
    );
  }
  if (high === undefined) return wires;
  const [from, to] = [Number(low ?? high), Number(high)];
  if (from > to || to >= wires.length) {
    throw new CircuitError(
      `instance ${name} names ${expression}, but ${bus} has the bits 0 to ${wires.length - 1}`,
      "write the higher bit first, and bits that the bus has",
      place,
    );
  }
  return wires.slice(from, to + 1);
}

function checkNames(spec: CircuitSpec): void {
  const seen = new Set<string>();
  for (const { name } of [...spec.inputs, ...spec.outputs, ...spec.wires]) {
    if (seen.has(name)) {
      throw new CircuitError(`two buses are called ${name}`, "give every bus its name", spec.place);
    }
    seen.add(name);
  }
  const circuits = new Set<string>();
  for (const { name, place } of spec.circuits) {
    if (circuits.has(name)) {
      throw new CircuitError(`two circuits are called ${name}`, "give each its name", place);
    }
    circuits.add(name);
  }
}

/**
 * Wires of a netlist that nothing reads although they are driven: inputs and wires inside, not
 * outputs. Each is a gate or an input too many, or a wire forgotten somewhere.
 */
export function unusedWires(netlist: Netlist): string[] {
  const used = new Set(allWires(netlist.outputs));
  for (const { inputs } of netlist.instances) for (const wire of inputs) used.add(wire);
  const driven = [...allWires(netlist.inputs), ...netlist.instances.map(({ output }) => output)];
  return driven.filter((wire) => !used.has(wire));
}
