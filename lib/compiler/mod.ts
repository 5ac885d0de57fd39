/**
 * The compiler: from a circuit of FP4 atoms to a program of the PLENA machine with its HBM image and
 * its map of regions.
 *
 * ```ts
 * import { train } from "@fourbit/fourbit/atoms";
 * import { SHIPPED_SETTINGS } from "@fourbit/fourbit/boards";
 * import { builtinCircuit, compileCircuit } from "@fourbit/fourbit/circuits";
 * import { lowerCircuit } from "@fourbit/fourbit/compiler";
 * import { assertEquals } from "@std/assert";
 *
 * const { netlist } = builtinCircuit("adder:2");
 * const adder = compileCircuit(netlist, [train("SUM"), train("CARRY")]);
 * const program = lowerCircuit(adder, SHIPPED_SETTINGS);
 * assertEquals(program.cases, 32);
 * assertEquals(program.regions.map(({ name }) => name), ["W_gates", "X_0", "Y_0"]);
 * ```
 *
 * @module
 */
export { CompileError } from "./compile_error.ts";
export { type CircuitProgram, lowerCircuit } from "./lower_circuit.ts";
export type { Region } from "./region.ts";
