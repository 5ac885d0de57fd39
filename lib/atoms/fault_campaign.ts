import { decode, E2M1, unpackCodes } from "../numerics/mod.ts";
import { type AnyAtom, type Atom, isThreshold } from "./atom.ts";
import { AtomError } from "./atom_error.ts";
import {
  decodeAtom,
  type DecodedLayer,
  type DecodedNetwork,
  outputDigits,
  runAllRows,
} from "./decoded_network.ts";
import { dequantiseTensor } from "./quantised_tensor.ts";
import { verify } from "./verify.ts";

const ALL_CODES = Array.from({ length: 16 }, (_, code) => code);

/** How the faults of one kind come out. Nothing is silent: all rows are evaluated each time. */
export interface FaultCount {
  /** Faults tried: all that there are. */
  readonly faults: number;
  /** Those that change the function, and which {@linkcode verify} therefore detects. */
  readonly detected: number;
  /** Those that leave every output as it is. */
  readonly masked: number;
}

/** What becomes of an atom when a nibble of its codes is another one. */
export interface NibbleFaults {
  /** Nibbles of weights and biases. */
  readonly nibbles: number;
  /** Every nibble, each of its 4 bits flipped. */
  readonly bitFlips: FaultCount;
  /** Every nibble, replaced by each of the 15 other codes. */
  readonly otherCodes: FaultCount;
}

/**
 * Changes every nibble of an atom's weights and biases to every other code, and says how often the
 * function changes: exhaustive, not sampled. Scales are left alone.
 *
 * @throws {AtomError} When the atom is not exact to begin with, or holds float32.
 */
export function flipNibbles(atom: AnyAtom): NibbleFaults {
  const network = exactNetwork(atom);
  const count = { bits: 0, detectedBits: 0, codes: 0, detectedCodes: 0, nibbles: 0 };
  for (const { values, codes, meanings } of nibblesOf(atom, network)) {
    const each = codes.length / values.length;
    codes.forEach((code, at) => {
      const place = Math.floor(at / each);
      const right = values[place]!;
      count.nibbles++;
      for (let other = 0; other < 16; other++) {
        if (other === code) continue;
        // The terms of a bias are E2M1 values, whose sums and differences are exact.
        const rest = each === 1 ? 0 : right - meanings[code]![at]!;
        values[place] = rest + meanings[other]![at]!;
        const detected = isChanged(network, atom) ? 1 : 0;
        const isBitFlip = [1, 2, 4, 8].includes(code ^ other);
        count.codes++;
        count.detectedCodes += detected;
        count.bits += isBitFlip ? 1 : 0;
        count.detectedBits += isBitFlip ? detected : 0;
      }
      values[place] = right;
    });
  }
  return {
    nibbles: count.nibbles,
    bitFlips: counted(count.bits, count.detectedBits),
    otherCodes: counted(count.codes, count.detectedCodes),
  };
}

/** The codes behind some values of a decoded network. */
interface Nibbles {
  /** The values in the network: one per code, or one per two codes, which are summed. */
  readonly values: Float64Array;
  /** The codes. */
  readonly codes: Uint8Array;
  /** What each of the 16 codes would stand for at each place. */
  readonly meanings: readonly Float64Array[];
}

function nibblesOf(atom: AnyAtom, network: DecodedNetwork): Nibbles[] {
  const unpack = (hex: string, count: number): Uint8Array =>
    unpackCodes(Uint8Array.fromHex(hex), 4, count, "low-first");
  if (isThreshold(atom)) {
    return atom.layers.flatMap((layer, l): Nibbles[] => {
      const { weights, biases } = network.layers[l]!;
      const terms = biases.length * (layer.biasCodes ?? 1);
      return [
        { values: weights, codes: unpack(layer.weights, weights.length) },
        { values: biases, codes: unpack(layer.biases, terms) },
      ].map((part) => ({
        ...part,
        meanings: ALL_CODES.map((code) =>
          new Float64Array(part.codes.length).fill(decode(E2M1, code))
        ),
      }));
    });
  }
  return atom.network.layers.flatMap((layer, l) =>
    (["weights", "biases"] as const).map((field): Nibbles => {
      const tensor = layer[field];
      if (tensor.format === "float32") {
        throw new AtomError(
          `atom ${atom.name} holds float32, which has no nibbles to flip`,
          "choose an atom in a 4-bit format",
        );
      }
      return {
        values: network.layers[l]![field],
        codes: unpack(tensor.codes, tensor.rows * tensor.columns),
        meanings: ALL_CODES.map((code) => {
          const digit = code.toString(16);
          return dequantiseTensor({ ...tensor, codes: tensor.codes.replace(/./g, digit) });
        }),
      };
    })
  );
}

