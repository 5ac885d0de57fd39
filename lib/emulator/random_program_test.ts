import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type MachineSettings,
  type ScalarType,
  SHIPPED_SETTINGS,
  type TensorType,
} from "../boards/mod.ts";
import { INSTRUCTIONS, type Mnemonic } from "../isa/mod.ts";
import { idealMemory } from "../memory/mod.ts";
import { dump } from "./dumps.ts";
import { ReferenceFault, ReferenceLimit } from "./_reference_fault.ts";
import { ReferenceMachine } from "./_reference_machine.ts";
import { run } from "./run.ts";

/** A settings file with small memories. */
function smallSettings(mlen: number, blen: number, hlen: number, heads: number): MachineSettings {
  return {
    ...SHIPPED_SETTINGS,
    config: {
      ...SHIPPED_SETTINGS.config,
      mlen,
      vlen: mlen,
      blen,
      hlen,
      broadcastAmount: heads,
      matrixSramRows: 3 * mlen,
      vectorSramRows: 96,
      hbmMPrefetchRows: mlen,
      hbmVPrefetchRows: 4,
      hbmVWritebackRows: 3,
      maxLoopInstructions: 500,
    },
  };
}

// deno-fmt-ignore: dimensions side by side
const SHAPES: readonly MachineSettings[] = [
  smallSettings(16, 4, 4, 4), smallSettings(16, 2, 8, 2), smallSettings(32, 8, 8, 4),
  smallSettings(16, 3, 5, 3), smallSettings(64, 16, 16, 4), smallSettings(32, 32, 12, 2),
];

/** One instruction with its operands left to chance; most are legal. */
interface Choice {
  readonly mnemonic: Mnemonic;
  readonly registers: readonly number[];
  readonly flags: number;
  readonly value: number;
}

// M_BMV never works; loops are written around the others.
const EXCLUDED: readonly string[] = ["M_BMV", "C_LOOP_START", "C_LOOP_END", "C_BREAK"];
const CHOOSABLE = (Object.keys(INSTRUCTIONS) as Mnemonic[]).filter((mnemonic) =>
  INSTRUCTIONS[mnemonic].implemented && !EXCLUDED.includes(mnemonic)
);

const choice: fc.Arbitrary<Choice> = fc.record({
  mnemonic: fc.constantFrom(...CHOOSABLE),
  registers: fc.array(fc.nat(7), { minLength: 3, maxLength: 3 }),
  flags: fc.nat(255),
  value: fc.nat(0x3ffff),
});

/**
 * Words for a choice: immediates that put useful addresses into gp8 to gp10, then the instruction
 * with those registers.
 */
function words(step: Choice, settings: MachineSettings): number[] {
  const { mlen, blen, hlen, vectorSramRows } = settings.config;
  const { mnemonic, registers, flags, value } = step;
  const { opcode, operands } = INSTRUCTIONS[mnemonic];
  const out: number[] = [];
  const addi = (rd: number, immediate: number): void => {
    out.push(0x22 | rd << 6 | 15 << 10 | (immediate << 14 >>> 0));
  };
  let word: number = opcode;
  let spare = 8;
  for (const [i, { kind, field, role }] of operands.entries()) {
    const lsb = { rd: 6, rs1: 10, rs2: 14, rs3: 18, funct1: 22, imm18: 14, imm22: 10 }[field];
    let bits = registers[i % 3]!;
    if (kind === "gp" && role !== "result" && role !== "value") {
      const part = Math.floor(value / (i + 1));
      const row = part % (vectorSramRows - (part % 7 === 0 ? 0 : blen)) * mlen;
      // M_TMV takes the matrix first.
      const isMatrix = opcode === 0x08 ? field === "rs1" : role === "mram";
      const isVector = opcode === 0x08 ? field === "rs2" : role.startsWith("vram");
      let address = part % 900;
      if (role === "hbm-offset") address = part % 4096;
      else if (role === "mram-out") address = (part % 3) * mlen * mlen;
      else if (isMatrix) {
        const inTile = opcode === 0x08
          ? 0
          : opcode === 0x07
          ? part % (mlen / blen | 0) * blen
          : opcode <= 0x02
          ? part % (mlen / blen | 0) * blen * mlen
          : part % (mlen / hlen | 0) * hlen;
        address = (part % 3) * mlen * mlen + inTile;
      } else if (isVector) address = row;
      else if (role === "offset") address = 0;
      else if (role === "row-step") address = part % 3;
      addi(spare, address);
      bits = spare++;
    } else if (kind === "imm18") {
      bits = opcode === 0x22 || opcode === 0x26
        ? value
        : opcode === 0x06
        ? (value % mlen)
        : value % 100;
      if (opcode === 0x06 || opcode === 0x0b) bits -= bits % blen;
      if (opcode === 0x05 || opcode === 0x0c) bits = 0;
    } else if (kind === "imm22") bits = value;
    else if (kind === "policy") bits = flags % 2;
    else if (kind === "mask" || kind === "order" || kind === "precision") bits = flags % 3;
    else if (kind === "stride-flag") bits = flags % 2;
    if (kind === "zero") bits = 0;
    word |= bits << lsb;
  }
  if (mnemonic === "C_SET_ADDR_REG") {
    word = opcode | (flags & 7) << 6 | 15 << 10 | (registers[0]! << 14);
  }
  out.push(word >>> 0);
  return out;
}

