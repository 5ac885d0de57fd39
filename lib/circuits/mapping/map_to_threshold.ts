import type { Circuit } from "../circuit.ts";
import type { LogicCircuit } from "../formats/logic_circuit.ts";
import { gateLevels } from "../gate_statistics.ts";
import { flatten, type GateList } from "../gates.ts";
import { decidesAtZero } from "../margins.ts";
import { allWires } from "../netlist.ts";
import { Aig } from "../proof/aig.ts";
import { simplifyGates } from "../simplify.ts";
import { absorbInverters } from "./absorb_inverters.ts";
import { chooseCover, type MappingObjective } from "./cover.ts";
import { type CutRank, findCuts, phasesOf } from "./cuts.ts";
import { emitGates } from "./emit_gates.ts";
import { gateLibrary } from "./gate_library.ts";
import { circuitOfGates } from "./gates_circuit.ts";

/** How a circuit is mapped to threshold gates. */
export interface MappingOptions {
  /** What to have few of; `gates` unless given. */
  readonly objective?: MappingObjective;
  /** Most inputs of a cut, 2 to 6; 6 unless given. Those above 4 become single gates only. */
  readonly leaves?: number;
  /** Cuts kept per and-gate; 8 unless given. */
  readonly cuts?: number;
  /** Margin that every gate keeps; 0.5 unless given, 0 lets gates decide at exactly z = 0. */
  readonly margin?: 0 | 0.5;
}

/** A circuit as E2M1 threshold gates. */
export interface MappedCircuit {
  /** The circuit, one gate an instance. */
  readonly circuit: Circuit;
  /** Its gates as a flat list, for proofs and statistics. */
  readonly gates: GateList;
  /** And-gates of the logic before the mapping, equal ones counted once and dead ones not. */
  readonly ands: number;
}

/** Nodes from which on fewer ways are tried, so that seconds are enough. */
const MANY_NODES = 10_000;

/**
 * Maps any combinational logic to threshold gates with E2M1 weights and biases: to and-gates, to cuts
 * of few inputs, to a cover of minimal networks. Exact by construction, not by proof: show it with
 * `prove(mapped.gates, logic.specification)`. The number of gates is what the method finds, not a
 * proven minimum.
 *
 * @throws {RangeError} When `leaves` or `cuts` is out of range.
 */
export function mapToThreshold(logic: LogicCircuit, options: MappingOptions = {}): MappedCircuit {
  const { objective = "gates", leaves = 6, cuts = 8, margin = 0.5 } = options;
  if (!(leaves >= 2 && leaves <= 6)) {
    throw new RangeError(`cuts of ${leaves} inputs, expected 2 to 6`);
  }
  if (!(cuts >= 1 && cuts <= 64)) throw new RangeError(`${cuts} cuts per node, expected 1 to 64`);
  const aig = new Aig(allWires(logic.inputs).length);
  const inputs = Array.from({ length: aig.inputs }, (_, wire) => aig.input(wire));
  const outputs = logic.specification(aig.algebra, inputs);
  const library = gateLibrary(margin);
  const compare = objective === "gates" ? byArea : byDepth;
  // None of the phases, the widths and the rankings of cuts is best everywhere, so all are tried.
  const rankings = objective === "gates" && aig.size < MANY_NODES ? [byArea, byDepth] : [compare];
  let best: { readonly list: GateList; readonly rank: CutRank } | undefined;
  for (const phases of [phasesOf(aig), new Uint8Array(aig.size)]) {
    const wanted = outputs.map((literal) => literal ^ phases[literal >> 1]!);
    for (const limit of new Set([Math.min(leaves, 4), leaves])) {
      for (const ranking of rankings) {
        const cutsOf = findCuts(aig, phases, library, { leaves: limit, cuts, compare: ranking });
        const cover = chooseCover(aig, cutsOf, wanted, objective);
        const emitted = emitGates(aig, cover, wanted, library);
        const simplified = simplifyGates(margin > 0 ? absorbInverters(emitted) : emitted);
        // What was folded may decide at 0; then the gates stay as the library has them.
        const isKept = margin === 0 ||
          simplified.gates.every((_, g) => !decidesAtZero(simplified, g));
        const list = isKept ? simplified : emitted;
        const depth = gateLevels(list).reduce((most, level) => Math.max(most, level), 0);
        const rank = { area: list.gates.length, depth };
        if (best === undefined || compare(rank, best.rank) < 0) best = { list, rank };
      }
    }
  }
  const { list } = best!;
  const { name, inputs: inputBuses, outputs: outputBuses } = logic;
  const circuit = circuitOfGates(
    {
      name,
      description: `${name} as E2M1 threshold gates`,
      inputs: inputBuses,
      outputs: outputBuses,
    },
    list,
  );
  const used = aig.cone(outputs).subarray(aig.inputs + 1);
  return { circuit, gates: flatten(circuit), ands: used.reduce((sum, mark) => sum + mark, 0) };
}

function byArea(a: CutRank, b: CutRank): number {
  return a.area - b.area || a.depth - b.depth;
}

function byDepth(a: CutRank, b: CutRank): number {
  return a.depth - b.depth || a.area - b.area;
}
