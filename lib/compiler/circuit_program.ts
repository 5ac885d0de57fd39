import type { MachineSettings } from "../boards/mod.ts";
import { type ProgramBuilder, programBuilder } from "../isa/mod.ts";
import { storedSize } from "../memory/mod.ts";
import type { WeightTile } from "./circuit_images.ts";
import { scheduleSegments, type Segment } from "./circuit_schedule.ts";
import { CompileError } from "./compile_error.ts";
import { type ConstantRegisters, loopWithConstants } from "./constant_registers.ts";
import { tilesPerPrefetch } from "./kernels/transfers.ts";
import { leastCommonMultiple } from "./least_common_multiple.ts";
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
  /** Per gate, whether it may decide at exactly z = 0. */
  readonly decidesAtZero: readonly boolean[];
  /** The blocks of columns that hold outputs. */
  readonly outputs: readonly { readonly block: number; readonly region: Region }[];
}

/** A program under construction, and how large its groups of rows are. */
interface Emission {
  readonly layout: CircuitLayout;
  readonly config: MachineSettings["config"];
  /** Rows that one iteration works on. */
  readonly rows: number;
  /** What is computed with which weights; one segment when all weights fit. */
  readonly segments: readonly Segment[];
  /** Address registers of the regions, inputs first; nothing for those that take turns. */
  readonly address: readonly (number | undefined)[];
}

/** Address registers of generated code: a0 is the weights'. */
const ADDRESS_REGISTERS = 8;
/** The one that regions take turns in when there are too many. */
const SHARED_ADDRESS = ADDRESS_REGISTERS - 1;
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

/**
 * Rows that one pass works on: as many as matrix instructions and transfers take together.
 */
export function rowGroup(config: MachineSettings["config"]): number {
  const { blen, hbmVPrefetchRows, hbmVWritebackRows } = config;
  return leastCommonMultiple(blen, hbmVPrefetchRows, hbmVWritebackRows);
}

