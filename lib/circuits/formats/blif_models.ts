import { blifLines, type BlifWord } from "./blif_lines.ts";
import { FormatError } from "./format_error.ts";

/** A table of a model: a wire as a sum of products of others. */
export interface BlifTable {
  /** Wires that it reads. */
  readonly inputs: readonly BlifWord[];
  /** The wire that it drives. */
  readonly output: BlifWord;
  /** Products: per input 1, 0 or - for either. */
  readonly cubes: readonly string[];
  /** Whether the products say where the wire is 0 rather than where it is 1. */
  readonly complemented: boolean;
}

/** A model within a model. */
export interface BlifInstance {
  /** Name of the model. */
  readonly model: BlifWord;
  /** Its wires and those outside that they are. */
  readonly wires: readonly (readonly [formal: BlifWord, actual: string])[];
}

/** A model as it is written. */
export interface BlifModel {
  /** Name; empty if it has none. */
  readonly name: string;
  /** Where it begins. */
  readonly start: BlifWord;
  /** Input wires. */
  readonly inputs: BlifWord[];
  /** Output wires. */
  readonly outputs: BlifWord[];
  /** Tables. */
  readonly tables: BlifTable[];
  /** Models within. */
  readonly instances: BlifInstance[];
}

/** Says where a word is. */
export type BlifFault = (message: string, help: string, word: BlifWord) => FormatError;

/** Directives that say nothing about what a circuit computes. */
const IGNORED = new Set(
  (".attr .param .cname .area .delay .wire_load_slope .wire .input_arrival .output_required " +
    ".default_input_arrival .default_output_required .input_drive .default_input_drive " +
    ".output_load .default_output_load .max_input_load .default_max_input_load .clock " +
    ".clock_event .no_merge").split(" "),
);
const LATCH = ["a latch", "give a combinational circuit: cut latches open into inputs and outputs"];
/** Directives of what this reader does not take: what the circuit has, and what to do instead. */
const REFUSED: ReadonlyMap<string, readonly string[]> = new Map([
  [".latch", LATCH],
  [".mlatch", LATCH],
  [".gate", ["a gate of a library", "write the gates of the library as .names tables"]],
  [".search", ["parts in another file", "put the models of the other file into this one"]],
  [".start_kiss", ["a state machine", "give a combinational circuit"]],
  [".blackbox", ["a model without tables", "give the model its tables"]],
]);

/** The models of a text, the first one being the circuit. */
export function blifModels(text: string, fault: BlifFault): BlifModel[] {
  const models: BlifModel[] = [];
  let model: BlifModel | undefined;
  let isSkipping = false; // external don't-cares follow: the circuit is what the tables say
  const lines = blifLines(text);
  for (let at = 0; at < lines.length; at++) {
    const [word, ...rest] = lines[at] as [BlifWord, ...BlifWord[]];
    const directive = word.text;
    if (directive === ".end") {
      model = undefined;
      isSkipping = false;
      continue;
    }
    if (directive === ".model" || model === undefined) {
      isSkipping = false;
      const name = directive === ".model" ? rest.map(({ text }) => text).join(" ") : "";
      model = { name, start: word, inputs: [], outputs: [], tables: [], instances: [] };
      if (models.some((other) => other.name === name)) {
        throw fault(`a second model is called "${name}"`, "give every model its name", word);
      }
      models.push(model);
      if (directive === ".model") continue;
    }
    if (directive === ".exdc") isSkipping = true;
    if (isSkipping || IGNORED.has(directive)) continue;
    if (directive === ".names") {
      let end = at + 1;
      while (end < lines.length && !lines[end]![0]!.text.startsWith(".")) end++;
      model.tables.push(tableOf(word, rest, lines.slice(at + 1, end), fault));
      at = end - 1;
    } else if (directive === ".inputs") model.inputs.push(...rest);
    else if (directive === ".outputs") model.outputs.push(...rest);
    else if (directive === ".conn") model.tables.push(aliasOf(word, rest, fault));
    else if (directive === ".subckt") model.instances.push(instanceOf(word, rest, fault));
    else if (REFUSED.has(directive)) {
      const [what, help] = REFUSED.get(directive)!;
      throw fault(`the circuit has ${what} (${directive})`, help!, word);
    } else if (directive.startsWith(".")) {
      throw fault(
        `unknown directive ${directive}`,
        "known are .model, .inputs, .outputs, .names, .subckt and .end",
        word,
      );
    } else {
      throw fault(
        `"${directive}" stands outside of a table`,
        "rows of a table follow its .names line",
        word,
      );
    }
  }
  return models;
}

function tableOf(
  directive: BlifWord,
  wires: readonly BlifWord[],
  rows: readonly (readonly BlifWord[])[],
  fault: BlifFault,
): BlifTable {
  const output = wires.at(-1);
  if (output === undefined) {
    throw fault(".names without a wire", "name the wire that the table drives", directive);
  }
  const inputs = wires.slice(0, -1);
  const cubes: string[] = [];
  let value: string | undefined;
  for (const row of rows) {
    const digits = row.at(-1)!;
    const cube = row.slice(0, -1).map(({ text }) => text).join("");
    if (!/^[01]$/.test(digits.text)) {
      throw fault(
        `row of ${output.text} ends in "${digits.text}", expected 0 or 1`,
        inputs.length > 0 && row.length === 1
          ? "write the inputs, a space and the value of the output"
          : "a row gives the value of the output last",
        digits,
      );
    }
    const wrong = /[^01-]/.exec(cube)?.[0];
    if (wrong !== undefined || cube.length !== inputs.length) {
      throw fault(
        wrong === undefined
          ? `row of ${output.text} has ${cube.length} inputs, expected ${inputs.length}`
          : `row of ${output.text} has "${wrong}"`,
        "write 0, 1 or - for every input",
        row[0]!,
      );
    }
    if (value !== undefined && value !== digits.text) {
      throw fault(
        `rows of ${output.text} give both 0 and 1`,
        "give the rows of one value: all others have the other",
        digits,
      );
    }
    value = digits.text;
    cubes.push(cube);
  }
  return { inputs, output, cubes, complemented: value === "0" };
}

function aliasOf(directive: BlifWord, wires: readonly BlifWord[], fault: BlifFault): BlifTable {
  if (wires.length !== 2) throw fault(".conn takes two wires", "name both", directive);
  return { inputs: [wires[0]!], output: wires[1]!, cubes: ["1"], complemented: false };
}

function instanceOf(
  directive: BlifWord,
  [model, ...pairs]: readonly BlifWord[],
  fault: BlifFault,
): BlifInstance {
  if (model === undefined) throw fault(".subckt without a model", "name the model", directive);
  const wires = pairs.map((word) => {
    const at = word.text.indexOf("=");
    if (at < 1 || at + 1 === word.text.length) {
      throw fault(`"${word.text}" is no connection`, "write inner=outer", word);
    }
    const formal = { ...word, text: word.text.slice(0, at) };
    return [formal, word.text.slice(at + 1)] as const;
  });
  return { model, wires };
}
