import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { MemoryError } from "./memory_error.ts";
import { transferNanos, transferPicos } from "./regime_transfer.ts";

const BANDWIDTHS = [1_500_000_000, 60_000_000, 38_000_000, 4_750_000, 2_000_000_000];
/** The table of the memory specification, section 3.2: bytes, then nanoseconds per bandwidth. */
// deno-fmt-ignore: one size, one row
const TABLE: readonly (readonly [number, readonly number[]])[] = [
  [64, [42, 1_066, 1_684, 13_473, 32]],
  [73_728, [49_152, 1_228_800, 1_940_210, 15_521_684, 36_864]],
  [147_456, [98_304, 2_457_600, 3_880_421, 31_043_368, 73_728]],
  [294_912, [196_608, 4_915_200, 7_760_842, 62_086_736, 147_456]],
  [884_736, [589_824, 14_745_600, 23_282_526, 186_260_210, 442_368]],
  [4_718_592, [3_145_728, 78_643_200, 124_173_473, 993_387_789, 2_359_296]],
  [536_870_912, [357_913_941, 8_947_848_533, 14_128_181_894, 113_025_455_157, 268_435_456]],
];

Deno.test("transferNanos() gives the published table", () => {
  for (const [bytes, nanos] of TABLE) {
    assertEquals(BANDWIDTHS.map((bandwidth) => transferNanos(bytes, bandwidth)), nanos);
  }
});

Deno.test("transferNanos() is exact on both sides of 2^53, and transferPicos() rounds up", () => {
  const edge = Math.floor(Number.MAX_SAFE_INTEGER / 1e9);
  const bytes = fc.oneof(fc.integer({ min: edge - 9, max: edge + 9 }), fc.nat(2 ** 31 - 1));
  fc.assert(fc.property(bytes, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (size, bandwidth) => {
    const exact = BigInt(size) * 1_000_000_000n / BigInt(bandwidth);
    if (exact <= BigInt(Number.MAX_SAFE_INTEGER)) {
      assertEquals(BigInt(transferNanos(size, bandwidth)), exact);
    }
    const scaled = BigInt(size) * 1_000_000_000_000n;
    const picos = BigInt(transferPicos(size, bandwidth));
    if (picos > BigInt(Number.MAX_SAFE_INTEGER)) return;
    assert(picos * BigInt(bandwidth) >= scaled && (picos - 1n) * BigInt(bandwidth) < scaled);
  }));
});

Deno.test("transferNanos() and transferPicos() refuse what is no size and no bandwidth", () => {
  for (const transfer of [transferNanos, transferPicos]) {
    assertThrows(() => transfer(-1, 1), MemoryError, "-1 bytes");
    assertThrows(() => transfer(0.5, 1), MemoryError, "0.5 bytes");
    assertThrows(() => transfer(1, 0), MemoryError, "0 bytes per second");
    assertThrows(() => transfer(1, NaN), MemoryError, "NaN bytes per second");
  }
});
