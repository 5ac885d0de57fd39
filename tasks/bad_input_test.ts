import { assertEquals, assertMatch } from "@std/assert";
import { encodeSafetensors } from "../lib/artifacts/mod.ts";
import { filesBelow, FIXTURES, inFolder, runTaskIn, wordsOf } from "./_process.ts";

/** A bad input: what is done to the folder, the command, and what stderr must say. */
interface BadInput {
  readonly name: string;
  readonly prepare?: (folder: string) => Promise<void> | void;
  readonly command: string;
  readonly says: RegExp;
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
}

/** Puts the folder `m` of the tiny model there, with fields of its own in the config. */
async function model(folder: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
  await Deno.mkdir(`${folder}/m`);
  const config = JSON.parse(await Deno.readTextFile(`${FIXTURES}/decoders/tiny/config.json`));
  await Deno.writeTextFile(`${folder}/m/config.json`, JSON.stringify({ ...config, ...fields }));
}

/** Weights of the tiny model, of which the last matrix that is compiled has a NaN. */
function weightsWithNaN(): Uint8Array {
  const tensors: Record<string, number[]> = {
    "model.embed_tokens.weight": [64, 32],
    "model.norm.weight": [32],
  };
  for (const layer of ["model.layers.0", "model.layers.1"]) {
    Object.assign(tensors, {
      [`${layer}.input_layernorm.weight`]: [32],
      [`${layer}.self_attn.q_proj.weight`]: [32, 32],
      [`${layer}.self_attn.k_proj.weight`]: [16, 32],
      [`${layer}.self_attn.v_proj.weight`]: [16, 32],
      [`${layer}.self_attn.o_proj.weight`]: [32, 32],
      [`${layer}.post_attention_layernorm.weight`]: [32],
      [`${layer}.mlp.gate_proj.weight`]: [48, 32],
      [`${layer}.mlp.up_proj.weight`]: [48, 32],
      [`${layer}.mlp.down_proj.weight`]: [32, 48],
    });
  }
  return encodeSafetensors(
    Object.fromEntries(
      Object.entries(tensors).map(([name, shape]) => {
        const values = new Float32Array(shape.reduce((product, length) => product * length));
        if (name === "model.layers.1.mlp.down_proj.weight") values[3 * 48 + 1] = NaN;
        return [name, { dtype: "F32", shape, bytes: new Uint8Array(values.buffer) }];
      }),
    ),
  );
}

