import { assert, assertEquals } from "@std/assert";
import { injectBoard, parseBoard, SHIPPED_SETTINGS } from "../boards/mod.ts";
import { MNEMONICS } from "../isa/mod.ts";
import { boardCosts, compareWithMachine } from "./machine_costs.ts";
import { profileAssembly } from "./static_profile.ts";

const board = parseBoard(
  await Deno.readTextFile(new URL("../../boards/nexys_video.yaml", import.meta.url)),
);
const { settings } = injectBoard(SHIPPED_SETTINGS, board);

Deno.test("boardCosts() of the Nexys Video are those of the specification", () => {
  const costs = boardCosts(board, settings);
  assertEquals([costs.systolicOverhead, costs.vectorAdd, costs.vectorSum], [8, 9, 30]);
  assertEquals([costs.prefetchV, costs.prefetchM, costs.storeV], [25, 400, 25]);
});

Deno.test("compareWithMachine() explains every opcode whose costs differ", () => {
  const profile = profileAssembly(MNEMONICS.join("\n"), boardCosts(board, settings));
  const compared = compareWithMachine(profile, settings);
  assertEquals(compared.length, MNEMONICS.length);
  for (const { opcode, cycles, emulatedCycles, difference } of compared) {
    assertEquals(difference === "", cycles === emulatedCycles, opcode);
  }
  const cyclesOf = (opcode: string): number | null =>
    compared.find((row) => row.opcode === opcode)!.emulatedCycles;
  assertEquals([cyclesOf("M_MM"), cyclesOf("M_MV"), cyclesOf("M_BTMV")], [72, 64, 9]);
  assertEquals([cyclesOf("S_MAP_V_FP"), cyclesOf("V_MAX_VF"), cyclesOf("V_TOPK")], [128, 4, 128]);
  assertEquals(cyclesOf("H_STORE_V"), null);
  const [measured] = compareWithMachine(
    profileAssembly("H_STORE_V", boardCosts(board, settings)),
    settings,
    new Map([["H_STORE_V", 32]]),
  );
  assertEquals(measured, {
    opcode: "H_STORE_V",
    executed: 1,
    cycles: 25,
    emulatedCycles: 32,
    difference: "the machine's memory model times every transfer",
  });
  const [unknown] = compareWithMachine(
    profileAssembly("V_SHIFT_V", boardCosts(board, settings)),
    settings,
  );
  assert(unknown!.difference.includes("no such instruction"));
  const [free] = compareWithMachine(
    profileAssembly("V_RED_SUM f0, gp1", boardCosts(board, settings)),
    settings,
    new Map([["V_RED_SUM", 0]]),
  );
  assert(free!.difference.includes("f0 is free"));
});
