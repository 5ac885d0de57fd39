import { INSTRUCTIONS, MNEMONICS } from "./instructions.ts";

/** Longest mnemonic, characters; each mnemonic has so many places in {@linkcode MNEMONIC_CODES}. */
export const MNEMONIC_STRIDE = 32;

/** Character codes of the mnemonics, {@linkcode MNEMONIC_STRIDE} places per opcode. */
export const MNEMONIC_CODES: Uint8Array = new Uint8Array(64 * MNEMONIC_STRIDE);

/** Length of each opcode's mnemonic, 0 where there is none. */
export const MNEMONIC_LENGTHS: Uint8Array = new Uint8Array(64);

/** Bits of a slot number. */
const SLOT_BITS = 8;

/** How far a hash is shifted right to get its slot. */
export const HASH_SHIFT = 32 - SLOT_BITS;

/**
 * Opcode by slot of the hash of a mnemonic; 0 where no mnemonic has that slot. Filled so that no two
 * mnemonics share a slot, hence one comparison tells whether a word is a mnemonic.
 */
export const OPCODE_BY_SLOT: Uint8Array = new Uint8Array(1 << SLOT_BITS);

/** Multiplier of the hash: `hash = (hash + code) * HASH_FACTOR` over the characters, in 32 bits. */
export const HASH_FACTOR: number = findFactor();

function hashOf(text: string, factor: number): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash + text.charCodeAt(i), factor);
  return hash;
}

/** The first odd multiplier that gives every mnemonic a slot of its own; fills the tables. */
function findFactor(): number {
  for (const mnemonic of MNEMONICS) {
    const { opcode } = INSTRUCTIONS[mnemonic];
    MNEMONIC_LENGTHS[opcode] = mnemonic.length;
    for (let i = 0; i < mnemonic.length; i++) {
      MNEMONIC_CODES[opcode * MNEMONIC_STRIDE + i] = mnemonic.charCodeAt(i);
    }
  }
  for (let factor = 0x9e3779b1; factor > 0; factor -= 2) {
    OPCODE_BY_SLOT.fill(0);
    const clash = MNEMONICS.some((mnemonic) => {
      const slot = hashOf(mnemonic, factor) >>> HASH_SHIFT;
      if (OPCODE_BY_SLOT[slot] !== 0) return true;
      OPCODE_BY_SLOT[slot] = INSTRUCTIONS[mnemonic].opcode;
      return false;
    });
    if (!clash) return factor | 0;
  }
  throw new Error("no multiplier separates the mnemonics");
}
