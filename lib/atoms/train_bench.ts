import { assert } from "@std/assert";
import { makeAtom, type Method, METHODS } from "./training/methods.ts";
import { WEIGHT_FORMATS } from "./quantised_tensor.ts";
import { type AtomSpec, STANDARD_ATOMS } from "./truth_table.ts";
import { verify } from "./verify.ts";

const SUM = STANDARD_ATOMS.find(({ name }) => name === "SUM")!;
/** The hardest function of six inputs for networks: every input decides in every row. */
const PARITY6: AtomSpec = {
  name: "PARITY6",
  inputs: [..."abcdef"],
  truthTable: Array.from({ length: 64 }, (_, row) => row.toString(2).replaceAll("0", "").length % 2)
    .join(""),
};

const methods = Object.keys(METHODS) as Method[];

for (const method of methods) {
  const all = (): void => STANDARD_ATOMS.forEach((spec) => void makeAtom(spec, method));
  for (const spec of STANDARD_ATOMS) assert(verify(makeAtom(spec, method)).exact);
  Deno.bench(`${method}, ten atoms`, { group: "the ten standard atoms, from seed 0" }, all);
}

for (const method of ["synth", "float", "ptq", "qat"] as const) {
  assert(verify(makeAtom(PARITY6, method)).exact);
  Deno.bench(
    `${method}, parity of six`,
    { group: "parity of six inputs, from seed 0" },
    () => void makeAtom(PARITY6, method),
  );
}

for (const format of WEIGHT_FORMATS.filter((format) => format !== "float32")) {
  assert(verify(makeAtom(SUM, "qat", { format })).exact);
  Deno.bench(
    `qat in ${format}, SUM`,
    { group: "SUM by qat per format, from seed 0" },
    () => void makeAtom(SUM, "qat", { format }),
  );
}
