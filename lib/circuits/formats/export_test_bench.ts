import { caseValues } from "../cases.ts";
import type { Circuit } from "../circuit.ts";
import type { Reference } from "../builtin/references.ts";
import type { Port } from "../netlist.ts";
import { type BitFunction, BOOLEANS } from "../proof/bit_algebra.ts";
import { circuitRunner } from "../run_circuit.ts";
import { verilogNames } from "./export_verilog.ts";

/** What a test bench tries. */
export interface TestBenchOptions {
  /** What the circuit must compute, on numbers; the specification says it unless given. */
  readonly reference?: Reference;
  /** What the circuit must compute, on bits; its own gates say it unless given. */
  readonly specification?: BitFunction;
  /** Input wires up to which all cases are tried; 12 unless given, at most 20. */
  readonly exhaustiveWires?: number;
  /** Cases drawn beyond that, besides all 0 and all 1; 1,000 unless given. */
  readonly cases?: number;
  /** Start of the sequence that they are drawn from; 1 unless given. */
  readonly seed?: number;
}

/**
 * Writes a test bench for the module that `exportVerilog()` writes, in the module `<name>_tb`. It
 * prints `PASS` and the number of cases, or `FAIL` with the first wrong case, and ends.
 */
export function exportTestBench(circuit: Circuit, options: TestBenchOptions = {}): string {
  const { inputs, outputs } = circuit;
  const names = verilogNames(circuit);
  const vectors = casesOf(inputs, options);
  const results = resultsOf(circuit, vectors, options);
  const inputWidth = widthOf(inputs);
  const outputWidth = widthOf(outputs);
  // Names of the bench's own have an ending that no bus has.
  const buses = [...names.inputs, ...names.outputs];
  let mark = "_tb";
  while (buses.some((bus) => bus.trimEnd().endsWith(mark))) mark += "_";
  const name = (word: string): string => `${word}${mark}`;
  const join = (ports: readonly string[]): string => `{${ports.toReversed().join(", ")}}`;
  const [given, actual, wanted, index, memory] = ["given", "actual", "wanted", "index", "memory"]
    .map(name) as [string, string, string, string, string];
  return [
    `module ${names.module}_tb;`,
    `  reg [${inputWidth + outputWidth - 1}:0] ${memory} [0:${vectors.length - 1}];`,
    `  reg [${inputWidth - 1}:0] ${given};`,
    `  reg [${outputWidth - 1}:0] ${wanted};`,
    `  wire [${outputWidth - 1}:0] ${actual};`,
    `  integer ${index};`,
    ...inputs.map(({ width }, i) => `  wire [${width - 1}:0] ${names.inputs[i]};`),
    ...outputs.map(({ width }, i) => `  wire [${width - 1}:0] ${names.outputs[i]};`),
    `  assign ${join(names.inputs)} = ${given};`,
    `  assign ${actual} = ${join(names.outputs)};`,
    `  ${names.module} ${name("circuit")} (`,
    buses.map((bus) => `    .${bus}(${bus})`).join(",\n"),
    "  );",
    "  initial begin",
    ...vectors.map((vector, i) => {
      const bits = pack(inputs, vector) | (pack(outputs, results[i]!) << BigInt(inputWidth));
      return `    ${memory}[${i}] = ${inputWidth + outputWidth}'h${bits.toString(16)};`;
    }),
    `    for (${index} = 0; ${index} < ${vectors.length}; ${index} = ${index} + 1) begin`,
    `      {${wanted}, ${given}} = ${memory}[${index}];`,
    "      #1;",
    `      if (${actual} !== ${wanted}) begin`,
    `        $display("FAIL case %0d: inputs %h give %h, expected %h", ${index}, ${given}, ` +
    `${actual}, ${wanted});`,
    "        $finish;",
    `        ${index} = ${vectors.length};`,
    "      end",
    "    end",
    `    if (${index} == ${vectors.length}) $display("PASS ${vectors.length} cases");`,
    "    $finish;",
    "  end",
    "endmodule",
    "",
  ].join("\n");
}

/** What the circuit must give for each case. */
function resultsOf(
  circuit: Circuit,
  vectors: readonly bigint[][],
  { reference, specification }: TestBenchOptions,
): (readonly bigint[])[] {
  if (reference !== undefined) return vectors.map((vector) => reference(vector));
  if (specification === undefined) return circuitRunner(circuit).runAll(vectors);
  const { inputs, outputs } = circuit;
  return vectors.map((vector) => {
    const bits = inputs.flatMap(({ width }, i) =>
      Array.from({ length: width }, (_, bit) => ((vector[i]! >> BigInt(bit)) & 1n) === 1n)
    );
    const found = specification(BOOLEANS, bits);
    let at = 0;
    return outputs.map(({ width }) => {
      let value = 0n;
      for (let bit = 0; bit < width; bit++) if (found[at++]!) value |= 1n << BigInt(bit);
      return value;
    });
  });
}

function casesOf(inputs: readonly Port[], options: TestBenchOptions): bigint[][] {
  const { exhaustiveWires = 12, cases = 1000, seed = 1 } = options;
  const wires = widthOf(inputs);
  if (wires <= Math.min(exhaustiveWires, 20)) {
    return Array.from(
      { length: 2 ** wires },
      (_, index) => caseValues(index, inputs).map(BigInt),
    );
  }
  // xorshift32 (Marsaglia 2003); 0 would stay 0.
  let state = seed | 0 || 1;
  const word = (): bigint => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return BigInt(state >>> 0);
  };
  const draw = ({ width }: Port): bigint => {
    let value = 0n;
    for (let bit = 0; bit < width; bit += 32) value = (value << 32n) | word();
    return BigInt.asUintN(width, value);
  };
  return [
    inputs.map(() => 0n),
    inputs.map(({ width }) => (1n << BigInt(width)) - 1n),
    ...Array.from({ length: cases }, () => inputs.map(draw)),
  ];
}

/** The first bus in the lowest bits. */
function pack(ports: readonly Port[], values: readonly bigint[]): bigint {
  let bits = 0n;
  let at = 0n;
  ports.forEach(({ width }, i) => {
    bits |= values[i]! << at;
    at += BigInt(width);
  });
  return bits;
}

function widthOf(ports: readonly Port[]): number {
  return ports.reduce((sum, { width }) => sum + width, 0);
}
