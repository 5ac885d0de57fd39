import { nearestName } from "../text/mod.ts";
import { CircuitError } from "./circuit_error.ts";
import type { Netlist, Port } from "./netlist.ts";
import { AtomKit } from "./builtin/atom_kit.ts";
import { E2M1Kit } from "./builtin/gate_kit.ts";
import { type Kind, KINDS, portsOf } from "./builtin/kinds.ts";
import type { Kit } from "./builtin/kit.ts";
import { compareCost, type GateCost, type Objective, OBJECTIVES } from "./builtin/objective.ts";
import { type Reference, REFERENCES } from "./builtin/references.ts";
import { type Signal, SignalGraph } from "./builtin/signal_graph.ts";

/** A built-in circuit: its netlist and, apart from it, its definition in integer arithmetic. */
export interface BuiltinCircuit {
  /** The instances and wires. */
  readonly netlist: Netlist;
  /** What they must compute. */
  readonly reference: Reference;
}

/** A built-in circuit as a list shows it. */
export interface BuiltinKind {
  /** First part of the specification. */
  readonly name: string;
  /** What it computes, in words. */
  readonly description: string;
  /** Smallest and largest width. */
  readonly widths: readonly [number, number];
}

/** The kinds of built-in circuits. */
export const BUILTIN_KINDS: readonly BuiltinKind[] = Object.entries(KINDS).map(
  ([name, { description, widths }]) => ({ name, description, widths }),
);

const KIND_NAMES = Object.keys(KINDS) as readonly (keyof typeof KINDS)[];

/** Whether a text is meant as the specification of a built-in circuit rather than as a file. */
export function isBuiltinSpec(spec: string): boolean {
  return Object.hasOwn(KINDS, spec.split(":")[0]!);
}

/**
 * The built-in circuit of a specification such as `adder:8` or `full-adder`.
 *
 * @param objective `atoms` composes the ten standard atoms; the others build E2M1 gates, and choose
 * among the ways to do it.
 * @throws {CircuitError} When there is none, or its width is out of range.
 */
export function builtinCircuit(spec: string, objective: Objective = "atoms"): BuiltinCircuit {
  const { name, width } = parseSpec(spec);
  const kind = KINDS[name];
  if (!OBJECTIVES.includes(objective)) {
    throw new CircuitError(
      `unknown objective "${objective}"`,
      `choose from ${OBJECTIVES.join(", ")}`,
    );
  }
  return {
    netlist: {
      name: spec,
      description: kind.description.replace(/\bN\b/g, String(width)),
      inputs: portsOf(kind.inputs(width)),
      outputs: portsOf(kind.outputs(width)),
      instances: instancesOf(kind, width, objective),
    },
    reference: REFERENCES[name](width),
  };
}

/** The buses of a built-in circuit, without building it. */
export function builtinPorts(spec: string): {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
} {
  const { name, width } = parseSpec(spec);
  const { inputs, outputs } = KINDS[name];
  return { inputs: portsOf(inputs(width)), outputs: portsOf(outputs(width)) };
}

/** The reference of a built-in circuit, without building it. */
export function builtinReference(spec: string): Reference {
  const { name, width } = parseSpec(spec);
  return REFERENCES[name](width);
}

function parseSpec(spec: string): { name: keyof typeof KINDS; width: number } {
  const [, found = "", digits] = /^([^:]*)(?::(0|[1-9]\d*))?$/.exec(spec) ?? [];
  const name = KIND_NAMES.find((name) => name === found);
  if (name === undefined) {
    const near = nearestName(found === "" ? spec : found, KIND_NAMES);
    throw new CircuitError(
      `unknown circuit "${spec}"`,
      near === undefined
        ? `give a built-in circuit with its width, such as adder:8: ${KIND_NAMES.join(", ")}`
        : `did you mean "${near}:${digits ?? 8}"?`,
    );
  }
  const [least, most] = KINDS[name].widths;
  if (digits === undefined && least !== most) {
    throw new CircuitError(`circuit "${spec}" has no width`, `give one, such as ${name}:8`);
  }
  const width = digits === undefined ? least : Number(digits);
  if (width < least || width > most) {
    throw new CircuitError(
      `${name} has no width ${width}`,
      least === most ? `give ${name}` : `choose a width from ${least} to ${most}`,
    );
  }
  return { name, width };
}

function instancesOf(kind: Kind, width: number, objective: Objective): Netlist["instances"] {
  const inputs = portsOf(kind.inputs(width));
  const outputs = portsOf(kind.outputs(width));
  if (objective === "atoms") {
    const kit = new AtomKit(new SignalGraph(inputs));
    const signals = finish(kit, kind.atoms(kit, kit.graph.inputBuses()));
    return kit.graph.instances(outputs, [signals]);
  }
  let best: { kit: Kit; signals: Signal[]; cost: GateCost } | undefined;
  for (const architecture of kind.native(width)) {
    const kit = new E2M1Kit(new SignalGraph(inputs), objective === "bits" ? "bits" : "margin");
    const signals = finish(kit, architecture(kit, kit.graph.inputBuses()));
    const cost = kit.graph.cost(signals);
    if (best === undefined || compareCost(cost, best.cost, objective) < 0) {
      best = { kit, signals, cost };
    }
  }
  return best!.kit.graph.instances(outputs, [best!.signals]);
}

/** Output signals on wires of their own. */
function finish(kit: Kit, buses: readonly (readonly Signal[])[]): Signal[] {
  return kit.graph.separate(
    buses.flat(),
    (signal) => kit.plain(signal),
    (signal) => kit.copy(signal),
  );
}