function float(sign: boolean, exponent: number, mantissa: number): ScalarType {
  return { type: "Fp", sign, exponent, mantissa };
}
function integer(width: number): ScalarType {
  return { type: "Int", width };
}
function mx(
  element: ScalarType,
  block: number,
  scale: ScalarType = float(false, 8, 0),
): TensorType {
  return { kind: "mx", element, scale, block };
}
function plain(element: ScalarType): TensorType {
  return { kind: "plain", element };
}
const E4M3 = float(true, 4, 3);
const BF16 = plain(float(true, 8, 7));

// deno-fmt-ignore: families side by side
const HBM_TYPES: readonly TensorType[] = [
  mx(E4M3, 8), mx(E4M3, 16), mx(float(true, 5, 2), 8), mx(float(true, 3, 4), 4), mx(float(true, 2, 5), 2),
  mx(float(true, 6, 1), 8), mx(float(true, 7, 0), 8), mx(float(false, 4, 4), 8), mx(integer(8), 8),
  mx(float(true, 8, 7), 8), mx(float(true, 5, 10), 8), mx(integer(16), 16), mx(float(true, 8, 23), 8),
  mx(E4M3, 8, float(true, 4, 3)), mx(E4M3, 8, float(true, 8, 7)), mx(E4M3, 8, float(false, 5, 3)),
  mx(E4M3, 8, float(true, 8, 23)), mx(E4M3, 8, integer(8)), mx(float(true, 5, 10), 8, integer(16)),
  BF16, plain(float(true, 5, 10)), plain(E4M3), plain(float(true, 5, 2)), plain(float(true, 8, 23)),
  plain(integer(8)), plain(integer(16)), plain(integer(32)),
];
// deno-fmt-ignore: the usual one first
const VECTOR_TYPES: readonly TensorType[] = [
  BF16, BF16, BF16, plain(float(true, 5, 10)), plain(E4M3), plain(float(true, 8, 23)), plain(integer(16)), mx(float(true, 8, 7), 8),
];

/** The settings with other types. */
function typed(
  settings: MachineSettings,
  [activations, kv, weights, vectors]: readonly [TensorType, TensorType, TensorType, TensorType],
): MachineSettings {
  return {
    ...settings,
    precision: {
      ...settings.precision,
      HBM_V_ACT_TYPE: activations,
      HBM_V_KV_TYPE: kv,
      HBM_M_KV_TYPE: kv,
      HBM_M_WEIGHT_TYPE: weights,
      VECTOR_SRAM_TYPE: vectors,
    },
  };
}

/** A random program. */
interface Program {
  readonly shape: MachineSettings;
  readonly steps: readonly Choice[];
  /** A loop around the steps from one index to another. */
  readonly loop: { readonly from: number; readonly to: number; readonly count: number };
  /** Where the memory images come from. */
  readonly seed: number;
  /** Whether the vector SRAM begins with any codes, infinities and NaN among them. */
  readonly wild: boolean;
}

const program: fc.Arbitrary<Program> = fc.record({
  shape: fc.tuple(
    fc.constantFrom(...SHAPES),
    fc.option(
      fc.tuple(
        fc.constantFrom(...HBM_TYPES),
        fc.constantFrom(...HBM_TYPES),
        fc.constantFrom(...HBM_TYPES),
        fc.constantFrom(...VECTOR_TYPES),
      ),
      { nil: undefined },
    ),
  ).map(([shape, types]) => types === undefined ? shape : typed(shape, types)),
  steps: fc.array(choice, { minLength: 5, maxLength: 60 }),
  loop: fc.record({ from: fc.nat(30), to: fc.nat(60), count: fc.integer({ min: 1, max: 4 }) }),
  seed: fc.integer(),
  wild: fc.boolean(),
});

