/** The recorded transfers of a whole decoder layer: appendices A and B of the memory specification. */
import { BLOCK_BYTES, type MemoryModel } from "./memory_model.ts";
import type { SettlingMemory } from "./regime_settling.ts";
import type { RegionKind, WeightManifest } from "./weight_manifest.ts";

// deno-fmt-ignore: one region, one row
const REGIONS: readonly (readonly [string, number, number, RegionKind])[] = [
  ["X", 0, 147456, "activation"],
  ["POS", 196608, 147456, "activation"],
  ["R_rope", 393216, 73728, "activation"],
  ["COS", 524288, 73728, "activation"],
  ["SIN", 655360, 73728, "activation"],
  ["causal_mask", 786432, 73728, "activation"],
  ["W_q_0", 917504, 294912, "weight"],
  ["W_o_0", 1245184, 294912, "weight"],
  ["W_k_0_h0", 1572864, 147456, "weight"],
  ["W_v_0_h0", 1769472, 147456, "weight"],
  ["W_k_0_h1", 1966080, 147456, "weight"],
  ["W_v_0_h1", 2162688, 147456, "weight"],
  ["W_gate_0", 2359296, 884736, "weight"],
  ["W_up_0", 3276800, 884736, "weight"],
  ["W_down_0", 4194304, 884736, "weight"],
  ["K_stored_0_h0", 5111808, 73728, "kv"],
  ["V_stored_0_h0", 5242880, 73728, "kv"],
  ["K_stored_0_h1", 5373952, 73728, "kv"],
  ["V_stored_0_h1", 5505024, 73728, "kv"],
];

/** The manifest of the recorded layer, on a board of 512 MiB unless told otherwise. */
export function layerManifest(capacityBytes: number = 2 ** 29): WeightManifest {
  return {
    activation_ceiling: 917504,
    regions: REGIONS.map(([, offset, size, kind]) => ({ layer_id: 0, offset, size, kind })),
    ddr_capacity_bytes: capacityBytes,
  };
}

const TABLE = [0, 16384, 32768, 49152];
const INPUT = [0, 32768, 65536, 98304, 256, 33024, 65792, 98560];
const SQUARE = [0, 131072, 256, 131328];
const HEAD = [0, 65536];
// deno-fmt-ignore: two columns of tiles, six rows each
const WIDE = [0, 393216, 256, 393472, 512, 393728, 768, 393984, 1024, 394240, 1280, 394496];
// deno-fmt-ignore: six rows of tiles, two columns
const TALL = [0, 131072, 262144, 393216, 524288, 655360, 256, 131328, 262400, 393472, 524544, 655616];

/** Operation, region, distance of the scales, row stride, offsets; in program order. */
// deno-fmt-ignore: one instruction, one row
const TRANSFERS: readonly (readonly ["M" | "V" | "S", string, number, number, readonly number[]])[] = [
  ["V", "COS", 65536, 256, TABLE],
  ["V", "SIN", 65536, 256, TABLE],
  ["V", "causal_mask", 65536, 256, TABLE],
  ["V", "X", 131072, 512, INPUT],
  ["V", "POS", 131072, 512, INPUT],
  ["M", "W_q_0", 262144, 512, SQUARE],
  ["M", "W_k_0_h0", 131072, 256, HEAD],
  ["M", "W_v_0_h0", 131072, 256, HEAD],
  ["M", "R_rope", 65536, 256, [0]],
  ["S", "K_stored_0_h0", 65536, 256, TABLE],
  ["S", "V_stored_0_h0", 65536, 256, TABLE],
  ["M", "W_k_0_h1", 131072, 256, HEAD],
  ["M", "W_v_0_h1", 131072, 256, HEAD],
  ["M", "R_rope", 65536, 256, [0]],
  ["S", "K_stored_0_h1", 65536, 256, TABLE],
  ["S", "V_stored_0_h1", 65536, 256, TABLE],
  ["M", "R_rope", 65536, 256, [0, 0]],
  ["M", "K_stored_0_h0", 65536, 256, [0]],
  ["M", "V_stored_0_h0", 65536, 256, [0, 0, 0]],
  ["M", "K_stored_0_h1", 65536, 256, [0]],
  ["M", "V_stored_0_h1", 65536, 256, [0, 0, 0]],
  ["M", "W_o_0", 262144, 512, SQUARE],
  ["M", "W_up_0", 786432, 1536, WIDE],
  ["M", "W_gate_0", 786432, 1536, WIDE],
  ["M", "W_down_0", 786432, 512, TALL],
];

const ROW_ELEMENTS = 256;
const ROWS = { M: 256, V: 64, S: 64 } as const;

/** What a replay moved, and when it was over. */
export interface Replayed {
  /** When the last transfer was over, in nanoseconds. */
  readonly endNs: number;
  /** When nothing was left to happen, in nanoseconds. */
  readonly settledNs: number;
  /** Bytes of all block reads. */
  readonly bytesRead: number;
  /** Bytes of all block writes. */
  readonly bytesWritten: number;
}

/** Replays the transfers; all else is free. */
export function replayLayer(memory: MemoryModel): Replayed {
  const offsets = new Map(REGIONS.map(([name, offset]) => [name, offset]));
  let now = 0;
  let bytesRead = 0;
  let bytesWritten = 0;
  const one = new Float64Array(1);
  for (const [operation, region, scale, stride, starts] of TRANSFERS) {
    const base = offsets.get(region)!;
    for (const start of starts) {
      const blocks: number[] = [];
      for (let row = 0; row < ROWS[operation]; row++) {
        const elements = base + start + row * stride;
        for (let at = 0; at < ROW_ELEMENTS; at += BLOCK_BYTES) {
          blocks.push(Math.floor((elements + at) / BLOCK_BYTES));
        }
        blocks.push(Math.floor((base + scale + (start + row * stride) / 8) / BLOCK_BYTES));
      }
      bytesRead += blocks.length * BLOCK_BYTES;
      if (operation !== "S") {
        now = memory.readBatch(Float64Array.from(blocks), blocks.length, now);
        continue;
      }
      bytesWritten += blocks.length * BLOCK_BYTES;
      for (const block of blocks) {
        one[0] = block;
        now = memory.writeBlock(block, memory.readBatch(one, 1, now));
      }
    }
  }
  const settledPs = "settle" in memory ? (memory as SettlingMemory).settle(now) : now;
  return { endNs: now / 1000, settledNs: settledPs / 1000, bytesRead, bytesWritten };
}
