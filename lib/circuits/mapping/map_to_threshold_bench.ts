import { readBlif } from "../formats/read_blif.ts";
import { builtinCircuit } from "../builtin.ts";
import { bitFunction, symbolicReference } from "../proof/symbolic_reference.ts";
import { randomBlif } from "./_random_logic.ts";
import { mapToThreshold } from "./map_to_threshold.ts";

for (const spec of ["adder:64", "mul:16", "shift:64"]) {
  const { inputs, outputs } = builtinCircuit(spec).netlist;
  const logic = {
    name: spec,
    inputs,
    outputs,
    specification: bitFunction(symbolicReference(spec), inputs),
  };
  for (const objective of ["gates", "depth"] as const) {
    Deno.bench(`map ${spec} for ${objective}`, () => void mapToThreshold(logic, { objective }));
  }
}

const text = randomBlif(64, 1000, 32, 1);
const random = readBlif(text);
Deno.bench("read 1,000 random tables from BLIF", () => void readBlif(text));
Deno.bench("map 1,000 random tables for gates", () => void mapToThreshold(random));
