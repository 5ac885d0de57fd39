import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type MachineSettings, SHIPPED_SETTINGS } from "../boards/mod.ts";
import { INSTRUCTIONS, type Mnemonic } from "../isa/mod.ts";
import { idealMemory } from "../memory/mod.ts";
import { dump } from "./dumps.ts";
import { ReferenceFault, ReferenceMachine } from "./_reference_machine.ts";
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

// V_TOPK is not in the slow machine; M_BMV never works; loops are written around the others.
const EXCLUDED: readonly string[] = ["V_TOPK", "M_BMV", "C_LOOP_START", "C_LOOP_END", "C_BREAK"];
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
    if (kind === "gp" && role !== "result" && role !== "value" && role !== "row-step") {
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
    else if (kind === "mask" || kind === "order" || kind === "precision") bits = flags % 3;
    else if (kind === "stride-flag") bits = flags % 2;
    else if (role === "row-step") bits = 0;
    if (kind === "zero") bits = 0;
    word |= bits << lsb;
  }
  if (mnemonic === "C_SET_ADDR_REG") {
    word = opcode | (flags & 7) << 6 | 15 << 10 | (registers[0]! << 14);
  }
  out.push(word >>> 0);
  return out;
}

/** A random program. */
interface Program {
  readonly shape: MachineSettings;
  readonly steps: readonly Choice[];
  /** A loop around the steps from one index to another. */
  readonly loop: { readonly from: number; readonly to: number; readonly count: number };
  /** Where the memory images come from. */
  readonly seed: number;
}

const program: fc.Arbitrary<Program> = fc.record({
  shape: fc.constantFrom(...SHAPES),
  steps: fc.array(choice, { minLength: 5, maxLength: 60 }),
  loop: fc.record({ from: fc.nat(30), to: fc.nat(60), count: fc.integer({ min: 1, max: 4 }) }),
  seed: fc.integer(),
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

/** Float32 bits with one NaN for all, because a number holds no payload. */
function withoutPayload(values: ArrayLike<number>): number[] {
  return Array.from(values, (x) => Number.isNaN(x) ? NaN : x === 0 ? 0 : x);
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
        vram: image(96 * settings.config.vlen * 2, example.seed + 2, true),
        hbmSizeBytes: 8192,
      };
      const words = assemble(example);
      const slow = new ReferenceMachine(words, settings, images);
      let slowFault = false;
      try {
        slow.run();
      } catch (error) {
        if (!(error instanceof ReferenceFault)) throw error;
        slowFault = true;
      }
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
        assertEquals([...machine.registers.gp], slow.gp);
        assertEquals(withoutPayload(machine.registers.fp), withoutPayload(slow.fp));
        assertEquals(withoutPayload(machine.registers.fpSram), withoutPayload(slow.fpSram));
        assertEquals([...machine.registers.intSram], slow.intSram);
        slow.rows.forEach((row, i) => {
          assertEquals(withoutPayload(machine.readRow(i)), withoutPayload(row), `row ${i}`);
        });
        slow.tiles.forEach((tile, i) => {
          assertEquals(withoutPayload(machine.readTile(i)), withoutPayload(tile), `tile ${i}`);
        });
        assertEquals(dump(machine, "hbm"), slow.hbm);
      }
    }),
    { numRuns: 800, seed: 20, endOnFailure: true },
  );
  assert(executed > 10_000, `${executed} instructions executed`);
  assert(faulted < 500, `${faulted} of 800 programs faulted`);
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
