import { assert } from "@std/assert";
import { train } from "../atoms/mod.ts";
import { builtinCircuit } from "./builtin.ts";
import { compileCircuit } from "./circuit.ts";
import { verifyCircuit } from "./verify_circuit.ts";

const builtin = builtinCircuit("adder:8");
const adder = compileCircuit(builtin.netlist, [train("SUM"), train("CARRY")]);
assert(verifyCircuit(adder, builtin).exact);

Deno.bench("8-bit adder, all 131,072 cases", () => void verifyCircuit(adder, builtin));
