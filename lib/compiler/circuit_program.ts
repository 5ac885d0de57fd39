import type { MachineSettings } from "../boards/mod.ts";
import { type ProgramBuilder, programBuilder } from "../isa/mod.ts";
import { storedSize } from "../memory/mod.ts";
import type { WeightTile } from "./circuit_images.ts";
import { CompileError } from "./compile_error.ts";
import { type ConstantRegisters, loopWithConstants } from "./constant_registers.ts";
import type { Placement } from "./place_gates.ts";
import type { Region } from "./region.ts";

/** What lies where, on the chip and in HBM. */
export interface CircuitLayout {
  readonly name: string;
  readonly placement: Placement;
  readonly tiles: readonly WeightTile[];
  /** Blocks of mlen columns that a row of the state has. */
  readonly blocks: number;
  readonly cases: number;
  readonly weights: Region;
  /** One region per block of columns that holds inputs. */
  readonly inputs: readonly Region[];
  /** The blocks of columns that hold outputs. */
  readonly outputs: readonly { readonly block: number; readonly region: Region }[];
}

/** A program under construction, and how large its groups of rows are. */
interface Emission {
  readonly layout: CircuitLayout;
  readonly config: MachineSettings["config"];
  /** Rows that one iteration works on. */
  readonly rows: number;
}

/** Address registers of generated code: a0 is the weights'. */
const ADDRESS_REGISTERS = 8;
/** General registers: offset of the current rows in every activation region, bytes. */
const OFFSET = 1;
const TEMPORARIES = [2, 3];
const PINNABLE = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
/** Offset of a transfer that does not start at the first row of the group. */
const TRANSFER_OFFSET = 14;
const COUNTER = 15;
/** The FP register that holds 1, and the FP SRAM entry that it is loaded from; f0 is 0. */
const ONE = 1;
/** The counter of C_LOOP_START has 22 bits. */
const LOOP_LIMIT = 2 ** 22;

/** Writes the program of a circuit. */
export function circuitProgram(
  layout: CircuitLayout,
  settings: MachineSettings,
): { program: ProgramBuilder; executed: number } {
  const { config } = settings;
  const { blen, hbmVPrefetchRows, hbmVWritebackRows, maxLoopInstructions } = config;
  const rows = leastCommonMultiple(blen, hbmVPrefetchRows, hbmVWritebackRows);
  const iterations = layout.cases / rows;
  checkLimits(layout, config, rows, iterations);

  const emission = { layout, config, rows };
  const program = programBuilder();
  program.comment(`${layout.name}: ${layout.cases} cases, ${rows} at a time`);
  loadWeights(program, emission);
  setActivationRegisters(program, emission);
  let bodyStart = 0;
  loopWithConstants(
    program,
    { count: iterations, counter: COUNTER },
    { pinnable: PINNABLE, temporaries: TEMPORARIES },
    (program, constants) => {
      bodyStart = program.pc;
      loadInputs(program, emission, constants);
      layout.placement.levels.forEach((_, level) => {
        computeLevel(program, emission, constants, level);
      });
      storeOutputs(program, emission, constants);
      program.addConstant(OFFSET, OFFSET, rows * rowBytes(layout.inputs[0]!), TEMPORARIES[0]);
    },
  );
  const perIteration = program.pc - bodyStart;
  if (perIteration > maxLoopInstructions) {
    throw new CompileError(
      `${layout.name}: one pass executes ${perIteration} instructions, the machine allows ` +
        `${maxLoopInstructions} in an iteration`,
      "raise MAX_LOOP_INSTRUCTIONS in the settings",
    );
  }
  return { program, executed: bodyStart + iterations * perIteration };
}

function checkLimits(
  { name, tiles, blocks, cases, inputs, outputs }: CircuitLayout,
  config: MachineSettings["config"],
  rows: number,
  iterations: number,
): void {
  const fail = (what: string, help: string): never => {
    throw new CompileError(`${name}: ${what}`, help);
  };
  const capacity = Math.floor(config.matrixSramRows / config.mlen);
  const loaded = Math.ceil(tiles.length / tilesPerPrefetch(config)) * tilesPerPrefetch(config);
  if (loaded > capacity) {
    fail(
      `${loaded} weight tiles, the matrix SRAM holds ${capacity}`,
      "raise MATRIX_SRAM_SIZE in the settings or choose a narrower circuit",
    );
  }
  if (blocks * rows > config.vectorSramRows) {
    fail(
      `${blocks * rows} rows of state, the vector SRAM holds ${config.vectorSramRows}`,
      "raise VECTOR_SRAM_SIZE in the settings",
    );
  }
  if (1 + inputs.length + outputs.length > ADDRESS_REGISTERS) {
    fail(
      `inputs and outputs lie in ${inputs.length + outputs.length} blocks of columns, ` +
        `${ADDRESS_REGISTERS - 1} have address registers`,
      "choose settings with a larger MLEN",
    );
  }
  if (!Number.isInteger(iterations)) {
    fail(
      `${cases} cases cannot be cut into groups of ${rows} rows`,
      "choose settings whose BLEN and prefetch amounts divide the number of cases",
    );
  }
  if (iterations >= LOOP_LIMIT) {
    fail(
      `${cases} cases in groups of ${rows} rows are ${iterations} iterations, a loop of the ` +
        `machine has fewer than ${LOOP_LIMIT}`,
      "choose settings with a larger BLEN, or a narrower circuit",
    );
  }
}

function tilesPerPrefetch({ mlen, hbmMPrefetchRows }: MachineSettings["config"]): number {
  return Math.max(1, Math.ceil(hbmMPrefetchRows / mlen));
}

