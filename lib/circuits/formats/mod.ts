/**
 * Foreign formats of circuits: what is read from them, and what circuits are written as.
 *
 * ```ts
 * import { exportBlif, mapToThreshold, readBlif } from "@fourbit/fourbit/circuits";
 * import { assertEquals } from "@std/assert";
 *
 * const logic = readBlif(".model and\n.inputs a b\n.outputs y\n.names a b y\n11 1\n.end\n");
 * const { circuit } = mapToThreshold(logic);
 * assertEquals(circuit.instances.length, 1);
 * assertEquals(readBlif(exportBlif(circuit)).outputs, [{ name: "y", width: 1 }]);
 * ```
 *
 * @module
 */
export { exportAiger } from "./export_aiger.ts";
export { exportBlif } from "./export_blif.ts";
export { exportDot } from "./export_dot.ts";
export { exportSvg } from "./export_svg.ts";
export { exportTestBench, type TestBenchOptions } from "./export_test_bench.ts";
export { exportTrix, type TrixOptions } from "./export_trix.ts";
export { exportVerilog, type VerilogStyle } from "./export_verilog.ts";
export { FormatError, type FormatPlace, type ReadOptions } from "./format_error.ts";
export type { LogicCircuit } from "./logic_circuit.ts";
export { readAiger } from "./read_aiger.ts";
export { readBlif } from "./read_blif.ts";
