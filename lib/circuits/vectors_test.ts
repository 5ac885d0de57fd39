import { assertEquals, assertThrows } from "@std/assert";
import { builtinReference } from "./builtin.ts";
import { caseCount, caseValues, referenceOutputs, wireValues } from "./cases.ts";
import { CircuitError } from "./circuit_error.ts";
import { bitFunction, symbolicReference } from "./proof/symbolic_reference.ts";
import { formatVectors, functionOutputs, parseVectors, seededVectors } from "./vectors.ts";

const PORTS = [{ name: "A", width: 70 }, { name: "B", width: 3 }];

Deno.test("seededVectors() begins with zeros and ones, fills every bit, and repeats itself", () => {
  const vectors = seededVectors(PORTS, 400, 5);
  const ones = 2n ** 70n - 1n;
  assertEquals(vectors.slice(0, 4), [[0n, 0n], [ones, 0n], [0n, 7n], [ones, 7n]]);
  const random = vectors.slice(4).map(([a]) => a!);
  // Every bit is 1 in a third to two thirds of 396 draws: five standard deviations are 50.
  for (let bit = 0n; bit < 70n; bit++) {
    const share = random.filter((value) => (value >> bit) & 1n).length / random.length;
    assertEquals(share > 1 / 3 && share < 2 / 3, true, `bit ${bit}: ${share}`);
  }
  assertEquals(seededVectors(PORTS, 400, 5), vectors);
  assertEquals(seededVectors(PORTS, 10, 6)[9] === vectors[9], false);
});

Deno.test("parseVectors() reads what formatVectors() writes, columns in any order", () => {
  const vectors = seededVectors(PORTS, 20, 1);
  assertEquals(parseVectors(formatVectors(vectors, PORTS), PORTS, "v.csv"), vectors);
  assertEquals(parseVectors("# x\r\nB, A\r\n0x5, 0b11\r\n", PORTS, "v.csv"), [[3n, 5n]]);
  const error = assertThrows(
    () => parseVectors("A,B\n1,2\n1,8\n", PORTS, "v.csv"),
    CircuitError,
    "input B is 8",
  );
  assertEquals(error.place, { file: "v.csv", line: 3, column: 1 });
});

Deno.test("functionOutputs() gives what the references in integers give", () => {
  for (const spec of ["adder:3", "mul:3", "cmp:2", "popcount:5"]) {
    const width = Number(spec.split(":")[1]);
    const inputs = spec.startsWith("popcount")
      ? [{ name: "A", width }]
      : [{ name: "A", width }, { name: "B", width }, { name: "Cin", width: 1 }]
        .slice(0, spec.startsWith("adder") ? 3 : 2);
    const cases = caseCount(inputs);
    const vectors = Array.from(
      { length: cases },
      (_, index) => caseValues(index, inputs).map(BigInt),
    );
    const widths: Record<string, number[]> = {
      "adder:3": [3, 1],
      "mul:3": [6],
      "cmp:2": [1, 1, 1],
      "popcount:5": [3],
    };
    const outputs = widths[spec]!.map((width, i) => ({ name: `Y${i}`, width }));
    assertEquals(
      functionOutputs(
        bitFunction(symbolicReference(spec), inputs),
        wireValues(vectors, inputs),
        cases,
      ),
      referenceOutputs(builtinReference(spec), inputs, outputs),
      spec,
    );
  }
});