/** Bytes from one row of a region to the next. */
function rowBytes({ scaleOffset, shape }: Region): number {
  return scaleOffset / shape[0];
}

/** Loads every weight tile into the matrix SRAM, once. */
function loadWeights(program: ProgramBuilder, { layout, config }: Emission): void {
  const { tiles, weights } = layout;
  const [first, second] = TEMPORARIES as [number, number];
  const tileBytes = storedSize(config.mlen, config.mlen, weights.type).elementBytes;
  program.comment("weights");
  program.loadConstant(first, weights.offset).C_SET_ADDR_REG({ rd: 0, rs1: 0, rs2: first });
  program.loadConstant(first, weights.scaleOffset).C_SET_SCALE_REG({ rd: first });
  program.loadConstant(first, rowBytes(weights)).C_SET_STRIDE_REG({ rd: first });
  for (let tile = 0; tile < tiles.length; tile += tilesPerPrefetch(config)) {
    program.loadConstant(first, tile * config.mlen * config.mlen);
    program.loadConstant(second, tile * tileBytes);
    program.H_PREFETCH_M({ rd: first, rs1: second, rs2: 0, rs3: 1, funct1: 0 });
  }
}

/** Points a1, a2, … at the activation regions, and loads f1 with 1. */
function setActivationRegisters(program: ProgramBuilder, { layout }: Emission): void {
  const temporary = TEMPORARIES[0]!;
  const regions = [...layout.inputs, ...layout.outputs.map(({ region }) => region)];
  program.comment("inputs and outputs");
  regions.forEach(({ offset }, i) => {
    program.loadConstant(temporary, offset).C_SET_ADDR_REG({ rd: i + 1, rs1: 0, rs2: temporary });
  });
  program.loadConstant(temporary, regions[0]!.scaleOffset).C_SET_SCALE_REG({ rd: temporary });
  program.loadConstant(temporary, rowBytes(regions[0]!)).C_SET_STRIDE_REG({ rd: temporary });
  program.S_LD_FP({ rd: ONE, rs1: 0, imm18: ONE });
  program.loadConstant(OFFSET, 0);
}

function loadInputs(
  program: ProgramBuilder,
  { layout, config, rows }: Emission,
  constants: ConstantRegisters,
): void {
  program.comment("inputs");
  layout.inputs.forEach((region, block) => {
    for (let row = 0; row < rows; row += config.hbmVPrefetchRows) {
      const rd = constants((block * rows + row) * config.vlen);
      const rs1 = transferOffset(program, row * rowBytes(region));
      program.H_PREFETCH_V({ rd, rs1, rs2: block + 1, rs3: 1, funct1: 0 });
    }
  });
}

function storeOutputs(
  program: ProgramBuilder,
  { layout, config, rows }: Emission,
  constants: ConstantRegisters,
): void {
  program.comment("outputs");
  layout.outputs.forEach(({ block, region }, i) => {
    for (let row = 0; row < rows; row += config.hbmVWritebackRows) {
      const rd = constants((block * rows + row) * config.vlen);
      const rs1 = transferOffset(program, row * rowBytes(region));
      program.H_STORE_V({ rd, rs1, rs2: layout.inputs.length + i + 1, rs3: 1, funct1: 0 });
    }
  });
}

/** The register with the offset of rows that lie `bytes` behind the first one of the group. */
function transferOffset(program: ProgramBuilder, bytes: number): number {
  if (bytes === 0) return OFFSET;
  program.addConstant(TRANSFER_OFFSET, OFFSET, bytes);
  return TRANSFER_OFFSET;
}

/** One level: the sums of its gates for all rows, then the step. */
function computeLevel(
  program: ProgramBuilder,
  { layout, config, rows }: Emission,
  constants: ConstantRegisters,
  level: number,
): void {
  const { mlen, blen } = config;
  const { gates, firstColumn, columns } = layout.placement.levels[level]!;
  const written = new Set<number>();
  program.comment(`level ${level + 1}: ${gates.length} gates`);
  for (let column = firstColumn; column < firstColumn + columns; column += blen) {
    const to = Math.floor(column / mlen);
    const inTile = column % mlen;
    written.add(to);
    const sources = layout.tiles.flatMap((tile, index) =>
      tile.to === to && readsAnything(tile, inTile, blen, mlen) ? [{ from: tile.from, index }] : []
    );
    for (let row = 0; row < rows; row += blen) {
      for (const { from, index } of sources) {
        const rs1 = constants(index * mlen * mlen + inTile * mlen);
        const rs2 = constants((from * rows + row) * mlen);
        program.M_MM({ rs1, rs2 });
      }
      program.M_MM_WO({ rd: constants((to * rows + row) * mlen), rs1: 0, imm18: inTile });
    }
  }
  for (const block of written) {
    for (let row = 0; row < rows; row++) {
      const address = constants((block * rows + row) * mlen);
      program.V_MAX_VF({ rd: address, rs1: address, rs2: 0 });
      program.V_MIN_VF({ rd: address, rs1: address, rs2: ONE });
    }
  }
}

/** Whether a tile has any weight in a group of columns. */
function readsAnything(tile: WeightTile, column: number, group: number, mlen: number): boolean {
  for (let row = 0; row < mlen; row++) {
    for (let c = column; c < column + group; c++) {
      if (tile.values[row * mlen + c] !== 0) return true;
    }
  }
  return false;
}

function leastCommonMultiple(...values: number[]): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  return values.reduce((a, b) => a / gcd(a, b) * b);
}
