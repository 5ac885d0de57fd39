/**
 * `deno task circuit:compile`: composes verified atoms to a circuit.
 *
 * @module
 */
import { readArtifact, writeArtifact } from "../lib/artifacts/mod.ts";
import { builtinCircuit, compileCircuit, flatten } from "../lib/circuits/mod.ts";
import { EXIT, inFile, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";

/** What the task takes. */
export const USAGE = {
  name: "circuit:compile",
  summary: "Compose verified atoms to a circuit.",
  arguments: {
    spec: { required: true, help: "a built-in circuit and its width, such as adder:8" },
  },
  options: {
    atoms: { type: "file", default: "out/atoms.json", help: "The atoms to build it from." },
    out: { type: "file", default: "out/circuit.json", help: "Where the artifact goes." },
  },
  examples: ["deno task circuit:compile adder:8 --atoms out/atoms.json"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const { netlist } = builtinCircuit(options.spec);
  const library = await readArtifact(options.atoms, "atoms");

  const circuit = inFile(options.atoms, () => compileCircuit(netlist, library.data.atoms));

  const { format, nibbleOrder } = library.data;
  const text = await writeArtifact(options.out, "circuit", {
    task: USAGE.name,
    options: { spec: options.spec },
    inputs: [{ role: "atoms", path: options.atoms, sha256: library.sha256 }],
    data: { ...circuit, format, nibbleOrder },
  });
  const list = flatten(circuit);
  terminal.table(
    ["circuit", "inputs", "outputs", "instances", "gates", "atoms in use"],
    [[
      circuit.name,
      list.inputs,
      list.outputs.length,
      circuit.instances.length,
      list.gates.length,
      circuit.atoms.map(({ name }) => name).join(", "),
    ]],
  );
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  return EXIT.ok;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
