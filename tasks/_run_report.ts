/**
 * What a run tells: the data of its artifact, the regions that hold its outputs, and two tables.
 *
 * @module
 */
import type { ArtifactData, NewBlob } from "../lib/artifacts/mod.ts";
import type { Terminal } from "../lib/cli/mod.ts";
import type { Machine, RunResult } from "../lib/emulator/mod.ts";
import { readOutput } from "./_model_output.ts";
import { isModelBuild, type LoadedProgram } from "./_program.ts";

/**
 * The outputs of a run as blobs beside the artifact: of a circuit the regions of HBM in which they
 * lie, of a model the result, (rows, columns).
 */
export function outputBlobs(machine: Machine, { build }: LoadedProgram, out: string): NewBlob[] {
  if (build === undefined || machine.fault !== undefined) return [];
  const stem = out.replace(/\.json$/, "");
  if (isModelBuild(build)) {
    const { output, machine: { mlen } } = build.data;
    return [{
      role: "output",
      path: `${stem}.output.bin`,
      content: new Uint8Array(readOutput(machine, output, mlen).buffer),
      dtype: "F32",
      shape: [output.rows, output.columns],
    }];
  }
  const { outputs, regions } = build.data;
  const wanted = new Set(outputs.wires.map(({ region }) => region));
  return regions.filter(({ name }) => wanted.has(name)).map(({ name, offset, sizeBytes }) => ({
    role: `region:${name}`,
    path: `${stem}.${name}.bin`,
    content: machine.hbm.read(offset, sizeBytes),
  }));
}

/** What an artifact says of a run, but for the clock and the regime. */
export function runData(
  result: RunResult,
  board: string | null,
): Omit<ArtifactData<"run">, "regime" | "clockMhz"> {
  const { latencyPs, latencyNs, instructions, hbm, fault } = result;
  return {
    board,
    memoryModel: result.memory.name,
    repairs: Object.entries(result.rules).flatMap(([name, on]) => (on ? [name] : [])),
    latencyPs,
    latencyNs,
    instructions,
    hbm,
    perOpcode: result.perOpcode.map(({ mnemonic, executed, ps, bytesRead, bytesWritten }) => ({
      name: mnemonic,
      executed,
      ps,
      bytesRead,
      bytesWritten,
    })),
    perUnit: result.perUnit.map(({ unit, executed, ps, bytesRead, bytesWritten }) => ({
      name: unit,
      executed,
      ps,
      bytesRead,
      bytesWritten,
    })),
    attribution: { ...result.attribution },
    memory: result.memory.statistics,
    fault: fault === undefined ? null : {
      pc: fault.pc,
      mnemonic: fault.mnemonic,
      operands: fault.operands.map(({ name, text, value }) => ({ name, text, value })),
      reason: fault.reason,
    },
  };
}

/** The shares of the units, and the run as a whole. */
export function printResult(
  terminal: Terminal,
  { perUnit, latencyPs, latencyNs, instructions, hbm, memory }: RunResult,
  board: string,
  seconds: number,
): void {
  terminal.table(
    ["unit", "executed", "ns", "share", "bytes read", "bytes written"],
    perUnit.map(({ unit, executed, ps, bytesRead, bytesWritten }) => [
      unit,
      executed,
      ps / 1000,
      latencyPs === 0 ? "0 %" : `${(100 * ps / latencyPs).toFixed(1)} %`,
      bytesRead,
      bytesWritten,
    ]),
  );
  terminal.table(
    [
      "board",
      "memory model",
      "instructions",
      "latency, ns",
      "bytes read",
      "bytes written",
      "host s",
    ],
    [[board, memory.name, instructions, latencyNs, hbm.bytesRead, hbm.bytesWritten, seconds]],
  );
}
