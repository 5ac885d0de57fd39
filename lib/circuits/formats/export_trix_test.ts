import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Atom, CONSTRUCTED_ATOMS, decodeFp4, train, verify } from "../../atoms/mod.ts";
import { builtinCircuit } from "../builtin.ts";
import { type Circuit, compileCircuit } from "../circuit.ts";
import { CircuitError } from "../circuit_error.ts";
import { evaluateCases, flatten } from "../gates.ts";
import type { Port } from "../netlist.ts";
import { GOLDEN_FP4 } from "../../atoms/formats/_golden_fp4.ts";
import { builtin } from "./_shared_circuits.ts";
import { exportTrix } from "./export_trix.ts";

/** Bytes of the indented and the minified configuration, atoms specification, 3.2. */
// deno-fmt-ignore: one circuit, one row
const SIZES: readonly [spec: string, name: string, tiles: number, routes: number, pretty: number, minified: number][] = [
  ["full-adder", "full_adder",   2,   8,  3_334,  1_888],
  ["adder:8",    "adder_8bit",  16,  57, 21_798, 11_966],
  ["adder:16",   "adder_16bit", 32, 113, 42_991, 23_575],
  ["adder:32",   "adder_32bit", 64, 225, 85_471, 46_887],
];

function text(files: Record<string, Uint8Array>, name: string): string {
  return new TextDecoder().decode(files[name]);
}

/** A circuit with an instance of every given atom, all on the same wires. */
function oneOfEach(atoms: readonly Atom[]): Circuit {
  const wires = ["a", "b", "c"];
  const bus = (name: string): Port => ({ name, width: 1 });
  return {
    name: "all",
    description: "",
    inputs: wires.map(bus),
    outputs: atoms.map((_, i) => bus(`y${i}`)),
    atoms,
    instances: atoms.map((atom, i) => ({
      name: `n${i}`,
      atom: atom.name,
      inputs: wires.slice(0, atom.inputs.length),
      output: `y${i}`,
    })),
  };
}

Deno.test("exportTrix() writes the weights of all ten atoms byte for byte as the specification has them", async () => {
  const files = await exportTrix(oneOfEach(CONSTRUCTED_ATOMS));
  const weights = Object.keys(files).filter((path) => path.endsWith(".fp4"));
  assertEquals(weights.sort(), Object.keys(GOLDEN_FP4).map((type) => `weights/${type}.fp4`).sort());
  assertEquals(weights.length, 10);
  for (const [type, hex] of Object.entries(GOLDEN_FP4)) {
    assertEquals(files[`weights/${type}.fp4`]!.toHex(), hex);
    assert(verify(decodeFp4(files[`weights/${type}.fp4`]!)).exact);
  }
});

Deno.test("exportTrix() refuses two atoms whose weights would be one file", async () => {
  const and = CONSTRUCTED_ATOMS.find(({ name }) => name === "AND")!;
  const twins = [{ ...and, name: "A/B" }, { ...and, name: "A:B" }];
  await assertRejects(() => exportTrix(oneOfEach(twins)), CircuitError, "weights/A_B.fp4");
});

Deno.test("exportTrix() writes the golden weights of atoms that were made otherwise, too", async () => {
  const { netlist } = builtinCircuit("full-adder", "atoms");
  const circuit = compileCircuit(netlist, [train("SUM"), train("CARRY")]);
  const files = await exportTrix(circuit);
  assertEquals(files["weights/SUM.fp4"]!.toHex(), GOLDEN_FP4["SUM"]);
  assertEquals(files["weights/CARRY.fp4"]!.toHex(), GOLDEN_FP4["CARRY"]);
});