/** One wire that is stuck. */
export interface StuckFault {
  /** The wire: the name of an input, or `gate 3` for the output of a gate, counted from 1. */
  readonly wire: string;
  /** What it is stuck at. */
  readonly value: 0 | 1;
  /** Rows in which the output is then wrong: the patterns that find the fault; none when masked. */
  readonly rows: readonly number[];
}

/** What becomes of an atom when a wire of it is stuck. */
export interface StuckFaults extends FaultCount {
  /** Every wire at 0 and at 1. */
  readonly list: readonly StuckFault[];
  /** A small set of rows that finds every fault which can be found, chosen greedily. */
  readonly testRows: readonly number[];
}

/**
 * Holds every input and every gate output of a threshold atom at 0 and at 1: exhaustive. An input
 * that is stuck is stuck for all gates that read it.
 *
 * @throws {AtomError} When the atom is not exact to begin with.
 */
export function stickAt(atom: Atom): StuckFaults {
  const network = exactNetwork(atom);
  const list: StuckFault[] = [];
  const rows = atom.truthTable.length;
  for (const [bit, wire] of atom.inputs.entries()) {
    for (const value of [0, 1] as const) {
      const wrong = Array.from({ length: rows }, (_, row) => row).filter((row) => {
        const seen = value === 1 ? row | (1 << bit) : row & ~(1 << bit);
        return atom.truthTable[seen] !== atom.truthTable[row];
      });
      list.push({ wire, value, rows: wrong });
    }
  }
  let number = 0;
  for (const layer of network.layers) {
    for (let gate = 0; gate < layer.gates; gate++) {
      number++;
      for (const value of [0, 1] as const) {
        const restore = hold(layer, gate, value);
        const outputs = outputDigits(runAllRows(network, atom.inputs.length));
        restore();
        const wrong = [...outputs].flatMap((digit, row) =>
          digit === atom.truthTable[row] ? [] : [row]
        );
        list.push({ wire: `gate ${number}`, value, rows: wrong });
      }
    }
  }
  const detected = list.filter((fault) => fault.rows.length > 0).length;
  return { ...counted(list.length, detected), list, testRows: covering(list, rows) };
}

/** Makes a gate give a constant: no weights, and a bias on one side. */
function hold({ weights, biases, inputs }: DecodedLayer, gate: number, value: 0 | 1): () => void {
  const own = weights.subarray(gate * inputs, (gate + 1) * inputs);
  const [oldWeights, oldBias] = [own.slice(), biases[gate]!];
  own.fill(0);
  biases[gate] = value === 1 ? 1 : -1;
  return () => {
    own.set(oldWeights);
    biases[gate] = oldBias;
  };
}

/** Rows of which one each finds every fault that some row finds. */
function covering(faults: readonly StuckFault[], rows: number): number[] {
  let open = faults.filter((fault) => fault.rows.length > 0);
  const chosen: number[] = [];
  while (open.length > 0) {
    const found = new Array<number>(rows).fill(0);
    for (const fault of open) for (const row of fault.rows) found[row]!++;
    const best = found.indexOf(Math.max(...found));
    chosen.push(best);
    open = open.filter((fault) => !fault.rows.includes(best));
  }
  return chosen.sort((a, b) => a - b);
}

function exactNetwork(atom: AnyAtom): DecodedNetwork {
  const { exact, firstWrong } = verify(atom);
  if (exact) return decodeAtom(atom);
  throw new AtomError(
    `atom ${atom.name} is not exact: row ${firstWrong?.inputs} gives ${firstWrong?.actual}`,
    "faults are counted against the right function: train the atom again first",
  );
}

function isChanged(network: DecodedNetwork, atom: AnyAtom): boolean {
  return outputDigits(runAllRows(network, atom.inputs.length)) !== atom.truthTable;
}

function counted(faults: number, detected: number): FaultCount {
  return { faults, detected, masked: faults - detected };
}
