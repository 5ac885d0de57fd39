import { assertEquals } from "@std/assert";
import { type AtomsData, atomsData } from "./atoms.ts";

const XOR: AtomsData["atoms"][number] = {
  name: "XOR",
  inputs: ["a", "b"],
  truthTable: "0110",
  layers: [
    { inputs: 2, gates: 1, weights: "22", biases: "0b" },
    { inputs: 3, gates: 1, weights: "220c", biases: "90", biasCodes: 2 },
  ],
  skip: true,
};

const tensor = { format: "nf4", scaling: "tensor", rows: 1, columns: 1 } as const;
const NOT: NonNullable<AtomsData["networks"]>[number] = {
  name: "NOT",
  inputs: ["a"],
  truthTable: "10",
  network: {
    encoding: "binary",
    activation: "relu",
    residual: false,
    layers: [{
      inputs: 1,
      gates: 1,
      weights: { ...tensor, codes: "00", scales: "0000803f" },
      biases: { ...tensor, codes: "0f", scales: "0000003f" },
    }],
  },
};

const data = (more: Partial<AtomsData>): unknown => ({
  format: "e2m1",
  nibbleOrder: "low-first",
  atoms: [],
  ...more,
});

Deno.test("atomsData takes threshold atoms with skips and two bias codes, and networks", () => {
  for (const more of [{ atoms: [XOR] }, { networks: [NOT] }, { atoms: [XOR], networks: [NOT] }]) {
    assertEquals(atomsData.parse(data(more)), data(more) as AtomsData);
  }
});

Deno.test("atomsData refuses no atoms at all, unknown keys and unknown values", () => {
  const bad: unknown[] = [
    data({}),
    data({ atoms: [], networks: [] }),
    data({ atoms: [{ ...XOR, colour: 1 } as never] }),
    data({ atoms: [{ ...XOR, layers: [{ ...XOR.layers[0]!, biasCodes: 3 as never }] }] }),
    data({ atoms: [{ ...XOR, layers: [{ ...XOR.layers[0]!, weights: "2" }] }] }),
    data({ atoms: [{ ...XOR, truthTable: "01x0" }] }),
    data({ networks: [{ ...NOT, network: { ...NOT.network, encoding: "gray" as never } }] }),
    data({ networks: [XOR as never] }),
  ];
  for (const [index, one] of bad.entries()) {
    assertEquals(atomsData.safeParse(one).success, false, `case ${index}`);
  }
});
