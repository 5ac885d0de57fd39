/**
 * fourbit: exact FP4 logic atoms, circuits of them, and the accelerator that runs them. One
 * namespace per room.
 *
 * ```ts
 * import { atoms } from "@fourbit/fourbit";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(atoms.verify(atoms.train("XOR")).exact, true);
 * ```
 *
 * @module
 */
export * as analysis from "./lib/analysis/mod.ts";
export * as artifacts from "./lib/artifacts/mod.ts";
export * as atoms from "./lib/atoms/mod.ts";
export * as boards from "./lib/boards/mod.ts";
export * as circuits from "./lib/circuits/mod.ts";
export * as cli from "./lib/cli/mod.ts";
export * as compiler from "./lib/compiler/mod.ts";
export * as emulator from "./lib/emulator/mod.ts";
export * as isa from "./lib/isa/mod.ts";
export * as memory from "./lib/memory/mod.ts";
export * as models from "./lib/models/mod.ts";
export * as numerics from "./lib/numerics/mod.ts";
export * as text from "./lib/text/mod.ts";
