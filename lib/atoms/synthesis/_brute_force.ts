// Other ways to networks, for the tests only. They share no code with the search.

/** Values of E2M1, typed from the OCP format; −0 is left out. */
const VALUES = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.5, -1, -1.5, -2, -3, -4, -6];

/** Least gates and parameters that are not zero, by function. */
export type Sizes = Map<number, [gates: number, parameters: number]>;

/** All one-gate networks, and all two-gate ones of which the first gate is a cheapest one. */
export function bruteForce(inputs: number, margin: number): Sizes {
  const found: Sizes = new Map();
  const singles = new Map<number, number>();
  everyGate(inputs, [], margin, (mask, parameters) => {
    if (parameters < (singles.get(mask) ?? Infinity)) singles.set(mask, parameters);
  });
  for (const [mask, parameters] of singles) found.set(mask, [1, parameters]);
  for (const [first, own] of singles) {
    everyGate(inputs, [first], margin, (mask, parameters) => {
      const known = found.get(mask);
      const total = own + parameters;
      if (!known || (known[0] === 2 && total < known[1])) found.set(mask, [2, total]);
    });
  }
  return found;
}

/** Every gate over the inputs and earlier gates of the given functions, weight by weight. */
function everyGate(
  inputs: number,
  earlier: readonly number[],
  margin: number,
  visit: (mask: number, parameters: number) => void,
): void {
  const rows = 2 ** inputs;
  const sources = Array.from(
    { length: inputs + earlier.length },
    (_, i) =>
      Array.from(
        { length: rows },
        (_, row) =>
          i < inputs
            ? Math.floor(row / 2 ** i) % 2
            : Math.floor(earlier[i - inputs]! / 2 ** row) % 2,
      ),
  );
  const sums = Array.from({ length: sources.length + 1 }, () => new Float64Array(rows));
  const choose = (i: number, parameters: number): void => {
    const before = sums[i]!;
    if (i < sources.length) {
      const after = sums[i + 1]!;
      for (const weight of VALUES) {
        for (let row = 0; row < rows; row++) after[row] = before[row]! + weight * sources[i]![row]!;
        choose(i + 1, parameters + (weight === 0 ? 0 : 1));
      }
      return;
    }
    for (const bias of VALUES) {
      let mask = 0;
      let kept = true;
      for (let row = 0; row < rows; row++) {
        const z = before[row]! + bias;
        if (Math.abs(z) < margin) kept = false;
        if (z >= 0) mask += 2 ** row;
      }
      if (kept) visit(mask, parameters + (bias === 0 ? 0 : 1));
    }
  };
  choose(0, 0);
}

/** A network that chance made. */
export interface RandomNetwork {
  readonly mask: number;
  readonly gates: number;
  readonly parameters: number;
}

/** Random networks of 1 to 3 gates, about half of whose weights are zero, that keep the margin. */
export function* randomNetworks(
  inputs: number,
  margin: number,
  count: number,
  seed: number,
): Generator<RandomNetwork> {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
  const value = (): number => random(2) === 0 ? 0 : VALUES[1 + random(14)]!;
  const rows = 2 ** inputs;
  for (let i = 0; i < count; i++) {
    const gates = 1 + random(3);
    const signals: number[][] = [];
    for (let input = 0; input < inputs; input++) {
      signals.push(Array.from({ length: rows }, (_, row) => (row >> input) & 1));
    }
    let parameters = 0;
    let kept = true;
    for (let gate = 0; gate < gates; gate++) {
      const bias = VALUES[random(15)]!;
      const z = Array<number>(rows).fill(bias);
      if (bias !== 0) parameters++;
      for (const signal of signals) {
        const weight = value();
        if (weight === 0) continue;
        parameters++;
        for (let row = 0; row < rows; row++) z[row]! += weight * signal[row]!;
      }
      if (z.some((sum) => Math.abs(sum) < margin)) kept = false;
      signals.push(z.map((sum) => sum >= 0 ? 1 : 0));
    }
    if (!kept) continue;
    const mask = signals.at(-1)!.reduce((bits, bit, row) => bits + bit * 2 ** row, 0);
    yield { mask, gates, parameters };
  }
}
