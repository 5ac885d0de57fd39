import { plena } from "../numerics/mod.ts";
import type { TensorType } from "../boards/mod.ts";
import type { MachineRules } from "./rules.ts";

const { blockQuantiser, codeWidth, decodeTable } = plena;

/** How rows of one tensor type lie in HBM, worked out once per type and row length. */
export interface TransferFormat {
  /** The type. */
  readonly type: TensorType;
  /** Elements of a row. */
  readonly length: number;
  /** Bits of an element. */
  readonly elementBits: number;
  /** Bytes of a row's elements. */
  readonly elementBytes: number;
  /** Bytes of a row's scales; 0 for plain types. */
  readonly scaleBytes: number;
  /** Scales of a row. */
  readonly scales: number;
  /** Elements that share a scale; 1 for plain types. */
  readonly block: number;
  /** Element bytes per scale byte in address arithmetic. */
  readonly ratio: number;
  /** Bytes from row to row when the program does not ask for STRIDE. */
  readonly denseStep: number;
  /** Why no transfer can use the type; `undefined` if one can. */
  readonly refusal: string | undefined;
  /** Why no store can; what a prefetch cannot use, no store can either. */
  readonly storeRefusal: string | undefined;
  /** Codes as the machine reads them. */
  readonly codes: plena.PlenaCodeOptions;
  /** Values of scale codes as numbers, for scales of 8 bits. */
  readonly scaleValues: Float32Array;
  /** Quantises blocks for stores; `undefined` for plain types and where no store can be. */
  readonly quantise: plena.BlockQuantiser | undefined;
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}

function refusalOf(
  type: TensorType,
  length: number,
  rules: MachineRules,
): string | undefined {
  const bits = codeWidth(type.element);
  if (!isPowerOfTwo(bits) || bits > 32) {
    return `elements of ${bits} bits cannot be transferred (widths are 8, 16 and 32)`;
  }
  if (bits < 8 && !rules.hbm4bit) {
    return `elements of ${bits} bits cannot be transferred (rule hbm4bit repairs this)`;
  }
  if ((bits * length) % 8 !== 0) return `a row of ${length} elements is no whole number of bytes`;
  if (type.kind === "plain") return undefined;
  const scaleBits = codeWidth(type.scale);
  if (!isPowerOfTwo(scaleBits) || scaleBits < 8 || scaleBits > 32) {
    return `scales of ${scaleBits} bits cannot be transferred`;
  }
  if (type.block < 1 || Math.floor(bits * type.block / scaleBits) < 1) {
    return `blocks of ${type.block} elements of ${bits} bits cannot be transferred`;
  }
  return undefined;
}

/** Works out how rows of `length` elements of a type lie in HBM. */
export function transferFormat(
  type: TensorType,
  length: number,
  rules: MachineRules,
): TransferFormat {
  const codes = { ocpE4m3: rules.ocpE4m3, subByte: rules.hbm4bit };
  const elementBits = codeWidth(type.element);
  const elementBytes = Math.floor(elementBits * length / 8);
  const refusal = refusalOf(type, length, rules);
  const denseStep = rules.hbm4bit && elementBits < 8 ? elementBytes : length;
  const common = { type, length, elementBits, elementBytes, denseStep, refusal, codes };
  if (type.kind === "plain" || refusal !== undefined) {
    return {
      ...common,
      storeRefusal: refusal,
      scaleBytes: 0,
      scales: 0,
      block: 1,
      ratio: 1,
      scaleValues: new Float32Array(0),
      quantise: undefined,
    };
  }
  const { scale } = type;
  const scaleBits = codeWidth(scale);
  const scales = Math.floor(length / type.block);
  return {
    ...common,
    storeRefusal: scale.type === "Int" ? "no integer scale can be found for a store" : undefined,
    scaleBytes: scaleBits * scales / 8,
    scales,
    block: type.block,
    ratio: Math.floor(elementBits * type.block / scaleBits),
    scaleValues: scaleBits === 8
      ? new Float32Array(decodeTable(scale).buffer)
      : new Float32Array(0),
    quantise: scale.type === "Fp" ? blockQuantiser(type.element, scale, codes) : undefined,
  };
}
