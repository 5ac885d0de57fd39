/**
 * `deno task circuit:study`: one circuit in every way that it can be built, on the emulated machine,
 * and of atoms of either precision. Exits with 1 if one of them is wrong.
 *
 * @module
 */
import { type AnyAtom, evaluator, makeAtom, sizeOf } from "../lib/atoms/mod.ts";
import { injectBoard, type MachineSettings, SHIPPED_SETTINGS } from "../lib/boards/mod.ts";
import {
  allWires,
  bitFunction,
  builtinCircuit,
  caseCount,
  caseValues,
  type Circuit,
  compileCircuit,
  compileEvaluator,
  exhaustiveVerdict,
  flatten,
  gateStatistics,
  isAtom,
  OBJECTIVES,
  prove,
  seededVectors,
  symbolicReference,
  verifyExhaustive,
  wireValues,
} from "../lib/circuits/mod.ts";
import {
  EXIT,
  formatValue,
  parseOptions,
  runTask,
  startProgress,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { lowerCircuit } from "../lib/compiler/mod.ts";
import { createMachine, PLENA_RULES, summarize } from "../lib/emulator/mod.ts";
import { decodeTensor, hbm2Memory } from "../lib/memory/mod.ts";
import { asCircuit } from "./_circuits.ts";
import { loadBoard } from "./_inputs.ts";

/** Input wires up to which all cases are tried; wider circuits are proved. */
const EXHAUSTIVE_WIRES = 24;
/** Cases on the machine at the most. */
const MAX_VECTORS = 2 ** 22;
/** Least time that a measurement of speed takes. */
const MEASURE_MS = 50;

/** What the task takes. */
export const USAGE = {
  name: "circuit:study",
  summary: "Compare the ways to build a circuit: gates, depth, bits, time on the machine.",
  details: "The first table builds the circuit for every objective and runs it on the emulated\n" +
    "machine. Its time falls with the depth, which is the number of dependent matrix passes; but a\n" +
    "pass takes longer the more columns it has, as one instruction makes BLEN of them: with a small\n" +
    "BLEN, the fewest gates can be faster than the least depth. The second table composes it of\n" +
    "atoms of FP4 and of float32; its times are those of this computer.",
  arguments: { spec: { help: "a built-in circuit; adder:8 unless given" } },
  options: {
    board: {
      help: "The board whose latencies the machine has; the shipped settings unless given.",
    },
    blen: {
      type: "integer",
      help:
        "Rows and columns that one matrix instruction of the machine makes; as in the settings " +
        "unless given.",
    },
    vectors: {
      type: "integer",
      default: 1024,
      help: "Cases to run on the machine, corner cases first; all if there are no more.",
    },
  },
  examples: [
    "deno task circuit:study",
    "deno task circuit:study adder:64 --board v80 --vectors 256",
    "deno task circuit:study adder:32 --blen 16 --vectors 256",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const spec = options.spec ?? "adder:8";
  const { netlist } = builtinCircuit(spec);
  if (options.vectors < 1 || options.vectors > MAX_VECTORS) {
    throw new UsageError(`--vectors ${options.vectors}`, `give a number from 1 to ${MAX_VECTORS}`);
  }
  const base = options.board === undefined
    ? SHIPPED_SETTINGS
    : injectBoard(SHIPPED_SETTINGS, (await loadBoard(options.board)).board).settings;
  const { blen = base.config.blen } = options;
  const settings = { ...base, config: { ...base.config, blen } };
  const names = [...new Set(netlist.instances.flatMap((one) => isAtom(one) ? one.atom : []))];
  const fp4 = names.map((name) => makeAtom(name, "synth"));
  const vectors = vectorsOf(netlist, options.vectors);

  const progress = startProgress("running", OBJECTIVES.length, options.quiet);
  const builds = OBJECTIVES.map((objective, index) => {
    const circuit = compileCircuit(builtinCircuit(spec, objective).netlist, fp4);
    const { gates, depth, weights, bits } = gateStatistics(flatten(circuit));
    const run = runOnMachine(circuit, spec, vectors, settings);
    progress.update(index + 1);
    return { objective, gates, depth, weights, bits, isExact: isExact(circuit, spec), ...run };
  });
  progress.end();
  const float = names.map((name) => makeAtom(name, "float"));
  const precisions = [["fp4", fp4], ["float32", float]] as const;
  const libraries = precisions.map(([precision, atoms]) =>
    measureLibrary(precision, atoms, netlist, spec)
  );
  const rate = gateRate(compileCircuit(netlist, fp4));

  terminal.line(`${spec}, ${formatValue(vectors.length)} cases on the machine`);
  terminal.table(
    [
      ...["objective", "gates", "depth", "weights", "bits", "verified", "instructions executed"],
      ...["latency, ns", "ns per case", "outputs right"],
    ],
    builds.map((build) => [
      ...[build.objective, build.gates, build.depth, build.weights, build.bits, build.isExact],
      ...[build.executed, build.latencyNs, build.latencyNs / vectors.length, build.isRight],
    ]),
  );
  terminal.table(
    ["atoms of", "accuracy", "atoms in use", "weights, B", "per atom evaluation, ns"],
    libraries.map(({ precision, isExact, bytes, nsPerAtom }) => [
      ...[
        precision,
        isExact ? "100 %" : "not exact",
        names.join(", "),
        bytes,
        Math.round(nsPerAtom),
      ],
    ]),
  );
  terminal.line(
    `Bit-sliced, 32 cases at a time: ${
      formatValue(Math.round(rate))
    } million gates of fp4 a second.`,
  );
  terminal.artifact(
    JSON.stringify({ spec, cases: vectors.length, blen, builds, libraries }, null, 2),
  );
  const wrong = [...builds, ...libraries].some((one) =>
    !one.isExact || ("isRight" in one && !one.isRight)
  );
  if (wrong) terminal.failure(`${spec} is not right in every way that it is built`);
  return wrong ? EXIT.checkFailed : EXIT.ok;
}

function vectorsOf({ inputs }: Pick<Circuit, "inputs">, count: number): bigint[][] {
  const wires = allWires(inputs).length;
  if (wires > 20 || 2 ** wires > count) return seededVectors(inputs, count, 0);
  return Array.from(
    { length: caseCount(inputs) },
    (_, index) => caseValues(index, inputs).map(BigInt),
  );
}

/** Whether a circuit computes what its name says, in all cases. */
function isExact(circuit: Circuit, spec: string): boolean {
  const list = flatten(circuit);
  const specification = bitFunction(symbolicReference(spec), circuit.inputs);
  if (list.inputs > EXHAUSTIVE_WIRES) return prove(list, specification).kind === "proved";
  const widths = circuit.outputs.map(({ width }) => width);
  const tally = verifyExhaustive(list, specification, widths);
  return exhaustiveVerdict(circuit, list, specification, tally).exact;
}

function runOnMachine(
  circuit: Circuit,
  spec: string,
  vectors: readonly (readonly bigint[])[],
  settings: MachineSettings,
): { executed: number; latencyNs: number; isRight: boolean } {
  const program = lowerCircuit(circuit, settings, { vectors });
  const { words, hbm, fpSram, regions, outputWires } = program;
  const rules = PLENA_RULES;
  const memory = hbm2Memory();
  const machine = createMachine({ program: words, settings, memory, hbm, fpSram, rules });
  machine.run();
  const { fault, instructions, latencyNs } = summarize(machine);
  if (fault !== undefined) throw new Error(`the program faulted: ${fault.reason}`);
  const left = new Map(
    regions.map((
      { name, offset, sizeBytes, shape, type },
    ) => [name, () => decodeTensor(machine.hbm.read(offset, sizeBytes), ...shape, type)]),
  );
  const values = new Map([...new Set(outputWires.map(({ region }) => region))].map((name) => [
    name,
    left.get(name)!(),
  ]));
  const reference = builtinCircuit(spec).reference;
  const expected = wireValues(vectors.map((vector) => reference(vector)), circuit.outputs);
  const isRight = outputWires.every(({ region, column }, wire) =>
    expected[wire]!.every((digit, row) =>
      values.get(region)![row * settings.config.vlen + column] === digit
    )
  );
  return { executed: instructions, latencyNs, isRight };
}

interface LibraryRow {
  readonly precision: "fp4" | "float32";
  readonly isExact: boolean;
  /** Of one atom of each type in use. */
  readonly bytes: number;
  readonly nsPerAtom: number;
}

function measureLibrary(
  precision: "fp4" | "float32",
  atoms: readonly AnyAtom[],
  netlist: Parameters<typeof compileCircuit>[0],
  spec: string,
): LibraryRow {
  const thresholds = atoms.filter((atom) => "layers" in atom);
  const networks = atoms.filter((atom) => "network" in atom);
  const data = { ...netlist, format: "e2m1", nibbleOrder: "low-first" } as const;
  const circuit = asCircuit({ ...data, atoms: thresholds, networks });
  return {
    precision,
    isExact: isExact(compileCircuit(netlist, circuit.atoms), spec),
    bytes: atoms.reduce((sum, atom) => sum + sizeOf(atom).memoryBytes, 0),
    nsPerAtom: atomTime(netlist, atoms),
  };
}

/** Nanoseconds per atom of a circuit that is evaluated atom by atom, from the decoded weights. */
function atomTime(
  netlist: Parameters<typeof compileCircuit>[0],
  atoms: readonly AnyAtom[],
): number {
  const run = new Map(atoms.map((atom) => [atom.name, evaluator(atom)]));
  const parts = netlist.instances.filter(isAtom);
  const rows = parts.map(({ inputs }, index) => inputs.map((_, i) => (index >> i) & 1));
  let evaluations = 0;
  let bits = 0;
  const startMs = performance.now();
  do {
    parts.forEach(({ atom }, index) => bits += run.get(atom)!(rows[index]!));
    evaluations += parts.length;
  } while (performance.now() - startMs < MEASURE_MS);
  const ms = performance.now() - startMs;
  // The results are used, so that no engine leaves the work out.
  return bits < 0 ? 0 : ms * 1e6 / evaluations;
}

/** Million gate evaluations a second of the bit-sliced evaluator. */
function gateRate(circuit: Circuit): number {
  const { evaluate, gates, inputs } = compileEvaluator(flatten(circuit));
  const words = Array.from({ length: inputs }, (_, wire) => new Uint32Array(4096).fill(wire * 77));
  let cases = 0;
  const startMs = performance.now();
  do {
    evaluate(words);
    cases += 4096 * 32;
  } while (performance.now() - startMs < MEASURE_MS);
  return cases * gates / (performance.now() - startMs) / 1000;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
