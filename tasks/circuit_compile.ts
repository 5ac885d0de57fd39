/**
 * `deno task circuit:compile`: composes verified atoms to a circuit, builds one of E2M1 threshold
 * gates, or maps a foreign circuit to them.
 *
 * @module
 */
import { type ArtifactData, writeArtifact } from "../lib/artifacts/mod.ts";
import { type AnyAtom, isThreshold, type NetworkAtom, verify } from "../lib/atoms/mod.ts";
import {
  allWires,
  builtinCircuit,
  checkAtoms,
  compileCircuit,
  elaborate,
  flatten,
  gateMargins,
  gateStatistics,
  isAtom,
  mapToThreshold,
  type Netlist,
  OBJECTIVES,
  sortInstances,
  unusedWires,
} from "../lib/circuits/mod.ts";
import {
  EXIT,
  inFile,
  InputError,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { loadAtoms } from "./_atoms.ts";
import { type CircuitSource, loadCircuitSource } from "./_circuits.ts";

type Objective = (typeof OBJECTIVES)[number];

/** What the task takes. */
export const USAGE = {
  name: "circuit:compile",
  summary: "Compose verified atoms or FP4 threshold gates to a circuit.",
  details:
    "A circuit is a built-in one with its width (adder, carry-select, kogge-stone, sub, cmp, min,\n" +
    "max, mux, decoder, shift, mul, popcount, parity, priority, alu, lfsr; full-adder without), a\n" +
    "specification of your own in YAML or JSON, or a foreign circuit in BLIF (.blif) or AIGER (.aag,\n" +
    ".aig), which is mapped to threshold gates.\n\n" +
    "The objective atoms composes standard atoms; the others build threshold gates of E2M1 weights:\n" +
    "as few as can be, in as few dependent steps as can be, or with as few bits as can be.",
  arguments: {
    spec: { required: true, help: "a built-in circuit such as adder:8, or a file" },
  },
  options: {
    atoms: {
      type: "file",
      default: "out/atoms.json",
      help: "The atoms to build it from, several files with commas; read only when it has atoms.",
    },
    objective: {
      choices: OBJECTIVES,
      help: "How it is built; atoms unless given, gates for a foreign circuit.",
    },
    precision: {
      choices: ["fp4", "float32"],
      default: "fp4",
      help: "Which atoms: threshold networks of FP4, or float32 networks of atoms:train --method " +
        "float, for comparison.",
    },
    out: { type: "artifact", default: "out/circuit.json", help: "Where the artifact goes." },
  },
  examples: [
    "deno task circuit:compile adder:8 --atoms out/atoms.json",
    "deno task circuit:compile adder:64 --objective depth --out out/adder64.json",
    "deno task circuit:compile fixtures/circuits/median3.yaml --objective gates --out out/median3.json",
    "deno task circuit:compile fixtures/circuits/c17.blif --out out/c17.json",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const from = await loadCircuitSource(options.spec);
  const objective = objectiveFor(from, options.objective);
  if (options.precision === "float32" && objective !== "atoms") {
    throw new UsageError(
      `--precision float32 with --objective ${objective}`,
      "leave the objective out: only atoms come in float32",
    );
  }
  const { netlist, place } = netlistOf(from, objective);
  const needsAtoms = netlist.instances.some(isAtom);
  const library = needsAtoms ? await loadAtoms(options.atoms) : { atoms: [], sources: [] };
  const atoms = library.atoms.map(({ atom }) => atom);
  if (from.kind === "spec") checkAtoms(from.spec, atoms);

  const data = inFile(
    needsAtoms ? options.atoms : place,
    () =>
      options.precision === "float32"
        ? withNetworks(netlist, atoms)
        : withThresholds(netlist, atoms),
  );

  const text = await writeArtifact(options.out, "circuit", {
    task: USAGE.name,
    options: { spec: options.spec, objective, precision: options.precision },
    inputs: [...library.sources, ...(from.source === undefined ? [] : [from.source])],
    data,
  });
  for (const wire of unusedWires(netlist).slice(0, 10)) {
    terminal.line(`note: nothing reads wire ${wire}`);
  }
  print(terminal, data, objective, from.kind === "logic");
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  return EXIT.ok;
}

function objectiveFor(from: CircuitSource, given: Objective | undefined): Objective {
  if (from.kind !== "logic") return given ?? "atoms";
  if (given === undefined || given === "gates" || given === "depth") return given ?? "gates";
  throw new UsageError(
    `--objective ${given} for a foreign circuit`,
    "choose gates or depth: such a circuit is mapped to threshold gates",
  );
}

/** The parts of a circuit, and the file in which errors about them are. */
function netlistOf(
  from: CircuitSource,
  objective: Objective,
): { netlist: Netlist; place: string } {
  switch (from.kind) {
    case "builtin":
      return { netlist: builtinCircuit(from.spec, objective).netlist, place: from.spec };
    case "spec": {
      const place = from.source.path;
      return { netlist: inFile(place, () => elaborate(from.spec, objective)), place };
    }
    case "logic": {
      const file = from.source.path;
      if (from.logic.inputs.length === 0) {
        throw new InputError("the circuit has no inputs", "give one that computes something", {
          file,
        });
      }
      const { circuit } = mapToThreshold(from.logic, {
        objective: objective === "depth" ? "depth" : "gates",
      });
      if (circuit.instances.length === 0) {
        throw new InputError(
          "every output of the circuit is the input of the same name",
          "give one that computes something",
          { file },
        );
      }
      return { netlist: circuit, place: file };
    }
    case "compiled":
      throw new InputError(
        "this circuit is compiled already",
        "give what it was compiled from",
        { file: from.source.path },
      );
  }
}

function withThresholds(netlist: Netlist, atoms: readonly AnyAtom[]): ArtifactData<"circuit"> {
  const circuit = compileCircuit(netlist, atoms);
  return { ...circuit, format: "e2m1", nibbleOrder: "low-first" };
}

/** The same of float32 networks, every one verified again. */
function withNetworks(netlist: Netlist, atoms: readonly AnyAtom[]): ArtifactData<"circuit"> {
  const instances = sortInstances(netlist);
  const networks: NetworkAtom[] = [];
  for (const name of new Set(instances.flatMap((one) => isAtom(one) ? one.atom : []))) {
    const found = atoms.filter((atom) => atom.name === name);
    const atom = found.find((atom): atom is NetworkAtom =>
      !isThreshold(atom) && atom.network.layers.every(({ weights }) => weights.format === "float32")
    );
    if (atom === undefined) {
      throw new InputError(
        `the circuit needs atom ${name} in float32, which is not there`,
        `train it: deno task atoms:train --method float --out out/float_atoms.json`,
      );
    }
    const { exact, wrong, rows } = verify(atom);
    if (!exact) {
      throw new InputError(
        `atom ${name} is not exact: ${wrong} of ${rows} rows are wrong`,
        "train it again with: deno task atoms:train --method float",
      );
    }
    networks.push(atom);
  }
  return {
    ...netlist,
    instances,
    atoms: [],
    networks,
    format: "e2m1",
    nibbleOrder: "low-first",
  };
}

function print(
  terminal: Terminal,
  data: ArtifactData<"circuit">,
  objective: Objective,
  isMapped: boolean,
): void {
  const { name, inputs, outputs, instances, atoms, networks } = data;
  const [wiresIn, wiresOut] = [allWires(inputs).length, allWires(outputs).length];
  if (networks !== undefined) {
    terminal.table(
      ["circuit", "inputs", "outputs", "instances", "atoms in use, float32"],
      [[name, wiresIn, wiresOut, instances.length, networks.map(({ name }) => name).join(", ")]],
    );
    return;
  }
  const list = flatten(data);
  const { gates, depth, weights, bits } = gateStatistics(list);
  terminal.table(
    [
      ...["circuit", "objective", "inputs", "outputs", "instances", "gates", "depth", "weights"],
      ...["bits", "atoms in use"],
    ],
    [[
      ...[name, objective, wiresIn, wiresOut, instances.length, gates, depth, weights, bits],
      atoms.map(({ name }) => name).join(", ") || "none",
    ]],
  );
  if (isMapped) {
    // The mapping sees to it; to look at every state would take longer than to map.
    terminal.line(marginLine(gates, 0.5, 0));
    return;
  }
  const margins = gateMargins(list);
  const least = margins.reduce(
    (smallest, { above, below }) => Math.min(smallest, above === 0 ? below : above, below),
    Infinity,
  );
  const atZero = margins.filter(({ above }) => above === 0).length;
  if (least < Infinity) terminal.line(marginLine(gates, least, atZero));
}

function marginLine(gates: number, least: number, atZero: number): string {
  if (atZero === 0) return `Every gate decides ${least} or more from its threshold.`;
  return `${atZero} of ${gates} gates decide for 1 at exactly z = 0: there the margin is ` +
    `one-sided, 0 above and ${least} or more below. The others keep ${least} or more.`;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