for (const [spec, name, tiles, routes, pretty, minified] of SIZES) {
  Deno.test(`exportTrix() of ${spec} has the sizes that the original has`, async () => {
    const circuit = { ...builtin(spec, "atoms").circuit, name };
    const compiledAt = "2025-12-16T12:00:00.123456";
    const files = await exportTrix(circuit, { compiledAt });
    const json = text(files, `${name}.trix.json`);
    const config = JSON.parse(json);
    assertEquals([config.num_tiles, config.num_routes], [tiles, routes]);
    assertEquals([config.tile_configs.length, config.routes.length], [tiles, routes]);
    // All but the signs in the signatures, whose hash is not specified: a byte each.
    const minus = json.match(/^ *-[01]\.0,?$/gm)!.length;
    assert(Math.abs(json.length - pretty) <= 8, `${json.length}, ${minus} signs`);
    const white = json.match(/\n *|(?<=": ?) (?=["\d[{tf])/g)!.join("").length;
    assertEquals(white, pretty - minified);
  });
}

Deno.test("exportTrix() has the keys of the specification, in order", async () => {
  const files = await exportTrix(builtin("adder:2", "atoms").circuit);
  assertEquals(Object.keys(files), [
    "weights/SUM.fp4",
    "weights/CARRY.fp4",
    "adder_2.trix.json",
    "manifest.json",
  ]);
  const config = JSON.parse(text(files, "adder_2.trix.json"));
  assertEquals(
    Object.keys(config).join(" "),
    "name version compiled_at compiler_version verified verification_accuracy num_tiles num_routes " +
      "tile_configs routes inputs outputs execution_order",
  );
  assertEquals(
    Object.keys(config.tile_configs[0]).join(" "),
    "tile_id atom_type atom_instance input_wires output_wires signature weight_file weight_format",
  );
  assertEquals(config.tile_configs[0].signature.length, 32);
  assertEquals(config.outputs, [{ name: "Sum", wire: "Sum" }, { name: "Cout", wire: "Cout" }]);
  assertEquals(config.routes.at(-1), {
    source_tile: "TILE_0003_CARRY",
    source_port: 0,
    dest_tile: "__OUTPUT__",
    dest_port: 0,
    wire: "Cout",
  });
  const manifest = JSON.parse(text(files, "manifest.json"));
  assertEquals(
    Object.keys(manifest).join(" "),
    "name version compiled_at compiler_version verified weight_format files",
  );
  // Atoms specification, 2.5.
  assert(manifest.files["weights/SUM.fp4"].startsWith("c16814eaa78dc3a6"));
  assert(manifest.files["weights/CARRY.fp4"].startsWith("b4218633e4efdbce"));
});

Deno.test("exportTrix() read back gives the circuit's truth table", async () => {
  const { circuit } = builtin("alu:2", "atoms");
  const files = await exportTrix(circuit);
  const config = JSON.parse(text(files, "alu_2.trix.json"));
  const instances = config.tile_configs.map((
    tile: {
      atom_type: string;
      atom_instance: string;
      input_wires: string[];
      output_wires: string[];
    },
  ) => ({
    name: tile.atom_instance,
    atom: tile.atom_type,
    inputs: tile.input_wires,
    output: tile.output_wires[0],
  }));
  const types = [...new Set(instances.map(({ atom }: { atom: string }) => atom))];
  const atoms = types.map((type) => decodeFp4(files[`weights/${type}.fp4`]!));
  const again: Circuit = { ...circuit, instances, atoms };
  assertEquals(evaluateCases(flatten(again), 0, 128), evaluateCases(flatten(circuit), 0, 128));
});

Deno.test("exportTrix() gives the same bytes twice, and refuses what TriX cannot hold", async () => {
  const { circuit } = builtin("adder:4", "atoms");
  assertEquals(await exportTrix(circuit), await exportTrix(circuit));
  const error = await assertRejects(() => exportTrix(builtin("adder:4").circuit), CircuitError);
  assert(error.help.length > 5);
  const broken = CONSTRUCTED_ATOMS.map((atom) =>
    atom.name === "CARRY" ? { ...atom, truthTable: "00000001" } : atom
  );
  const atoms = broken.filter(({ name }) => name === "SUM" || name === "CARRY");
  await assertRejects(() => exportTrix({ ...circuit, atoms }), CircuitError, "not exact");
});