/** Writes the program of a circuit. */
export function circuitProgram(
  layout: CircuitLayout,
  settings: MachineSettings,
): { program: ProgramBuilder; executed: number } {
  const { config } = settings;
  const { mlen, matrixSramRows, maxLoopInstructions } = config;
  const segments = scheduleSegments(layout.placement, layout.tiles, config);
  if (segments === undefined) {
    throw new CompileError(
      `${layout.name}: ${layout.weights.shape[0] / mlen} weight tiles, the matrix SRAM holds ` +
        `${Math.floor(matrixSramRows / mlen)}, not even those of a few gates`,
      "raise MATRIX_SRAM_SIZE in the settings or choose a narrower circuit",
    );
  }
  const regions = layout.inputs.length + layout.outputs.length;
  const address = Array.from(
    { length: regions },
    (_, i) => (regions < ADDRESS_REGISTERS || i + 1 < SHARED_ADDRESS ? i + 1 : undefined),
  );
  const base: Emission = { layout, config, rows: rowGroup(config), segments, address };
  const emission = segments.length === 1 ? base : { ...base, rows: manyRows(base) };
  const { rows } = emission;
  const iterations = layout.cases / rows;
  checkLimits(layout, config, rows, iterations);

  const program = programBuilder();
  program.comment(`${layout.name}: ${layout.cases} cases, ${rows} at a time`);
  if (segments.length === 1) {
    program.comment("weights");
    loadWeights(program, emission, segments[0]!);
  }
  setRegisters(program, emission);
  let bodyStart = 0;
  loopWithConstants(
    program,
    { count: iterations, counter: COUNTER },
    { pinnable: PINNABLE, temporaries: TEMPORARIES },
    (program, constants) => {
      bodyStart = program.pc;
      emitPass(program, emission, constants);
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

/** One pass: the inputs of some rows, all levels, their outputs. */
function emitPass(
  program: ProgramBuilder,
  emission: Emission,
  constants: ConstantRegisters,
): void {
  const { segments, rows, layout } = emission;
  loadInputs(program, emission, constants);
  for (const [index, segment] of segments.entries()) {
    if (segments.length > 1) {
      program.comment(`weights, part ${index + 1} of ${segments.length}`);
      loadWeights(program, emission, segment);
      setTransfers(program, layout.inputs[0]!);
    }
    computeSegment(program, emission, constants, segment);
  }
  storeOutputs(program, emission, constants);
  program.addConstant(OFFSET, OFFSET, rows * rowBytes(layout.inputs[0]!), TEMPORARIES[0]);
}

/** Most rows that share one load of the weights. */
const MAX_ROWS = 1024;

/** Rows of a pass when its weights must be loaded again every time: as many as the loop takes. */
function manyRows(emission: Emission): number {
  const { layout, config } = emission;
  const length = (rows: number): number => {
    const program = programBuilder();
    emitPass(program, { ...emission, rows }, (value) => {
      if (value !== 0) program.loadConstant(TEMPORARIES[0]!, value);
      return 0;
    });
    return program.pc;
  };
  const once = length(emission.rows);
  const perRows = length(2 * emission.rows) - once;
  let rows = emission.rows;
  const fits = (rows: number): boolean =>
    layout.cases % rows === 0 && rows <= MAX_ROWS &&
    layout.blocks * rows <= config.vectorSramRows &&
    once + (rows / emission.rows - 1) * perRows <= config.maxLoopInstructions;
  while (fits(2 * rows)) rows *= 2;
  return rows;
}

function checkLimits(
  { name, blocks, cases }: CircuitLayout,
  config: MachineSettings["config"],
  rows: number,
  iterations: number,
): void {
  const fail = (what: string, help: string): never => {
    throw new CompileError(`${name}: ${what}`, help);
  };
  if (blocks * rows > config.vectorSramRows) {
    fail(
      `${blocks * rows} rows of state, the vector SRAM holds ${config.vectorSramRows}`,
      "raise VECTOR_SRAM_SIZE in the settings",
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

/** Bytes from one row of a region to the next. */
function rowBytes({ scaleOffset, shape }: Region): number {
  return scaleOffset / shape[0];
}

/** Loads the weights of a segment into the matrix SRAM. */
function loadWeights(program: ProgramBuilder, emission: Emission, segment: Segment): void {
  const { layout: { weights }, config } = emission;
  const [first, second] = TEMPORARIES as [number, number];
  const perPrefetch = tilesPerPrefetch(config);
  const tileBytes = storedSize(config.mlen, config.mlen, weights.type).elementBytes;
  program.loadConstant(first, weights.offset).C_SET_ADDR_REG({ rd: 0, rs1: 0, rs2: first });
  setTransfers(program, weights);
  segment.prefetches.forEach((prefetch, slot) => {
    program.loadConstant(first, slot * perPrefetch * config.mlen * config.mlen);
    program.loadConstant(second, prefetch * perPrefetch * tileBytes);
    program.H_PREFETCH_M({ rd: first, rs1: second, rs2: 0, rs3: 1, funct1: 0 });
  });
}

/** Sets where transfers find the scales and the next row. */
function setTransfers(program: ProgramBuilder, region: Region): void {
  const temporary = TEMPORARIES[0]!;
  program.loadConstant(temporary, region.scaleOffset).C_SET_SCALE_REG({ rd: temporary });
  program.loadConstant(temporary, rowBytes(region)).C_SET_STRIDE_REG({ rd: temporary });
}

/** Points a1, a2, … at the activation regions, and loads f1 with 1. */
function setRegisters(program: ProgramBuilder, { layout, address }: Emission): void {
  const temporary = TEMPORARIES[0]!;
  program.comment("inputs and outputs");
  regionsOf(layout).forEach(({ offset }, i) => {
    const rd = address[i];
    if (rd === undefined) return;
    program.loadConstant(temporary, offset).C_SET_ADDR_REG({ rd, rs1: 0, rs2: temporary });
  });
  setTransfers(program, layout.inputs[0]!);
  program.S_LD_FP({ rd: ONE, rs1: 0, imm18: ONE });
  program.loadConstant(OFFSET, 0);
}

function regionsOf({ inputs, outputs }: CircuitLayout): Region[] {
  return [...inputs, ...outputs.map(({ region }) => region)];
}

/** The address register of a region, pointed there if it is the shared one. */
function addressOf(program: ProgramBuilder, { layout, address }: Emission, index: number): number {
  const own = address[index];
  if (own !== undefined) return own;
  const temporary = TEMPORARIES[0]!;
  program.loadConstant(temporary, regionsOf(layout)[index]!.offset);
  program.C_SET_ADDR_REG({ rd: SHARED_ADDRESS, rs1: 0, rs2: temporary });
  return SHARED_ADDRESS;
}

function loadInputs(
  program: ProgramBuilder,
  emission: Emission,
  constants: ConstantRegisters,
): void {
  const { layout, config, rows } = emission;
  program.comment("inputs");
  layout.inputs.forEach((region, block) => {
    const rs2 = addressOf(program, emission, block);
    for (let row = 0; row < rows; row += config.hbmVPrefetchRows) {
      const rd = constants((block * rows + row) * config.vlen);
      const rs1 = transferOffset(program, row * rowBytes(region));
      program.H_PREFETCH_V({ rd, rs1, rs2, rs3: 1, funct1: 0 });
    }
  });
}

function storeOutputs(
  program: ProgramBuilder,
  emission: Emission,
  constants: ConstantRegisters,
): void {
  const { layout, config, rows } = emission;
  program.comment("outputs");
  layout.outputs.forEach(({ block, region }, i) => {
    const rs2 = addressOf(program, emission, layout.inputs.length + i);
    for (let row = 0; row < rows; row += config.hbmVWritebackRows) {
      const rd = constants((block * rows + row) * config.vlen);
      const rs1 = transferOffset(program, row * rowBytes(region));
      program.H_STORE_V({ rd, rs1, rs2, rs3: 1, funct1: 0 });
    }
  });
}

/** The register with the offset of rows that lie `bytes` behind the first one of the group. */
function transferOffset(program: ProgramBuilder, bytes: number): number {
  if (bytes === 0) return OFFSET;
  program.addConstant(TRANSFER_OFFSET, OFFSET, bytes);
  return TRANSFER_OFFSET;
}

/** The gates of a segment: level by level their sums for all rows, then the step. */
function computeSegment(
  program: ProgramBuilder,
  { layout, config, rows }: Emission,
  constants: ConstantRegisters,
  { prefetches, steps }: Segment,
): void {
  const { mlen, blen } = config;
  const perPrefetch = tilesPerPrefetch(config);
  const slots = new Map(prefetches.map((prefetch, slot) => [prefetch, slot]));
  const slotOf = (place: number): number =>
    slots.get(Math.floor(place / perPrefetch))! * perPrefetch + place % perPrefetch;
  for (const { level, groups, last } of steps) {
    program.comment(`level ${level + 1}`);
    for (const { to, column, tiles } of groups) {
      for (let row = 0; row < rows; row += blen) {
        for (const tile of tiles) {
          const { from, place } = layout.tiles[tile]!;
          const rs1 = constants(slotOf(place) * mlen * mlen + column * mlen);
          const rs2 = constants((from * rows + row) * mlen);
          program.M_MM({ rs1, rs2 });
        }
        program.M_MM_WO({ rd: constants((to * rows + row) * mlen), rs1: 0, imm18: column });
      }
    }
    if (last) clampLevel(program, { layout, config, rows }, constants, level);
  }
}

/** The step of one level's gates, on all columns of the blocks that they stand in. */
function clampLevel(
  program: ProgramBuilder,
  { layout, config, rows }: Pick<Emission, "layout" | "config" | "rows">,
  constants: ConstantRegisters,
  level: number,
): void {
  const { mlen } = config;
  const { columnOf } = layout.placement;
  const { gates } = layout.placement.levels[level]!;
  const inputs = columnOf.length - layout.decidesAtZero.length;
  /** The blocks that are written, and whether their sums must be doubled. */
  const blocks = new Map<number, boolean>();
  for (const gate of gates) {
    const block = Math.floor(columnOf[inputs + gate]! / mlen);
    blocks.set(block, blocks.get(block) === true || layout.decidesAtZero[gate]!);
  }
  for (const [block, isDoubled] of blocks) {
    for (let row = 0; row < rows; row++) {
      const address = constants((block * rows + row) * mlen);
      if (isDoubled) program.V_ADD_VV({ rd: address, rs1: address, rs2: address });
      program.V_MAX_VF({ rd: address, rs1: address, rs2: 0 });
      program.V_MIN_VF({ rd: address, rs1: address, rs2: ONE });
    }
  }
}
