import { assertEquals, assertMatch } from "@std/assert";
import { writeArtifact } from "../lib/artifacts/mod.ts";
import { FIXTURES, inFolder, runTaskIn } from "./_process.ts";

/** E2M1, typed from its table: the sign is bit 3. */
const E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];
/** step(a + b + c − 1.5). */
const CARRY_CODES = [2, 2, 2, 11];
const CARRY = "00010111";

function carryOf(codes: readonly number[]): string {
  const [a, b, c, bias] = codes.map((code) => E2M1[code]!);
  return Array.from({ length: 8 }, (_, row) => {
    const z = a! * (row & 1) + b! * ((row >> 1) & 1) + c! * (row >> 2) + bias!;
    return z >= 0 ? "1" : "0";
  }).join("");
}

Deno.test("atoms:faults counts what changing every nibble by hand counts", async () => {
  assertEquals(carryOf(CARRY_CODES), CARRY);
  const counts = { bits: 0, detectedBits: 0, codes: 0, detectedCodes: 0 };
  for (const [place, code] of CARRY_CODES.entries()) {
    for (let other = 0; other < 16; other++) {
      if (other === code) continue;
      const isDetected = Number(carryOf(CARRY_CODES.with(place, other)) !== CARRY);
      counts.codes++;
      counts.detectedCodes += isDetected;
      if (![1, 2, 4, 8].includes(code ^ other)) continue;
      counts.bits++;
      counts.detectedBits += isDetected;
    }
  }
  await inFolder(async (folder) => {
    const args = [`${FIXTURES}/atoms/CARRY.fp4`, "--json"];
    const { code, stdout, stderr } = await runTaskIn(folder, "atoms:faults", args);
    assertEquals([code, stderr], [0, ""]);
    const { nibbles, stuckAt, noise } = JSON.parse(stdout).data.checks[0].faults;
    assertEquals(nibbles, {
      count: 4,
      bitFlips: {
        faults: 16,
        detected: counts.detectedBits,
        masked: 16 - counts.detectedBits,
      },
      otherCodes: {
        faults: 60,
        detected: counts.detectedCodes,
        masked: 60 - counts.detectedCodes,
      },
    });

    // Inputs that are stuck, from the truth table; and the gate's output, which is the function.
    const rows = [...CARRY].map((_, row) => row);
    const wrong = (seen: (row: number) => string): number[] =>
      rows.filter((row) => seen(row) !== CARRY[row]);
    assertEquals(stuckAt.list, [
      ...["a", "b", "c"].flatMap((wire, bit) => [
        { wire, value: 0, rows: wrong((row) => CARRY[row & ~(1 << bit)]!) },
        { wire, value: 1, rows: wrong((row) => CARRY[row | (1 << bit)]!) },
      ]),
      { wire: "gate 1", value: 0, rows: wrong(() => "0") },
      { wire: "gate 1", value: 1, rows: wrong(() => "1") },
    ]);
    for (const fault of stuckAt.list) {
      const found = stuckAt.testRows.filter((row: number) => fault.rows.includes(row));
      assertEquals(found.length > 0, true, `${fault.wire} at ${fault.value}`);
    }
    // z = 0.5 for two inputs of three: 0.5 / (2 + 1.5), and 0.5 over three weights.
    assertEquals([noise.parameter, noise.input, noise.weakestGate], [0.5 / 3.5, 0.5 / 3, 0]);
  });
});

Deno.test("atoms:faults says of every kind of atom what can be said", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/f.yaml`,
      'atoms:\n  - { name: ONE, inputs: [a], expression: "1" }\n',
    );
    const make = [
      ["--file", "f.yaml", "--out", "one.json"],
      ["--atoms", "NOT", "--method", "float", "--out", "float.json"],
      ["--atoms", "NOT", "--method", "qat", "--out", "qat.json"],
    ];
    for (const args of make) assertEquals((await runTaskIn(folder, "atoms:train", args)).code, 0);
    const args = ["one.json,float.json,qat.json", "--json"];
    const { code, stdout, stderr } = await runTaskIn(folder, "atoms:faults", args);
    assertEquals([code, stderr], [0, ""]);
    const [one, float, qat] = JSON.parse(stdout).data.checks;
    // A gate that looks at no input stands any error of it.
    assertEquals(Object.keys(one.faults), ["nibbles", "noise", "stuckAt"]);
    assertEquals(Object.keys(one.faults.noise), ["parameter", "weakestGate"]);
    assertEquals(float.faults, {});
    assertEquals(Object.keys(qat.faults), ["nibbles"]);
    assertEquals(qat.faults.nibbles.otherCodes.faults, 15 * qat.faults.nibbles.count);
  });
});

Deno.test("atoms:faults says nothing of an atom that is not exact, and exits with 1", async () => {
  await inFolder(async (folder) => {
    const layers = [{ inputs: 2, gates: 1, weights: "22", biases: "09" }];
    await writeArtifact(`${folder}/atoms.json`, "atoms", {
      task: "atoms:train",
      options: {},
      data: {
        format: "e2m1",
        nibbleOrder: "low-first",
        atoms: [{ name: "AND", inputs: ["a", "b"], truthTable: "0001", layers }],
      },
    });
    const { code, stdout, stderr } = await runTaskIn(folder, "atoms:faults", [
      "atoms.json",
      "--json",
    ]);
    assertEquals(code, 1);
    assertMatch(stderr, /^failed: atom AND is not exact: 2 of 4 rows wrong, so that nothing/);
    const [check] = JSON.parse(stdout).data.checks;
    assertEquals([check.wrong, check.faults, check.firstWrong.inputs], [2, undefined, "a=1 b=0"]);
  });
});
