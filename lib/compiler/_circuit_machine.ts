/**
 * Test vocabulary: a built-in circuit from its specification to what the emulated machine leaves in
 * HBM, beside integer arithmetic. Named as a test because only tests of a compiler may know a machine.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { CONSTRUCTED_ATOMS } from "../atoms/mod.ts";
import { HBM_TYPES, type MachineSettings, SHIPPED_SETTINGS } from "../boards/mod.ts";
import {
  builtinCircuit,
  compileCircuit,
  type Objective,
  referenceOutputs,
  referenceVectors,
} from "../circuits/mod.ts";
import { createMachine, EXTENDED_RULES, PLENA_RULES, summarize } from "../emulator/mod.ts";
import { decodeTensor, hbm2Memory, idealMemory } from "../memory/mod.ts";
import { type CircuitProgram, lowerCircuit } from "./lower_circuit.ts";

/** How a circuit is built and run. */
export interface Trial {
  readonly objective: Objective;
  readonly weights?: "mxfp8" | "mxfp4";
  readonly vectors?: readonly (readonly bigint[])[];
  readonly config?: Partial<MachineSettings["config"]>;
  readonly withTime?: boolean;
}

/** What came of it. */
export interface Outcome {
  readonly program: CircuitProgram;
  readonly latencyNs: number;
  /** Output wires that differ from integer arithmetic, over all cases. */
  readonly wrong: number;
}

/** Compiles a built-in circuit, runs it on the emulated machine and compares all its outputs. */
export function runOnMachine(spec: string, trial: Trial): Outcome {
  const { objective, weights = "mxfp8", vectors, config, withTime } = trial;
  const settings: MachineSettings = {
    ...SHIPPED_SETTINGS,
    // Less vector SRAM than the machine has: there are many machines to be made.
    config: { ...SHIPPED_SETTINGS.config, vectorSramRows: 8192, ...config },
    precision: { ...SHIPPED_SETTINGS.precision, HBM_M_WEIGHT_TYPE: HBM_TYPES[weights] },
  };
  const { netlist, reference } = builtinCircuit(spec, objective);
  const circuit = compileCircuit(netlist, CONSTRUCTED_ATOMS);
  const program = lowerCircuit(circuit, settings, vectors === undefined ? {} : { vectors });
  // Only the repaired machine reads elements of fewer than 8 bits.
  const rules = weights === "mxfp8" ? PLENA_RULES : EXTENDED_RULES;
  const memory = withTime ? hbm2Memory() : idealMemory();
  const { words, hbm, fpSram } = program;
  const machine = createMachine({ program: words, settings, memory, hbm, fpSram, rules });
  machine.run();
  const { fault, instructions, latencyNs } = summarize(machine);
  assertEquals(fault, undefined, spec);
  assertEquals(instructions, program.instructions.executed, spec);
  const expected = vectors === undefined
    ? referenceOutputs(reference, netlist.inputs, netlist.outputs, 0, program.cases)
    : referenceVectors(reference, vectors, netlist.outputs);
  const outputs = new Map(
    program.regions.filter(({ name }) => name.startsWith("Y_")).map((region) => [
      region.name,
      decodeTensor(
        machine.hbm.read(region.offset, region.sizeBytes),
        ...region.shape,
        region.type,
        {
          ocpE4m3: rules.ocpE4m3,
        },
      ),
    ]),
  );
  let wrong = 0;
  expected.forEach((wire, index) => {
    const { region, column } = program.outputWires[index]!;
    const values = outputs.get(region)!;
    wire.forEach((digit, row) => {
      if (values[row * settings.config.vlen + column] !== digit) wrong++;
    });
  });
  return { program, latencyNs, wrong };
}

/** Seeded values for the input buses of a built-in circuit, zeros and ones first. */
export function vectorsOf(spec: string, count: number): bigint[][] {
  const { inputs } = builtinCircuit(spec).netlist;
  let state = 1n;
  const bits = (width: number): bigint => {
    let value = 0n;
    for (let bit = 0; bit < width; bit += 32) {
      state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
      value = (value << 32n) | (state >> 32n);
    }
    return BigInt.asUintN(width, value);
  };
  return [
    inputs.map(() => 0n),
    inputs.map(({ width }) => (1n << BigInt(width)) - 1n),
    ...Array.from({ length: count - 2 }, () => inputs.map(({ width }) => bits(width))),
  ];
}
