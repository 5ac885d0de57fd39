import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CapacityError, MemoryError } from "./memory_error.ts";
import { SparseMemory } from "./sparse_memory.ts";

Deno.test("SparseMemory reads zeros where nothing was written, and beyond the capacity", () => {
  const memory = new SparseMemory(128);
  memory.write(64, new Uint8Array(64).fill(7));
  assertEquals(memory.read(0, 64), new Uint8Array(64));
  assertEquals(memory.read(120, 16), Uint8Array.of(7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0));
  assertEquals(memory.read(128, 64), new Uint8Array(64));
  assertEquals(memory.read(2 ** 63, 64), new Uint8Array(64));
});

Deno.test("SparseMemory reads over old contents of the array it is given", () => {
  const memory = new SparseMemory(2 ** 20);
  const out = new Uint8Array(70).fill(9);
  assertStrictEquals(memory.read(2 ** 20 - 32, 64, out), out);
  assertEquals(out, new Uint8Array(70).fill(9, 64));
  assertThrows(() => memory.read(0, 71, out), MemoryError, "do not fit");
});

Deno.test("SparseMemory refuses a write beyond the capacity whole", () => {
  const memory = new SparseMemory(128);
  const error = assertThrows(() => memory.write(127, Uint8Array.of(1, 2)), CapacityError);
  assertEquals([error.address, error.length, error.capacityBytes], [127, 2, 128]);
  assertEquals(memory.read(127, 1), Uint8Array.of(0));
  assertThrows(() => memory.write(2 ** 63, new Uint8Array(64)), RangeError);
  assertThrows(() => memory.load(new Uint8Array(129)), CapacityError);
  assertThrows(() => memory.write(-1, new Uint8Array(1)), MemoryError, "not an address");
});

Deno.test("SparseMemory takes whole blocks as capacity, and nothing else", () => {
  for (const bytes of [-64, 63, 1.5, NaN, 2 ** 53]) {
    assertThrows(() => new SparseMemory(bytes), MemoryError, `${bytes} bytes`);
  }
  assertEquals(new SparseMemory(0).read(0, 1), Uint8Array.of(0));
});

Deno.test("SparseMemory of 1 PiB costs the pages that are touched", () => {
  const memory = new SparseMemory(2 ** 50);
  memory.write(2 ** 50 - 64, new Uint8Array(64).fill(1));
  memory.write(2 ** 34, Uint8Array.of(2));
  memory.write(2 ** 40, new Uint8Array(2 ** 20)); // zeros stay where they were: nowhere
  assertEquals(memory.touchedBytes, 2 * 2 ** 14);
  assertEquals(memory.read(2 ** 34, 2), Uint8Array.of(2, 0));
  assertThrows(() => memory.toBytes(), MemoryError, "does not fit");
});

Deno.test("SparseMemory.toBytes() is the image, with or without the zeros at its end", () => {
  const memory = new SparseMemory(2 ** 16);
  memory.load(Uint8Array.of(1, 0, 3, 0));
  memory.write(40_000, Uint8Array.of(5, 0));
  memory.write(60_000, Uint8Array.of(6));
  memory.write(60_000, Uint8Array.of(0));
  const image = new Uint8Array(2 ** 16);
  image.set([1, 0, 3]);
  image[40_000] = 5;
  assertEquals(memory.toBytes(), image);
  assertEquals(memory.toBytes(true), image.slice(0, 40_001));
  assertEquals(new SparseMemory(64).toBytes(true).length, 0);
});

Deno.test("SparseMemory answers as one plain array does", () => {
  const capacity = 3 * 2 ** 14;
  const access = fc.record({
    address: fc.nat(capacity + 200),
    length: fc.oneof(fc.nat(100), fc.nat(20_000)),
    fill: fc.option(fc.nat(2)),
  });
  fc.assert(fc.property(fc.array(access, { maxLength: 30 }), (accesses) => {
    const memory = new SparseMemory(capacity);
    const plain = new Uint8Array(capacity + 40_000);
    for (const { address, length, fill } of accesses) {
      if (fill === null || address + length > capacity) {
        assertEquals(memory.read(address, length), plain.slice(address, address + length));
      } else {
        const bytes = new Uint8Array(length).fill(fill);
        memory.write(address, bytes);
        plain.set(bytes, address);
      }
    }
    assertEquals(memory.toBytes(), plain.slice(0, capacity));
  }));
});

Deno.test("SparseMemory.copyTo() gives what read() gives, also across pages and the end", () => {
  const memory = new SparseMemory(3 * 2 ** 14);
  memory.write(2 ** 14 - 100, Uint8Array.from({ length: 200 }, (_, i) => i + 1));
  memory.write(3 * 2 ** 14 - 4, Uint8Array.of(1, 2, 3, 4));
  for (const address of [0, 2 ** 14 - 70, 2 ** 14 - 32, 2 ** 14, 3 * 2 ** 14 - 8, 2 ** 53]) {
    const out = new Uint8Array(40).fill(255);
    memory.copyTo(address, 33, out, 5);
    assertEquals(out.slice(5, 38), memory.read(address, 33), `at ${address}`);
    assertEquals([out[4], out[38]], [255, 255]);
  }
});