const BAD_INPUTS: readonly BadInput[] = [
  {
    name: "a missing file",
    command: "atoms:verify nowhere.json",
    says: /^error: no such file at nowhere\.json\nhelp: make it with: deno task atoms:train\n$/,
  },
  {
    name: "a folder instead of a file",
    command: "atoms:verify out",
    says: /^error: this is a folder, not a file at out\nhelp: /,
  },
  {
    name: "a truncated artifact",
    prepare: (folder) => edit(`${folder}/out/atoms.json`, (text) => text.slice(0, 200)),
    command: "atoms:verify",
    says:
      /^error: not JSON, or cut off: .* at out\/atoms\.json\nhelp: make it again with: deno task/,
  },
  {
    name: "an artifact of another kind",
    command: "circuit:verify out/atoms.json",
    says: /of kind "atoms", expected "circuit" at out\/atoms\.json#kind\nhelp: .*circuit:compile/,
  },
  {
    name: "an edited artifact",
    prepare: (folder) => edit(`${folder}/out/atoms.json`, (text) => text.replace('"AND"', '"AMD"')),
    command: "atoms:verify",
    says: /^error: the content does not match its recorded hash: found [0-9a-f]{64}, expected /,
  },
  {
    name: "an unknown board",
    command: "board:inject nexys-video",
    says:
      /^error: unknown board "nexys-video"\nhelp: did you mean "nexys_video"\? choose from custom_a7, kv260, nexys_video, v80/,
  },
  {
    name: "a board in place of settings",
    command: "emulate --settings boards/v80.yaml",
    says:
      /^error: a YAML file describes a board, and is no settings at boards\/v80\.yaml\nhelp: .*board:inject/,
  },
  {
    name: "an unknown atom",
    command: "atoms:train --atoms XOR,CARY",
    says: /^error: unknown atom "CARY" in --atoms\nhelp: did you mean "CARRY"\? choose from AND, /,
  },
  {
    name: "a missing atom",
    prepare: async (folder) => {
      await runTaskIn(folder, "atoms:train", ["--atoms", "SUM"]);
    },
    command: "circuit:compile adder:2",
    says: /needs atom CARRY, which is not among SUM at out\/atoms\.json\nhelp: train it: deno task/,
  },
  {
    name: "malformed YAML",
    prepare: (folder) =>
      Deno.writeTextFile(`${folder}/board.yaml`, "name: x\nclock_mhz: [1, 2\nmemory: 3\n"),
    command: "board:inject ./board.yaml",
    says: /^error: .* at \.\/board\.yaml:\d+:\d+\nhelp: /,
  },
  {
    name: "a board with a wrong unit",
    prepare: async (folder) => {
      const board = await Deno.readTextFile(new URL("../boards/v80.yaml", import.meta.url));
      const text = board.replace(/^clock_mhz: .*$/m, 'clock_mhz: "400 MHz"');
      await Deno.writeTextFile(`${folder}/board.yaml`, text);
    },
    command: "board:inject ./board.yaml",
    says: /^error: .*clock_mhz.* at \.\/board\.yaml:\d+:\d+\nhelp: /,
  },
  {
    name: "a settings file that is cut off",
    prepare: (folder) =>
      Deno.writeTextFile(`${folder}/s.toml`, "[TRANSACTIONAL.CONFIG.MLEN]\nvalue = 64\n"),
    command: "board:inject v80 --settings s.toml",
    says: /^error: .*TRANSACTIONAL.* at s\.toml.*\nhelp: /,
  },
  {
    name: "an unknown circuit",
    command: "circuit:compile adder",
    says: /^error: circuit "adder" has no width\nhelp: give one, such as adder:8\n$/,
  },
  {
    name: "assembly with two wrong lines",
    prepare: (folder) =>
      Deno.writeTextFile(`${folder}/x.asm`, "M_MMM 0, gp1, gp2\nS_ADDI_INT gp16, gp0, 1\n"),
    command: "emulate --program x.asm",
    says: /^error: .*x\.asm:1:1\nhelp: .*\nerror: .*x\.asm:2:\d+\nhelp: /,
  },
  {
    name: "a machine word that is none",
    prepare: (folder) => Deno.writeTextFile(`${folder}/x.mem`, "0x00000000\n0xZZ\n"),
    command: "emulate --program x.mem",
    says: /^error: .*x\.mem:2.*\nhelp: /,
  },
  {
    name: "settings that the program was not compiled for",
    prepare: async (folder) => {
      const { stdout } = await runTaskIn(folder, "board:inject", ["v80", "--json"]);
      await Deno.writeTextFile(
        `${folder}/out/settings.json`,
        stdout.replace('"blen": 4', '"blen": 8'),
      );
      await runTaskIn(folder, "artifacts:seal", ["out/settings.json"]);
    },
    command: "emulate --settings out/settings.json",
    says: /^error: the program was compiled for blen = 4, the settings have 8 at /,
  },
  {
    name: "a blob that was changed",
    prepare: (folder) =>
      edit(`${folder}/out/build/program.mem`, (text) => text.replace("0x", "0X")),
    command: "emulate",
    says:
      /^error: the content does not match the hash in .*program\.json#blobs\[1\].*program\.mem\n/,
  },
  {
    name: "an unknown option",
    command: "atoms:train --sed 4",
    says: /^error: Unknown option "--sed"\.\nhelp: Did you mean option "--seed"\?\n$/,
  },
  {
    name: "a value that is none of the choices",
    command: "emulate --memory-model hbn",
    says: /^error: --memory-model cannot be "hbn"\nhelp: did you mean "hbm"\?/,
  },
  {
    name: "a circuit with a wire that nothing drives",
    prepare: async (folder) => {
      await edit(`${folder}/out/circuit.json`, (text) => text.replace('"C[0]"', '"D[0]"'));
      await runTaskIn(folder, "artifacts:seal", ["out/circuit.json"]);
    },
    command: "circuit:verify",
    says:
      /^error: instance \w+ reads wire \S+, which nothing before it drives at out\/circuit\.json\n/,
  },
  {
    name: "a circuit that lacks an output",
    prepare: async (folder) => {
      const cout = /,\s*\{\s*"name": "Cout",\s*"width": 1\s*\}/;
      await edit(`${folder}/out/circuit.json`, (text) => text.replace(cout, ""));
      await runTaskIn(folder, "artifacts:seal", ["out/circuit.json"]);
    },
    command: "circuit:verify",
    says:
      /^error: the circuit's outputs are Sum:2, its definition has Sum:2 Cout:1 at out\/circuit/,
  },
  {
    name: "an edit that no task could read",
    prepare: (folder) =>
      edit(`${folder}/out/circuit.json`, (text) => text.replace('"width": 2', '"width": 0')),
    command: "artifacts:seal out/circuit.json",
    says:
      /^error: .* at out\/circuit\.json#data\.inputs\.0\.width\nhelp: mend it before you seal it/,
  },
  {
    name: "an image that is larger than the memory",
    command: "emulate --hbm-size 64",
    says: /^error: .* at out\/build\/program\.json\nhelp: give an image that fits/,
  },
  {
    name: "an HBM that is no whole number of blocks",
    command: "emulate --hbm-size 100",
    says: /^error: HBM size 100 is no multiple of 64 bytes\nhelp: give --hbm-size as a multiple/,
  },
  {
    name: "an image that is larger than its SRAM",
    prepare: (folder) => Deno.writeFile(`${folder}/fp.bin`, new Uint8Array(4000)),
    command: "emulate --fp-sram fp.bin",
    says: /^error: FP SRAM image has 2000 entries, the SRAM 1024 at fp\.bin\nhelp: give an image/,
  },
  {
    name: "an artifact that would replace its input",
    command: "atoms:verify out/atoms.json --out out/../out/atoms.json",
    says: /^error: the artifact would replace the file that it is made from at /,
  },
  {
    name: "an artifact of another name than .json",
    command: "board:inject v80 --out out/settings.toml",
    says: /^error: the name of an artifact ends in \.json at out\/settings\.toml\nhelp: /,
  },
  ...[
    "model:generate nowhere",
    "model:compare nowhere",
    "bench:compiler",
    "circuit:compile nowhere:1",
  ]
    .map((task): BadInput => ({
      name: `${task} with an artifact of another name than .json, before any work`,
      command: `${task} --out out/ro`,
      says: /^error: the name of an artifact ends in \.json at out\/ro\nhelp: choose .* --out\n$/,
    })),
  {
    name: "a clock that does not tick",
    command: "emulate --clock 0",
    says: /^error: --clock 0\nhelp: give MHz, above 0 and at most 1000000, or board\n$/,
  },
  {
    name: "the clock of a board that the settings do not name",
    command: "emulate --clock board",
    says: /^error: --clock board, but the settings name no board\nhelp: give --settings of board/,
  },
  {
    name: "memory that no preset stands for",
    prepare: async (folder) => {
      const board = await Deno.readTextFile(new URL("../boards/kv260.yaml", import.meta.url));
      await Deno.writeTextFile(`${folder}/b.yaml`, board.replace("type: ddr4", "type: ddr5"));
      await runTaskIn(folder, "board:inject", ["./b.yaml", "--out", "out/b/settings.json"]);
    },
    command: "emulate --settings out/b/settings.json --memory-model auto",
    says: /^error: the board kv260 has memory of type "ddr5", which .*\nhelp: choose .* --dram/,
  },
  {
    name: "an unknown model",
    command: "weights:fit llama-3.2-1bb",
    says: /^error: unknown model "llama-3\.2-1bb"\nhelp: did you mean "llama-3\.2-1b"\? give a /,
  },
  {
    name: "a model that is no decoder",
    command: "weights:fit smolvlm2-2.2b-vision",
    says: /^error: .* at fourbit:fixtures\/models\/smolvlm2-2\.2b-vision\.json#.*\nhelp: give /,
  },
  {
    name: "a context that the model is not made for",
    command: "weights:fit llama-3-8b --context 9000",
    says: /^error: a context of 9000 tokens, the model is made for 1 to 8192\nhelp: /,
  },
  {
    name: "a build and a model",
    command: "weights:manifest out/build --model llama-3-8b",
    says: /^error: a build and --model\nhelp: give one of the two\n$/,
  },
  {
    name: "an option of models for the build of a circuit",
    command: "weights:manifest out/build --kv mxfp4",
    says:
      /^error: --kv is for --model, and this is a build\nhelp: leave it out, or give the model\n$/,
  },
  {
    name: "an option of models for a circuit",
    command: "isa:emit out/circuit.json --weights=mxfp4",
    says:
      /^error: --weights is for models, and this is a circuit\nhelp: .* board:inject takes --weights/,
  },
  {
    name: "a config that asks for another model than is compiled",
    prepare: (folder) => model(folder, { model_type: "llada", architectures: [], rope: false }),
    command: "isa:emit m --random-weights 1",
    says:
      /^error: Unsupported: positions without .* at m\/config\.json#\$\.rope\nhelp: only models /,
  },
  {
    name: "a model of absurd width",
    prepare: (folder) => model(folder, { hidden_size: 2 ** 40 }),
    command: "isa:emit m --random-weights 1 --sequence 4",
    says:
      /^error: \$\.hidden_size must be a whole number from 1 to 1048576, .*#\$\.hidden_size\nhelp: /,
  },
  {
    name: "a model of a thousand million layers",
    prepare: (folder) => model(folder, { num_hidden_layers: 1e9 }),
    command: "weights:fit m",
    says: /^error: \$\.num_hidden_layers must be a whole number from 1 to 4096, .*\nhelp: /,
  },
  {
    name: "a pointer of Git LFS in place of weights",
    prepare: async (folder) => {
      await model(folder, {});
      const text = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
      await Deno.writeTextFile(`${folder}/m/model.safetensors`, text);
    },
    command: "isa:emit m --sequence 4",
    says: /^error: A pointer of Git LFS .* at m\/model\.safetensors\nhelp: .*: git lfs pull, in /,
  },
  {
    name: "weights that are no numbers, beside a good build",
    prepare: async (folder) => {
      await model(folder, {});
      await Deno.writeFile(`${folder}/m/model.safetensors`, weightsWithNaN());
    },
    command: "isa:emit m --sequence 4",
    says:
      /^error: Element \[3, 1\] of tensor (\S+down_proj\.weight) is NaN at m\/model\.safetensors#\1\nhelp: /,
  },
  {
    name: "words for a tokenizer that is cut off",
    prepare: async (folder) => {
      await model(folder, {});
      await Deno.writeTextFile(`${folder}/m/tokenizer.json`, '{"model": ');
    },
    command: "isa:emit m --random-weights 1 --prompt once",
    says: /^error: not JSON: .* at m\/tokenizer\.json\nhelp: /,
  },
  {
    name: "a config that is not there",
    command: "isa:emit nowhere/config.json",
    says:
      /^error: no such file at nowhere\/config\.json\nhelp: give circuit\.json, a model folder or /,
  },
  {
    name: "the words of a program where its text is wanted",
    command: "isa:asm out/build/program.mem",
    says:
      /^error: these are the words .* at out\/build\/program\.mem\nhelp: disassemble them: deno task /,
  },
  {
    name: "an input of a circuit without its number",
    command: "circuit:run adder:8 a",
    says: /^error: "a" gives no input a number\nhelp: write name=number, such as A=37\n$/,
  },
  {
    name: "a demo of too many cases",
    command: "demo --circuit adder:20",
    says:
      /^error: adder:20 has 41 input wires, too many to run all cases\nhelp: choose a circuit of /,
  },
  {
    name: "a file where a folder is needed",
    command: "atoms:train --out out/atoms.json/atoms.json",
    says: /^error: cannot write: .* at out\/atoms\.json\/atoms\.json\nhelp: choose a folder/,
  },
  {
    name: "an artifact below a file, before any word of a text",
    prepare: (folder) => model(folder, {}),
    command:
      "model:generate m --random-weights 1 --prompt 1 --tokens 1 --out out/atoms.json/x.json",
    says:
      /^error: cannot write: out\/atoms\.json is a file, not a folder at out\/atoms\.json\/x\.json\n/,
  },
  {
    name: "an artifact with the name of a folder",
    prepare: (folder) => Deno.mkdir(`${folder}/x.json`),
    command: "profile --out x.json",
    says: /^error: cannot write: this is a folder, not a file at x\.json\nhelp: .*--out\n$/,
  },
  {
    name: "a build folder that is a file",
    command: "isa:emit --out out/atoms.json",
    says:
      /^error: cannot write: this is a file, not a folder at out\/atoms\.json\nhelp: .*--out\n$/,
  },
  {
    name: "a config whose type is of another family than its architecture",
    prepare: (folder) => model(folder, { model_type: "mistral", sliding_window: 4 }),
    command: "isa:emit m --random-weights 1 --out b",
    says:
      /^error: \$\.model_type is "mistral", but .* llama at m\/config\.json#\$\.model_type\nhelp: /,
  },
];

