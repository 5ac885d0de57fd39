import { assert, assertEquals } from "@std/assert";
import { CONSTRUCTED_ATOMS } from "../atoms/mod.ts";
import {
  allWires,
  BUILTIN_KINDS,
  builtinCircuit,
  compileCircuit,
  flatten,
  OBJECTIVES,
} from "../circuits/mod.ts";
import { weightTiles } from "./circuit_images.ts";
import { runOnMachine, vectorsOf } from "./_circuit_machine.ts";
import { placeGates } from "./place_gates.ts";

for (const weights of ["mxfp8", "mxfp4"] as const) {
  Deno.test(`every built-in circuit gives its truth table on the machine, ${weights} weights`, () => {
    for (const { name, widths: [least, most] } of BUILTIN_KINDS) {
      for (const objective of OBJECTIVES) {
        for (const width of least === most ? [least] : [least, 3]) {
          const spec = least === most ? name : `${name}:${width}`;
          if (allWires(builtinCircuit(spec).netlist.inputs).length > 10) continue;
          assertEquals(runOnMachine(spec, { objective, weights }).wrong, 0, `${spec} ${objective}`);
        }
      }
    }
  });
}

Deno.test("wide circuits give what BigInt says on the machine, with 4-bit weights", () => {
  const specs = ["adder:64", "sub:32", "cmp:64", "mux:40", "decoder:9", "shift:16", "mul:8"];
  for (const spec of [...specs, "popcount:48", "parity:64", "priority:40", "alu:16", "lfsr:64"]) {
    for (const objective of ["atoms", "gates", "depth"] as const) {
      const vectors = vectorsOf(spec, 67);
      const { wrong, program } = runOnMachine(spec, { objective, vectors, weights: "mxfp4" });
      assertEquals([wrong, program.cases], [0, 68], `${spec} ${objective}`);
    }
  }
});

Deno.test("gates of more inputs than a tile, and more regions than address registers, are right", () => {
  const config = { mlen: 16, vlen: 16 };
  const small = { ...config, hbmMPrefetchRows: 16, hbmVPrefetchRows: 4, hbmVWritebackRows: 4 };
  for (const spec of ["priority:40", "decoder:8", "adder:32"]) {
    const vectors = vectorsOf(spec, 40);
    const { program, wrong } = runOnMachine(spec, { objective: "gates", vectors, config: small });
    assertEquals(wrong, 0, spec);
    assert(spec === "adder:32" || program.regions.length > 8 || spec === "priority:40");
  }
});

Deno.test("weights that do not fit the matrix SRAM are loaded in parts", () => {
  const vectors = vectorsOf("alu:16", 64);
  const whole = runOnMachine("alu:16", { objective: "atoms", vectors });
  const tiles = whole.program.regions[0]!.shape[0] / 64;
  for (const parts of [tiles - 1, 10]) {
    for (const hbmMPrefetchRows of [64, 128]) {
      const config = { matrixSramRows: 64 * parts, hbmMPrefetchRows };
      const { wrong, program } = runOnMachine("alu:16", { objective: "atoms", vectors, config });
      assertEquals(wrong, 0, `${parts} of ${tiles} tiles`);
      assert(program.assembly.includes("part 2 of"));
      assertEquals(program.regions[0]!.shape, whole.program.regions[0]!.shape);
    }
  }
});

Deno.test("tiles of equal weights are stored and loaded once", () => {
  const vectors = vectorsOf("adder:64", 20);
  const list = flatten(
    compileCircuit(builtinCircuit("adder:64").netlist, CONSTRUCTED_ATOMS),
  );
  const tiles = weightTiles(list, placeGates(list, 4, 64), 64);
  const contents = new Set(tiles.map(({ values }) => values.join()));
  assert(contents.size < tiles.length);
  for (const matrixSramRows of [64 * contents.size, 64 * 6]) {
    const config = { matrixSramRows };
    const { wrong, program } = runOnMachine("adder:64", { objective: "atoms", vectors, config });
    assertEquals([wrong, program.regions[0]!.shape], [0, [64 * contents.size, 64]]);
    const loads = program.assembly.match(/^H_PREFETCH_M /gm)!.length;
    assert(matrixSramRows === 64 * 6 || loads === contents.size, `${loads} loads`);
  }
});

Deno.test("gates that decide at z = 0 are right, and only they cost an instruction more", () => {
  const native = runOnMachine("adder:4", { objective: "gates" });
  assertEquals([native.wrong, native.program.oneSidedGates], [0, 1]);
  assert(native.program.assembly.includes("V_ADD_VV"));
  const atoms = runOnMachine("adder:4", { objective: "atoms" });
  assertEquals([atoms.wrong, atoms.program.oneSidedGates], [0, 0]);
  assert(!atoms.program.assembly.includes("V_ADD_VV"));
});

Deno.test("the emulated latency falls with the depth of an adder", () => {
  const outcomes = (["atoms", "bits", "depth"] as const).map((objective) =>
    runOnMachine("adder:5", { objective, withTime: true })
  );
  assertEquals(outcomes.map(({ program }) => program.levels), [6, 6, 3]);
  assertEquals(outcomes.map(({ program }) => program.gates), [30, 10, 10]);
  const [atoms, bits, depth] = outcomes.map(({ latencyNs }) => latencyNs);
  assert(depth! < 0.7 * bits! && bits! < atoms!, `${[atoms, bits, depth]} ns`);
});

Deno.test("the emulated latency falls with the depth of an adder to the last, where BLEN is 16", () => {
  const vectors = vectorsOf("adder:32", 64);
  const outcomes = (["atoms", "gates", "depth"] as const).map((objective) =>
    runOnMachine("adder:32", { objective, vectors, withTime: true, config: { blen: 16 } })
  );
  assertEquals(outcomes.map(({ wrong }) => wrong), [0, 0, 0]);
  assertEquals(outcomes.map(({ program }) => program.levels), [33, 9, 5]);
  const [atoms, gates, depth] = outcomes.map(({ latencyNs }) => latencyNs);
  assert(depth! < 0.8 * gates! && gates! < 0.5 * atoms!, `${[atoms, gates, depth]} ns`);
});
