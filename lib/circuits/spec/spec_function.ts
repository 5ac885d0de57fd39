import { decode, E2M1 } from "../../numerics/mod.ts";
import { CircuitError } from "../circuit_error.ts";
import { allWires, type Instance, isAtom } from "../netlist.ts";
import type { BitAlgebra, BitFunction } from "../proof/bit_algebra.ts";
import { bitFunction, symbolicReference } from "../proof/symbolic_reference.ts";
import { signalBits } from "../proof/threshold_gate.ts";
import { builtinPorts } from "../builtin.ts";
import type { CircuitSpec } from "./circuit_spec.ts";
import { partsOf } from "./elaborate.ts";
import { atPlace, type BuiltinBlock, drivenBy, isBlock } from "./spec_parts.ts";

/**
 * What a specification says, as a function that circuits can be proved against: its atoms are their
 * truth tables, its gates their sums, its built-in circuits the arithmetic that defines them. How any
 * of these is built plays no part.
 *
 * @param tableOf The truth table of an atom; the first input is bit 0 of the row's number.
 * @throws {CircuitError} When the specification is not in order.
 */
export function specFunction(spec: CircuitSpec, tableOf: (atom: string) => string): BitFunction {
  const parts = partsOf(spec).map(({ part, place }) => ({
    inputs: part.inputs,
    outputs: drivenBy(part),
    compute: atPlace(place, () => functionOf(part, tableOf)),
  }));
  const [inputs, outputs] = [allWires(spec.inputs), allWires(spec.outputs)];
  return <B>(algebra: BitAlgebra<B>, bits: readonly B[]): B[] => {
    const values = new Map(inputs.map((wire, i) => [wire, bits[i]!]));
    for (const part of parts) {
      const results = part.compute(algebra, part.inputs.map((wire) => values.get(wire)!));
      part.outputs.forEach((wire, i) => values.set(wire, results[i]!));
    }
    return outputs.map((wire) => values.get(wire)!);
  };
}

function functionOf(
  part: Instance | BuiltinBlock,
  tableOf: (atom: string) => string,
): BitFunction {
  if (isBlock(part)) {
    return bitFunction(symbolicReference(part.circuit), builtinPorts(part.circuit).inputs);
  }
  if (isAtom(part)) {
    const table = tableOf(part.atom);
    if (table.length === 2 ** part.inputs.length) return tableFunction(table);
    throw new CircuitError(
      `instance ${part.name} gives ${part.inputs.length} wires to ${part.atom}, whose truth table ` +
        `has ${table.length} rows`,
      "wire every input of the atom once",
    );
  }
  const { weights, bias } = part.gate;
  const gate = {
    signals: weights.map((_, i) => i),
    weights: weights.map((code) => decode(E2M1, code)),
    bias: bias.reduce((sum, code) => sum + decode(E2M1, code), 0),
  };
  const list = { inputs: weights.length, gates: [gate], outputs: [weights.length] };
  return (algebra, bits) => [signalBits(algebra, list, bits).at(-1)!];
}

/** A truth table as decisions on one input after the other, the last input first. */
function tableFunction(table: string): BitFunction {
  return <B>(algebra: BitAlgebra<B>, bits: readonly B[]): B[] => {
    const decide = (rows: string): B => {
      if (!rows.includes("1")) return algebra.zero;
      if (!rows.includes("0")) return algebra.one;
      const half = rows.length / 2;
      const [low, high] = [rows.slice(0, half), rows.slice(half)];
      if (low === high) return decide(low);
      return algebra.mux(bits[Math.log2(half)]!, decide(high), decide(low));
    };
    return [decide(table)];
  };
}