/** Bytes from a seed: bfloat16 codes of moderate values, or anything. */
function image(length: number, seed: number, moderate: boolean): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed | 0;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    bytes[i] = state >>> 24;
    if (moderate && i % 2 === 1) bytes[i] = 0x3c + (state >>> 30) | (state >>> 22 & 0x80);
  }
  return bytes;
}

function assemble({ shape, steps, loop }: Program): Uint32Array {
  const { from, to, count } = loop;
  const all: number[] = [];
  steps.forEach((step, i) => {
    if (i === Math.min(from, to)) all.push((0x2f | 14 << 6 | count << 10) >>> 0);
    all.push(...words(step, shape));
    if (i === Math.max(from, to)) all.push(0x30 | 14 << 6);
  });
  return Uint32Array.from(all);
}

/** Compares numbers one by one; NaN is NaN, because a number holds no payload. */
function assertSame(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assertEquals(actual.length, expected.length, `length of ${what}`);
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    assert(Object.is(a, b), `${what}, element ${i}: ${a} instead of ${b}`);
  }
}

/** The slow machine after its run; `undefined` if it cannot say what comes out. */
function runSlowly(
  words: Uint32Array,
  settings: MachineSettings,
  images: ConstructorParameters<typeof ReferenceMachine>[2],
): { machine: ReferenceMachine; faulted: boolean } | undefined {
  let machine: ReferenceMachine | undefined;
  try {
    machine = new ReferenceMachine(words, settings, images);
    machine.run();
    return { machine, faulted: false };
  } catch (error) {
    if (error instanceof ReferenceLimit) return undefined;
    if (!(error instanceof ReferenceFault) || machine === undefined) throw error;
    return { machine, faulted: true };
  }
}

Deno.test("run() gives what the slow and obvious machine gives, for random programs", () => {
  let faulted = 0;
  let executed = 0;
  fc.assert(
    fc.property(program, (example) => {
      const settings = example.shape;
      const images = {
        hbm: image(8192, example.seed, false),
        fpSram: image(256, example.seed + 1, true),
        vram: image(96 * settings.config.vlen * 2, example.seed + 2, !example.wild),
        hbmSizeBytes: 8192,
      };
      const words = assemble(example);
      const outcome = runSlowly(words, settings, images);
      if (outcome === undefined) return;
      const { machine: slow, faulted: slowFault } = outcome;
      for (const typeScriptOnly of [false, true]) {
        const fast = run({
          ...images,
          program: words,
          settings,
          memory: idealMemory(),
          typeScriptOnly,
        });
        if (typeScriptOnly) executed += fast.instructions;
        assertEquals(fast.fault !== undefined, slowFault, fast.fault?.reason ?? "no fault");
        if (slowFault) {
          if (typeScriptOnly) faulted++;
          assertEquals(fast.fault?.pc, slow.pc);
          continue;
        }
        assertEquals(fast.latencyNs, slow.ns);
        const { machine } = fast;
        assertEquals(fast.hbm, { bytesRead: slow.bytesRead, bytesWritten: slow.bytesWritten });
        const { registers } = machine;
        assertSame(registers.gp, slow.gp, "gp");
        assertSame(registers.fp, slow.fp, "fp");
        assertSame(registers.fpSram, slow.fpSram, "FP SRAM");
        assertSame(registers.intSram, slow.intSram, "INT SRAM");
        slow.rows.forEach((row, i) => assertSame(machine.readRow(i), row, `row ${i}`));
        slow.tiles.forEach((tile, i) => assertSame(machine.readTile(i), tile, `tile ${i}`));
        assertSame(dump(machine, "hbm"), slow.hbm, "HBM");
      }
    }),
    { numRuns: 600, seed: 20, endOnFailure: true },
  );
  assert(executed > 8_000, `${executed} instructions executed`);
  assert(faulted < 400, `${faulted} of 600 programs faulted`);
});

Deno.test("run() returns, with or without a fault, for random words", () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (words) => {
      const settings = SHAPES[0]!;
      const result = run({
        program: Uint32Array.from(words),
        settings,
        memory: idealMemory(),
        hbmSizeBytes: 8192,
      });
      assert(result.fault !== undefined || result.machine.halted);
    }),
    { numRuns: 3000, seed: 7 },
  );
});
