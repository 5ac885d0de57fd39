/**
 * `deno task circuit:run`: evaluates a circuit on given numbers.
 *
 * @module
 */
import { type Circuit, runCircuit } from "../lib/circuits/mod.ts";
import { EXIT, parseOptions, runTask, Terminal, type Usage, UsageError } from "../lib/cli/mod.ts";
import { didYouMean } from "../lib/text/mod.ts";
import { loadRunnable } from "./_circuits.ts";

/** What the task takes. */
export const USAGE = {
  name: "circuit:run",
  summary: "Run a circuit on given numbers: circuit:run adder:32 a=37 b=28.",
  details: "A built-in circuit is built on the spot, of threshold gates. Inputs are given as\n" +
    "name=number, decimal or with 0x or 0b, upper and lower case alike; those that are not given\n" +
    "are 0.",
  arguments: {
    circuit: {
      required: true,
      help: "a built-in circuit such as adder:32, or circuit.json; then its inputs as name=number",
    },
  },
  options: {},
  examples: [
    "deno task circuit:run adder:32 a=37 b=28",
    "deno task circuit:run out/circuit.json A=0xff B=1 Cin=0",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const isAssignment = (arg: string): boolean => /^[^-=/\\][^=/\\]*=/.test(arg);
  const others = args.filter((arg) => !isAssignment(arg));
  const extra = others.filter((arg) => !arg.startsWith("-"))[1];
  if (extra !== undefined) {
    throw new UsageError(`"${extra}" gives no input a number`, "write name=number, such as A=37");
  }
  const options = await parseOptions(others, USAGE);
  const terminal = new Terminal(options);
  const { circuit } = await loadRunnable(options.circuit);

  const inputs = readInputs(circuit, args.filter(isAssignment));
  const outputs = runCircuit(circuit, inputs);

  const rows = [
    ...Object.entries(inputs).map(([name, value]) => ["in", name, value] as const),
    ...Object.entries(outputs).map(([name, value]) => ["out", name, value] as const),
  ];
  terminal.table(
    ["", "bus", "decimal", "hexadecimal"],
    rows.map(([side, name, value]) => [side, name, String(value), `0x${value.toString(16)}`]),
  );
  const texts = (values: Readonly<Record<string, bigint>>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  terminal.artifact(
    JSON.stringify(
      { circuit: circuit.name, inputs: texts(inputs), outputs: texts(outputs) },
      null,
      2,
    ),
  );
  return EXIT.ok;
}

function readInputs(circuit: Circuit, assignments: readonly string[]): Record<string, bigint> {
  const names = circuit.inputs.map(({ name }) => name);
  const values: Record<string, bigint> = Object.fromEntries(names.map((name) => [name, 0n]));
  const given = new Set<string>();
  for (const assignment of assignments) {
    const at = assignment.indexOf("=");
    const [wanted, text] = [assignment.slice(0, at), assignment.slice(at + 1)];
    const alike = names.filter((name) => name.toLowerCase() === wanted.toLowerCase());
    const name = names.includes(wanted) ? wanted : alike.length === 1 ? alike[0]! : undefined;
    if (name === undefined) {
      throw new UsageError(
        `circuit ${circuit.name} has no input ${wanted}`,
        `${didYouMean(wanted, names)}its inputs are ${names.join(", ")}`,
      );
    }
    if (given.has(name)) {
      throw new UsageError(`input ${name} is given twice`, "give it once");
    }
    given.add(name);
    if (!/^(\d+|0x[\da-f]+|0b[01]+)$/i.test(text)) {
      throw new UsageError(
        `input ${name} cannot be "${text}"`,
        "give a whole number, such as 37, 0x25 or 0b100101",
      );
    }
    values[name] = BigInt(text);
  }
  return values;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
