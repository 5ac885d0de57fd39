import { assertEquals } from "@std/assert";
import { SimpleDdr } from "./simple_ddr.ts";
import { DDR4_2400P_STAND_IN } from "./simple_ddr_preset.ts";

/** Accesses as `R` or `W` and a byte address. */
type Access = readonly ["R" | "W", number];

interface Timed {
  /** When each access was over, in nanoseconds. */
  readonly done: number[];
  /** When nothing was left to happen. */
  readonly end: number;
}

function oneAfterTheOther(accesses: readonly Access[]): Timed {
  const device = new SimpleDdr(DDR4_2400P_STAND_IN);
  const done = accesses.map(([kind, address]) => {
    device.begin(device.nowPs);
    device.add(address / 64, kind === "W");
    return device.finish() / 1000;
  });
  return { done, end: device.settle(0) / 1000 };
}

function allAtOnce(accesses: readonly Access[]): Timed {
  const device = new SimpleDdr(DDR4_2400P_STAND_IN);
  device.begin(0);
  for (const [kind, address] of accesses) device.add(address / 64, kind === "W");
  device.finish();
  const done = accesses.map((_, i) => device.doneAtPs[i]! / 1000);
  return { done, end: device.settle(0) / 1000 };
}

function reads(...addresses: number[]): Access[] {
  return addresses.map((address) => ["R", address]);
}

function strided(count: number, stride: number): Access[] {
  return Array.from({ length: count }, (_, i) => ["R", i * stride]);
}

/** Appendix C of the memory specification: accesses, then done and end for either order. */
// deno-fmt-ignore: one vector, one row
const VECTORS: readonly (readonly [Access[], number[], number, number[], number])[] = [
  [reads(0), [30.821], 40.817, [30.821], 40.817],
  [reads(0, 64, 128, 192), [30.821, 61.642, 92.463, 123.284], 133.280, [30.821, 34.153, 37.485, 40.817], 43.316],
  [reads(0, 0, 0), [30.821, 57.477, 84.133], 94.129, [30.821, 44.149, 57.477], 67.473],
  [reads(0, 1024, 2048, 3072), [30.821, 57.477, 84.133, 110.789], 120.785, [30.821, 44.149, 57.477, 70.805], 80.801],
  [reads(0, 16384, 0), [30.821, 57.477, 84.133], 94.129, [30.821, 84.133, 44.149], 94.129],
  [[["W", 0]], [17.493], 27.489, [17.493], 27.489],
  [[["W", 0], ["W", 64], ["W", 128], ["W", 192]], [17.493, 30.821, 44.149, 57.477], 67.473, [17.493, 20.825, 24.157, 27.489], 27.489],
  [[["R", 0], ["W", 0], ["R", 0]], [30.821, 44.149, 70.805], 80.801, [30.821, 34.153, 44.149], 54.145],
];

Deno.test("SimpleDdr gives every time of the recorded micro vectors", () => {
  for (const [accesses, sequential, sequentialEnd, concurrent, concurrentEnd] of VECTORS) {
    const label = JSON.stringify(accesses);
    assertEquals(oneAfterTheOther(accesses), { done: sequential, end: sequentialEnd }, label);
    assertEquals(allAtOnce(accesses), { done: concurrent, end: concurrentEnd }, label);
  }
});

/** Count, stride, then last done and end for either order. */
// deno-fmt-ignore: one vector, one row
const STRIDED: readonly (readonly [number, number, number, number, number, number])[] = [
  [16, 64, 493.136, 503.132, 80.801, 80.801],
  [64, 64, 1972.544, 1982.540, 240.737, 240.737],
  [768, 64, 23670.528, 23680.524, 2586.465, 2586.465],
  [64, 1024, 1710.149, 1720.145, 950.453, 960.449],
  [32, 16384, 857.157, 867.153, 1270.325, 1280.321],
];

Deno.test("SimpleDdr gives the last time and the end of the recorded strided reads", () => {
  for (const [count, stride, sequential, sequentialEnd, concurrent, concurrentEnd] of STRIDED) {
    const label = `${count} reads, stride ${stride}`;
    const one = oneAfterTheOther(strided(count, stride));
    assertEquals([one.done.at(-1), one.end], [sequential, sequentialEnd], label);
    const all = allAtOnce(strided(count, stride));
    assertEquals([all.done.at(-1), all.end], [concurrent, concurrentEnd], label);
  }
});