for (const { name, prepare, command, says } of BAD_INPUTS) {
  Deno.test(`${name}: exit code 2, place and remedy, files untouched`, async () => {
    await inFolder(async (folder) => {
      for (const line of ["atoms:train", "circuit:compile adder:2", "circuit:verify", "isa:emit"]) {
        const [task, ...args] = wordsOf(line);
        assertEquals((await runTaskIn(folder, task!, args)).code, 0, line);
      }
      await prepare?.(folder);
      const before = filesBelow(folder);
      const [task, ...args] = wordsOf(command);
      const { code, stdout, stderr } = await runTaskIn(folder, task!, args);
      assertEquals([code, stdout], [2, ""], stderr);
      assertMatch(stderr, says);
      assertEquals(filesBelow(folder), before);
    });
  });
}

Deno.test("a read-only folder: exit code 2, place and remedy, nothing written", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/locked`, { mode: 0o555 });
    // Root may write to any ordinary folder; then it is one that Deno keeps from everybody.
    const probe = `${folder}/locked/probe`;
    const isRoot = await Deno.writeTextFile(probe, "").then(() => true, () => false);
    if (isRoot) await Deno.remove(probe);
    const out = isRoot ? "/proc/sys/fourbit/atoms.json" : "locked/atoms.json";
    const { code, stdout, stderr } = await runTaskIn(folder, "atoms:train", ["--out", out]);
    assertEquals([code, stdout], [2, ""]);
    const says = isRoot
      ? /^error: Requires all access to "\/proc\/sys\/fourbit.*\nhelp: run the task with the permission/
      : /^error: cannot write: .* at locked\/atoms\.json\nhelp: choose a folder/;
    assertMatch(stderr, says);
    assertEquals(filesBelow(folder).size, 0);
  });
});
