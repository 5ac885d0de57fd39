import { assertEquals, assertMatch } from "@std/assert";
import { compile, trainAtoms } from "./_circuit_chain.ts";
import { inFolder, runTaskIn } from "./_process.ts";

Deno.test("circuit:run computes with built-in and compiled circuits, buses in either case", async () => {
  await inFolder(async (folder) => {
    await trainAtoms(folder);
    await compile(folder, "sub:8");
    const run = async (...args: string[]): Promise<Record<string, string>> => {
      const { code, stdout, stderr } = await runTaskIn(folder, "circuit:run", [...args, "--json"]);
      assertEquals([code, stderr], [0, ""]);
      return JSON.parse(stdout).outputs;
    };
    assertEquals(await run("adder:32", "a=37", "b=28"), { Sum: "65", Cout: "0" });
    const [a, b] = [2n ** 100n + 12345678901234567890n, 2n ** 128n - 1n];
    const sum = a + b + 1n;
    assertEquals(await run("adder:128", `A=${a}`, `b=0x${b.toString(16)}`, "cin=0b1"), {
      Sum: String(sum % 2n ** 128n),
      Cout: String(sum >> 128n),
    });
    assertEquals(await run("mul:16", "a=54321", "b=12345"), { P: String(54321 * 12345) });
    assertEquals(await run("circuit.json", "A=3", "B=5"), { Diff: "254", Bout: "1" });
  });
});

Deno.test("circuit:run refuses buses that are not there, twice there or too narrow", async () => {
  await inFolder(async (folder) => {
    const refuse = async (line: string, says: RegExp): Promise<void> => {
      const { code, stdout, stderr } = await runTaskIn(folder, "circuit:run", line.split(" "));
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, says);
    };
    await refuse("adder:8 a=1 c=2", /^error: circuit adder:8 has no input c\nhelp: .*A, B, Cin\n$/);
    await refuse("adder:8 a=1 A=2", /^error: input A is given twice\nhelp: /);
    await refuse(
      "adder:8 a=256",
      /^error: input A is 256, which its 8 wires .*\nhelp: .* 0 to 255\n$/,
    );
    await refuse("adder:8 a=-1", /^error: input A cannot be "-1"\nhelp: give a whole number/);
    await refuse("adder a=1", /^error: circuit "adder" has no width\nhelp: /);
    await refuse(
      "ADDER:8 a=1",
      /^error: unknown circuit "ADDER:8"\nhelp: did you mean "adder:8"\?\n$/,
    );
    await refuse(
      "c17.blif a=1",
      /^error: this is no compiled .* at c17\.blif\nhelp: compile it first/,
    );
    await refuse("nowhere.json a=1", /^error: no such file at nowhere\.json\nhelp: /);
  });
});
