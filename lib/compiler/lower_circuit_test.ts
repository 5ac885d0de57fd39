import { assert, assertEquals, assertThrows } from "@std/assert";
import { STANDARD_ATOMS, train } from "../atoms/mod.ts";
import { type MachineSettings, SHIPPED_SETTINGS } from "../boards/mod.ts";
import {
  builtinCircuit,
  type Circuit,
  compileCircuit,
  flatten,
  type GateList,
  referenceOutputs,
} from "../circuits/mod.ts";
import { assemble, dynamicCounts, validate } from "../isa/mod.ts";
import { decodeTensor } from "../memory/mod.ts";
import { countingWires, inputBlock, weightTiles } from "./circuit_images.ts";
import { CompileError } from "./compile_error.ts";
import { lowerCircuit } from "./lower_circuit.ts";
import { BIAS_COLUMN, placeGates, SHIFT_COLUMN, THRESHOLD_SHIFT } from "./place_gates.ts";

const ATOMS = STANDARD_ATOMS.map((spec) => train(spec));

function adder(width: number): Circuit {
  return compileCircuit(builtinCircuit(`adder:${width}`).netlist, ATOMS);
}

function machine(config: Partial<MachineSettings["config"]>): MachineSettings {
  return { ...SHIPPED_SETTINGS, config: { ...SHIPPED_SETTINGS.config, ...config } };
}

/** A machine of these dimensions whose transfers move one block of rows. */
function square(mlen: number, blen: number): MachineSettings {
  return machine({
    mlen,
    vlen: mlen,
    blen,
    hbmMPrefetchRows: mlen,
    hbmVPrefetchRows: blen,
    hbmVWritebackRows: blen,
  });
}

/** What the matrix, the clamp and the columns compute, in plain arithmetic, for every case. */
function evaluatePlacement(
  list: GateList,
  mlen: number,
  blen: number,
  cases: number,
): Uint8Array[] {
  const placement = placeGates(list, blen, mlen);
  const tiles = weightTiles(list, placement, mlen);
  const width = Math.ceil(placement.columns / mlen) * mlen;
  const rows = Array.from({ length: cases }, (_, index) => {
    const row = new Float64Array(width);
    for (let block = 0; block < width / mlen; block++) {
      const values = inputBlock(countingWires(list.inputs, cases), placement, block, mlen, cases);
      row.set(values.subarray(index * mlen, (index + 1) * mlen), block * mlen);
    }
    for (const { firstColumn, columns } of placement.levels) {
      const sums = new Float64Array(columns);
      for (const { from, to, values } of tiles) {
        for (let c = 0; c < columns; c++) {
          const column = firstColumn + c - to * mlen;
          if (column < 0 || column >= mlen) continue;
          for (let k = 0; k < mlen; k++) {
            sums[c]! += row[from * mlen + k]! * values[k * mlen + column]!;
          }
        }
      }
      row.set(sums.map((z) => Math.min(Math.max(2 * z, 0), 1)), firstColumn);
    }
    return row;
  });
  return list.outputs.map((signal) =>
    Uint8Array.from(rows, (row) => row[placement.columnOf[signal]!]!)
  );
}

Deno.test("placement, weights and clamp compute the adder, whatever the tile and group size", () => {
  for (const [mlen, blen] of [[16, 4], [16, 16], [32, 8], [64, 4], [64, 64]] as const) {
    const { reference, netlist } = builtinCircuit("adder:3");
    const outputs = evaluatePlacement(flatten(adder(3)), mlen, blen, 128);
    assertEquals(outputs, referenceOutputs(reference, netlist.inputs, netlist.outputs));
  }
});

Deno.test("placeGates() gives every signal its own column, and reads only earlier levels", () => {
  const list = flatten(adder(8));
  const { levels, columnOf, columns } = placeGates(list, 4, 64);
  assertEquals(new Set(columnOf).size, columnOf.length);
  assert(!columnOf.includes(BIAS_COLUMN) && !columnOf.includes(SHIFT_COLUMN));
  assert(columnOf.every((column) => column < columns));
  for (const { gates, firstColumn } of levels) {
    assertEquals(firstColumn % 4, 0);
    for (const gate of gates) {
      for (const signal of list.gates[gate]!.signals) assert(columnOf[signal]! < firstColumn);
    }
  }
  assertEquals(levels.flatMap(({ gates }) => gates).sort((a, b) => a - b), [...list.gates.keys()]);
});

Deno.test("an 8-bit adder takes nine dependent passes and one weight tile", () => {
  const program = lowerCircuit(adder(8), SHIPPED_SETTINGS);
  assertEquals([program.levels, program.gates, program.cases], [9, 40, 131072]);
  assertEquals(program.regions[0]!.sizeBytes, 64 * 64 * 9 / 8);
  assertEquals(
    program.instructions.executed,
    [...dynamicCounts(program.words).executions].reduce((a, b) => a + b, 0),
  );
});

Deno.test("the words are the text, and the validator finds no error", () => {
  for (const settings of [SHIPPED_SETTINGS, square(16, 4), square(32, 16), square(128, 8)]) {
    const program = lowerCircuit(adder(4), settings);
    assertEquals(assemble(program.assembly), program.words);
    const errors = validate(program.words, settings.config).filter(({ severity }) =>
      severity === "error"
    );
    assertEquals(errors, []);
  }
});

Deno.test("the HBM image holds the weights and the cases that the machine will read", () => {
  const settings = square(16, 4);
  const list = flatten(adder(2));
  const program = lowerCircuit(adder(2), settings);
  const [weights, inputs] = program.regions;
  const at = (region: typeof weights): Float32Array =>
    decodeTensor(
      program.hbm.subarray(region!.offset, region!.offset + region!.sizeBytes),
      ...region!.shape,
      region!.type,
    );
  const values = at(weights);
  const total = values.reduce((sum, value) => sum + value, 0);
  const expected = list.gates.reduce(
    (sum, { weights, bias }) => sum + bias + THRESHOLD_SHIFT + weights.reduce((a, b) => a + b, 0),
    0,
  );
  assertEquals(total, expected);
  const rows = at(inputs);
  for (let index = 0; index < 32; index++) {
    const row = [...rows.subarray(index * 16, index * 16 + 7)];
    const digits = [0, 1, 2, 3, 4].map((bit) => (index >> bit) & 1);
    assertEquals(row, [1, 1, ...digits]);
  }
});

Deno.test("lowerCircuit() names the limit that is hit", () => {
  const refuse = (settings: MachineSettings, message: string): void => {
    assertThrows(() => lowerCircuit(adder(4), settings), CompileError, message);
  };
  refuse(machine({ vlen: 32 }), "MLEN 64, VLEN 32 and BLEN 4 has no matrix instructions");
  refuse(machine({ hbmSizeBytes: 4096 }), "bytes of HBM, the machine has 4096");
  refuse(machine({ matrixSramRows: 32 }), "1 weight tiles, the matrix SRAM holds 0");
  refuse(machine({ vectorSramRows: 2 }), "4 rows of state, the vector SRAM holds 2");
  refuse(machine({ maxLoopInstructions: 20 }), "the machine allows 20 in an iteration");
  refuse(machine({ hbmVPrefetchRows: 3 }), "512 cases cannot be cut into groups of 12 rows");
});
