/**
 * The WebAssembly instructions in use, by the names of its specification (2.0, section 5.4); those
 * above 0xff have the prefix 0xfd.
 */
// deno-fmt-ignore
export const WASM = {
  block: 0x02, loop: 0x03, if: 0x04, end: 0x0b, br: 0x0c, brIf: 0x0d,
  localGet: 0x20, localSet: 0x21, localTee: 0x22,
  i32Const: 0x41, i64Const: 0x42, i64Store: 0x37, i64Eqz: 0x50, i64LtS: 0x53, i64GeU: 0x5a,
  i64Popcnt: 0x7b, i64Add: 0x7c, i64Sub: 0x7d, i64And: 0x83, i64Shl: 0x86, i64ShrU: 0x88,
  i32And: 0x71, i32WrapI64: 0xa7,
  v128Store: 0xfd0b, v128Const: 0xfd0c, i32x4Splat: 0xfd11, i64x2Splat: 0xfd12,
  i64x2ExtractLane: 0xfd1d, v128Not: 0xfd4d, v128And: 0xfd4e, v128AndNot: 0xfd4f, v128Or: 0xfd50,
  v128Xor: 0xfd51, v128Bitselect: 0xfd52, v128AnyTrue: 0xfd53, i32x4Add: 0xfdae, i32x4Mul: 0xfdb5,
} as const;

/** Types of values. */
export const WASM_TYPE = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;

/** Bytes of a WebAssembly module, written one after the other. */
export class WasmCode {
  /** The bytes so far. */
  readonly bytes: number[] = [];

  /** Appends an instruction; its immediate operands, unsigned numbers, follow it. */
  op(name: keyof typeof WASM, ...immediates: number[]): this {
    const code = WASM[name];
    if (code > 0xff) {
      this.bytes.push(0xfd);
      this.unsigned(code & 0xff);
    } else this.bytes.push(code);
    for (const value of immediates) this.unsigned(value);
    return this;
  }

  /** Appends a number in unsigned LEB128. */
  unsigned(value: number): this {
    while (value >= 0x80) {
      this.bytes.push(value & 0x7f | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.bytes.push(value);
    return this;
  }

  /** Appends an i64.const of a number from −64 to 63. */
  small(value: number): this {
    this.bytes.push(WASM.i64Const, value & 0x7f);
    return this;
  }

  /** Appends a v128.const of four 32-bit lanes. */
  vector(...lanes: readonly number[]): this {
    this.op("v128Const");
    this.bytes.push(...new Uint8Array(Uint32Array.from(lanes).buffer));
    return this;
  }

  /** Appends something with its length in bytes before it. */
  sized(content: WasmCode): this {
    this.unsigned(content.bytes.length);
    for (const byte of content.bytes) this.bytes.push(byte);
    return this;
  }
}

/**
 * A module that exports its memory and one function without results, as `memory` and `run`.
 *
 * @param parameters Types of the function's parameters.
 * @param locals Types of its further locals, and how many of each, in order.
 * @param body Its instructions, with the final `end`.
 */
export function wasmModule(
  pages: number,
  parameters: readonly number[],
  locals: readonly (readonly [count: number, type: number])[],
  body: WasmCode,
): Uint8Array<ArrayBuffer> {
  const module = new WasmCode();
  module.bytes.push(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const section = (id: number, write: (content: WasmCode) => void): void => {
    const content = new WasmCode();
    write(content);
    module.unsigned(id).sized(content);
  };
  section(1, (c) => c.bytes.push(1, 0x60, parameters.length, ...parameters, 0));
  section(3, (c) => c.bytes.push(1, 0));
  section(5, (c) => c.unsigned(1).unsigned(0).unsigned(pages));
  section(7, (c) => {
    const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
    c.bytes.push(2, ...name("memory"), 2, 0, ...name("run"), 0, 0);
  });
  section(10, (c) => {
    const code = new WasmCode().unsigned(locals.length);
    for (const [count, type] of locals) code.unsigned(count).unsigned(type);
    for (const byte of body.bytes) code.bytes.push(byte);
    c.unsigned(1).sized(code);
  });
  return Uint8Array.from(module.bytes);
}
