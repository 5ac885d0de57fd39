import type { Gate, GateList } from "../gates.ts";
import type { BitAlgebra, BitFunction } from "./bit_algebra.ts";
import { Words } from "./words.ts";

/** A ripple adder of two gates a bit: inputs A, B, Cin; outputs Sum, Cout. */
export function adderGates(width: number): GateList {
  const gates: Gate[] = [];
  const outputs: number[] = [];
  let carry = 2 * width;
  for (let i = 0; i < width; i++) {
    const read = [i, width + i, carry];
    carry = 2 * width + 1 + gates.length;
    gates.push(
      { signals: read, weights: [1, 1, 1], bias: -1.5 },
      { signals: [...read, carry], weights: [1, 1, 1, -2], bias: -0.5 },
    );
    outputs.push(carry + 1);
  }
  return { inputs: 2 * width + 1, gates, outputs: [...outputs, carry] };
}

/** What it must compute. */
export function addition(width: number): BitFunction {
  return <B>(algebra: BitAlgebra<B>, bits: readonly B[]): B[] =>
    new Words(algebra).add(
      bits.slice(0, width),
      bits.slice(width, 2 * width),
      bits[2 * width],
    );
}

/** A multiplier, of the rows of partial products or, transposed, of the columns. */
export function multiplierGates(width: number, isTransposed = false): GateList {
  const gates: Gate[] = [];
  const gate = (signals: readonly number[], weights: readonly number[], bias: number): number => {
    gates.push({ signals, weights, bias });
    return 2 * width + gates.length - 1;
  };
  const zero = gate([], [], -0.5);
  let upper = Array.from({ length: width }, () => zero);
  const outputs: number[] = [];
  for (let row = 0; row < width; row++) {
    let carry = zero;
    const sum: number[] = [];
    for (let i = 0; i < width; i++) {
      const [a, b] = isTransposed ? [row, width + i] : [i, width + row];
      const read = [upper[i]!, gate([a, b], [1, 1], -1.5), carry];
      carry = gate(read, [1, 1, 1], -1.5);
      sum.push(gate([...read, carry], [1, 1, 1, -2], -0.5));
    }
    outputs.push(sum[0]!);
    upper = [...sum.slice(1), carry];
  }
  return { inputs: 2 * width, gates, outputs: [...outputs, ...upper] };
}

/** What it must compute. */
export function multiplication(width: number): BitFunction {
  return <B>(algebra: BitAlgebra<B>, bits: readonly B[]): B[] =>
    new Words(algebra).multiply(bits.slice(0, width), bits.slice(width));
}

/** A list with one gate put in the place of another. */
export function withGate(list: GateList, index: number, gate: Partial<Gate>): GateList {
  const gates = list.gates.map((old, i) => i === index ? { ...old, ...gate } : old);
  return { ...list, gates };
}
