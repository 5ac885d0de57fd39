/**
 * `deno task isa:emit`: lowers a circuit to PLENA instructions, with every input case as a row, and
 * writes a build folder: program, memory images, region map and expected outputs.
 *
 * @module
 */
import { join } from "@std/path";
import { encodeSafetensors, readArtifact, writeArtifact } from "../lib/artifacts/mod.ts";
import { allWires, builtinCircuit, referenceOutputs } from "../lib/circuits/mod.ts";
import { EXIT, inFile, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";
import { lowerCircuit } from "../lib/compiler/mod.ts";
import { formatMem } from "../lib/isa/mod.ts";
import { loadSettings } from "./_inputs.ts";

/** What the task takes. */
export const USAGE = {
  name: "isa:emit",
  summary: "Lower a circuit to accelerator instructions and memory images.",
  arguments: { circuit: { help: "circuit.json; out/circuit.json unless given" } },
  options: {
    settings: {
      type: "file",
      help: "Settings of the machine, artifact or PLENA TOML; the shipped ones unless given.",
    },
    out: { type: "folder", default: "out/build", help: "Where the build folder goes." },
  },
  examples: [
    "deno task isa:emit out/circuit.json --out out/build",
    "deno task isa:emit out/circuit.json --settings out/v80/settings.json --out out/build_v80",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const path = options.circuit ?? "out/circuit.json";
  const { data: circuit, sha256 } = await readArtifact(path, "circuit");
  const { machine, source } = await loadSettings(options.settings);
  const { reference } = inFile(path, () => builtinCircuit(circuit.name));

  const program = inFile(path, () => lowerCircuit(circuit, machine));

  const expected = interleave(referenceOutputs(reference, circuit.inputs, circuit.outputs));
  const shape = [program.cases, allWires(circuit.outputs).length];
  const { mlen, vlen, blen, hbmMPrefetchRows, hbmVPrefetchRows, hbmVWritebackRows } =
    machine.config;
  const out = join(options.out, "program.json");
  const text = await writeArtifact(out, "program", {
    task: USAGE.name,
    options: {},
    inputs: [{ role: "circuit", path, sha256 }, ...(source === undefined ? [] : [source])],
    blobs: [
      { role: "asm", path: "program.asm", content: program.assembly },
      { role: "mem", path: "program.mem", content: formatMem(program.words) },
      { role: "hbm", path: "hbm.bin", content: program.hbm },
      { role: "fp_sram", path: "fp_sram.bin", content: program.fpSram, dtype: "F16", shape: [2] },
      {
        role: "golden",
        path: "golden.safetensors",
        content: encodeSafetensors({ outputs: { dtype: "U8", shape, bytes: expected } }),
      },
    ],
    data: {
      name: circuit.name,
      machine: {
        mlen,
        vlen,
        blen,
        hbmMPrefetchRows,
        hbmVPrefetchRows,
        hbmVWritebackRows,
        weightType: machine.precision.HBM_M_WEIGHT_TYPE,
        activationType: machine.precision.HBM_V_ACT_TYPE,
      },
      instructions: program.instructions,
      levels: program.levels,
      gates: program.gates,
      regions: program.regions,
      hbmBytes: program.hbmBytes,
      cases: { count: program.cases, inputs: circuit.inputs },
      outputs: { ports: circuit.outputs, wires: program.outputWires },
    },
  });
  terminal.table(
    ["region", "kind", "offset", "bytes", "rows", "columns"],
    program.regions.map(({ name, kind, offset, sizeBytes, shape }) => [
      name,
      kind,
      offset,
      sizeBytes,
      ...shape,
    ]),
  );
  terminal.table(
    ["program", "cases", "gates", "levels", "instructions", "executed", "HBM bytes"],
    [[
      circuit.name,
      program.cases,
      program.gates,
      program.levels,
      program.instructions.static,
      program.instructions.executed,
      program.hbmBytes,
    ]],
  );
  terminal.line(`wrote ${out} and its images`);
  terminal.artifact(text);
  return EXIT.ok;
}

/** One array per wire to one row per case. */
function interleave(wires: readonly Uint8Array[]): Uint8Array {
  const cases = wires[0]!.length;
  const rows = new Uint8Array(cases * wires.length);
  wires.forEach((values, wire) => {
    for (let row = 0; row < cases; row++) rows[row * wires.length + wire] = values[row]!;
  });
  return rows;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
