/**
 * Mapping of any combinational logic to E2M1 threshold gates.
 *
 * ```ts
 * import { mapToThreshold, readBlif } from "@fourbit/fourbit/circuits";
 * import { assertEquals } from "@std/assert";
 *
 * const xor = readBlif(".model xor\n.inputs a b\n.outputs y\n.names a b y\n10 1\n01 1\n.end\n");
 * assertEquals(mapToThreshold(xor).gates.gates.length, 2);
 * ```
 *
 * @module
 */
export type { MappingObjective } from "./cover.ts";
export { type CircuitNames, circuitOfGates } from "./gates_circuit.ts";
export { type MappedCircuit, type MappingOptions, mapToThreshold } from "./map_to_threshold.ts";
