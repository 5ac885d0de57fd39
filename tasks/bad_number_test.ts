import { assertEquals, assertMatch } from "@std/assert";
import { inFolder, runTaskIn, wordsOf } from "./_process.ts";

const ROOT = new URL("../", import.meta.url);

/** A board like the Nexys Video with another clock. */
async function boardOf(folder: string, clock: string): Promise<void> {
  const board = await Deno.readTextFile(new URL("boards/nexys_video.yaml", ROOT));
  await Deno.writeTextFile(
    `${folder}/b.yaml`,
    board.replace(/^clock_mhz: .*$/m, `clock_mhz: ${clock}`),
  );
  await runTaskIn(folder, "board:inject", ["./b.yaml", "--out", "s.json"]);
}

/** Numbers that are numbers and still make no sense, what is done before, and what stderr says. */
const BAD_NUMBERS: readonly {
  readonly command: string;
  readonly prepare?: (folder: string) => Promise<void>;
  readonly says: RegExp;
}[] = [
  {
    command: "emulate --program p.asm --clock 1e-30",
    says: /^error: --clock 1e-30\nhelp: give MHz/,
  },
  {
    command: "emulate --program p.asm --settings s.json --clock board",
    prepare: (folder) => boardOf(folder, "1e30"),
    says: /^error: --clock board, which is 1e\+30 MHz on nexys_video\nhelp: give --clock/,
  },
  {
    command: "emulate --program p.asm --memory-model hbm --ddr-capacity 0",
    says: /^error: --ddr-capacity cannot be 0\nhelp: /,
  },
  {
    command: "emulate --program p.asm --memory-model ideal --host-bandwidth 0",
    says: /^error: --host-bandwidth cannot be 0\nhelp: /,
  },
  {
    command: "emulate --program p.asm --memory-model hbm --dram hbm2e",
    says: /^error: --dram has no effect with --memory-model hbm\nhelp: /,
  },
  {
    command: "emulate --program p.asm --memory-model auto --memory-rules plena --dram hbm2e",
    says: /^error: --dram has no effect with --memory-rules plena\nhelp: /,
  },
  { command: "profile p.asm --mlen 0", says: /^error: --mlen cannot be 0\nhelp: / },
  { command: "profile p.asm --clock-mhz 0", says: /^error: --clock-mhz cannot be 0\nhelp: / },
  {
    command: "profile p.asm --clock-mhz 1e-320",
    says: /^error: --clock-mhz cannot be 1e-320\nhelp: /,
  },
  {
    command: "profile p.asm --mlen 9007199254740991",
    says: /^error: the program takes more than 9,007,199,254,740,991 cycles at p\.asm\nhelp: /,
  },
  {
    command: "profile p.mem",
    prepare: (folder) => Deno.writeTextFile(`${folder}/p.mem`, "0x00000001\n"),
    says: /^error: no line is an instruction at p\.mem\nhelp: .*isa:disasm/,
  },
  {
    command: "isa:disasm image.bin",
    prepare: (folder) => Deno.writeFile(`${folder}/image.bin`, new Uint8Array(4096)),
    says: /^error: this is no text: it has a byte 0 at image\.bin\nhelp: /,
  },
  {
    command: "isa:asm image.asm",
    prepare: (folder) => Deno.writeFile(`${folder}/image.asm`, new Uint8Array(4096)),
    says: /^error: this is no text: it has a byte 0 at image\.asm\nhelp: /,
  },
  {
    command: "weights:fit llama-3.2-1b --context 0",
    says: /^error: --context cannot be 0\nhelp: /,
  },
  { command: "weights:fit llama-3.2-1b --batch 0", says: /^error: --batch cannot be 0\nhelp: / },
  {
    command: "weights:fit llama-3.2-1b --batch 1000000000000",
    says: /^error: .* takes more than 9,007,199,254,740,991 bytes\nhelp: give a smaller --batch/,
  },
  {
    command: "weights:manifest --model llama-3.2-1b --batch 1000000000000",
    says: /^error: .* takes more than 9,007,199,254,740,991 bytes\nhelp: give a smaller --batch/,
  },
  {
    command: "weights:manifest --model llama-3.2-1b --ddr-capacity 0",
    says: /^error: --ddr-capacity cannot be "0"\nhelp: give a size above 0/,
  },
  {
    command: "weights:manifest --model llama-3.2-1b --ddr-capacity 0.0001",
    says: /^error: --ddr-capacity cannot be "0.0001"\nhelp: give a size above 0/,
  },
];

for (const { command, prepare, says } of BAD_NUMBERS) {
  Deno.test(`${command}: exit code 2 and a remedy, no bug`, async () => {
    await inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/p.asm`, "M_MM 0, gp1, gp2\nM_MM 0, gp1, gp2\n");
      await prepare?.(folder);
      const [task, ...args] = wordsOf(command);
      const { code, stdout, stderr } = await runTaskIn(folder, task!, args);
      assertEquals([code, stdout], [2, ""], stderr);
      assertMatch(stderr, says);
    });
  });
}

// Memory regimes specification, 4.6: the samples of the generator's own size grammar.
for (
  const [size, bytes] of [
    ["512M", 536870912],
    ["512MiB", 536870912],
    ["512 M", 536870912],
    ["256Mi", 268435456],
    ["1.5G", 1610612736],
    ["100B", 100],
    ["1e3K", 1024000],
  ] as const
) {
  Deno.test(`weights:manifest --ddr-capacity "${size}" is ${bytes} bytes`, async () => {
    await inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/hbm_addrs.json`, '{"W_q_0": 0, "X": 64}');
      const { code, stderr } = await runTaskIn(folder, "weights:manifest", [
        ...[".", "--ddr-capacity", size, "--out", "m.json"],
      ]);
      assertEquals([code, stderr], [0, ""]);
      const manifest = JSON.parse(await Deno.readTextFile(`${folder}/m.plena.json`));
      assertEquals(manifest.ddr_capacity_bytes, bytes);
    });
  });
}

Deno.test("emulate says which options have no effect, and which link is assumed", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/p.asm`, "S_ADDI_INT gp1, gp0, 1\n");
    await Deno.writeTextFile(
      `${folder}/m.json`,
      '{"activation_ceiling": 0, "regions": [{"layer_id": 0, "offset": 0, "size": 4096}]}',
    );
    await runTaskIn(folder, "board:inject", ["v80", "--out", "s.json"]);
    for (
      const [command, says] of [
        [
          "emulate --program p.asm --manifest m.json --ddr-capacity 1K",
          /^note: --manifest has no effect with --memory-model hbm\nnote: --ddr-capacity has no/m,
        ],
        [
          "emulate --program p.asm --settings s.json --manifest m.json --memory-model weight-stream",
          /^note: v80 names no host link, so that of the public default counts: 60000000 bytes\/s$/m,
        ],
      ] as const
    ) {
      const { code, stdout, stderr } = await runTaskIn(
        folder,
        "emulate",
        wordsOf(command).slice(1),
      );
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, says);
    }
  });
});
