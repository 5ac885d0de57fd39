import type { Circuit } from "../circuit.ts";
import type { LogicCircuit } from "../formats/logic_circuit.ts";
import { flatten, type GateList } from "../gates.ts";
import { allWires } from "../netlist.ts";
import { Aig, type AigLiteral } from "../proof/aig.ts";
import type { BitFunction } from "../proof/bit_algebra.ts";
import { signalBits } from "../proof/threshold_gate.ts";
import type { MappingObjective } from "./cover.ts";
import { circuitOfGates } from "./gates_circuit.ts";
import { isBetter, mapAig, type RankedGates } from "./map_aig.ts";

/** How a circuit is mapped to threshold gates. */
export interface MappingOptions {
  /** What to have few of; `gates` unless given. */
  readonly objective?: MappingObjective;
  /** Most inputs of a cut, 2 to 6; 6 unless given. Those above 4 become single gates only. */
  readonly leaves?: number;
  /** Cuts kept per and-gate and search; 8 unless given. */
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

/** And-gates that are mapped in all rounds after the first together; and such rounds at most. */
const ROUND_ANDS = 10_000;
const ROUNDS = 3;

/**
 * Maps any combinational logic to threshold gates with E2M1 weights and biases: to and-gates, to cuts
 * of few inputs, to a cover of minimal networks; circuits of up to some thousand and-gates again from
 * what came out, as long as that gains. Exact by construction, not by proof: show it with
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
  const inputs = allWires(logic.inputs).length;
  const first = graphOf(inputs, logic.specification);
  const mapOnce = ({ aig, outputs }: Graph): RankedGates =>
    mapAig(aig, outputs, { objective, leaves, cuts, margin });
  let best = mapOnce(first);
  const rounds = Math.min(ROUNDS, Math.floor(ROUND_ANDS / Math.max(1, first.ands)));
  for (let round = 0; round < rounds; round++) {
    const { list } = best;
    const next = mapOnce(graphOf(inputs, (algebra, bits) => {
      const signals = signalBits(algebra, list, bits);
      return list.outputs.map((signal) => signals[signal]!);
    }));
    if (!isBetter(next.rank, best.rank, objective)) break;
    best = next;
  }
  const { name, inputs: inputBuses, outputs: outputBuses } = logic;
  const circuit = circuitOfGates(
    {
      name,
      description: `${name} as E2M1 threshold gates`,
      inputs: inputBuses,
      outputs: outputBuses,
    },
    best.list,
  );
  return { circuit, gates: flatten(circuit), ands: first.ands };
}

/** A function as and-gates. */
interface Graph {
  readonly aig: Aig;
  readonly outputs: readonly AigLiteral[];
  /** And-gates that the outputs need. */
  readonly ands: number;
}

function graphOf(inputs: number, specification: BitFunction): Graph {
  const aig = new Aig(inputs);
  const wires = Array.from({ length: inputs }, (_, wire) => aig.input(wire));
  const outputs = specification(aig.algebra, wires);
  const used = aig.cone(outputs).subarray(inputs + 1);
  return { aig, outputs, ands: used.reduce((sum, mark) => sum + mark, 0) };
}
