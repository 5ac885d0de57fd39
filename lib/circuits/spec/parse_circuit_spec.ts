import { parse } from "@std/yaml";
import { decode, E2M1, encode as encodeE2M1 } from "../../numerics/mod.ts";
import { didYouMean, syntaxProblem, yamlLocator, type YamlPath } from "../../text/mod.ts";
import { CircuitError, type CircuitPlace } from "../circuit_error.ts";
import { MAX_BUS_WIDTH, type Port } from "../netlist.ts";
import type {
  AtomSpecPart,
  CircuitSpec,
  GateSpecPart,
  NestedSpecPart,
  WireExpression,
} from "./circuit_spec.ts";
import { jsonPositions } from "./json_position.ts";

type Part = AtomSpecPart | GateSpecPart | NestedSpecPart;
type Fields = Readonly<Record<string, unknown>>;

const CIRCUIT_FIELDS = [
  ...["name", "description", "inputs", "outputs", "wires", "internals", "circuits", "instances"],
  "atoms",
];
const PORT_HELP = "write buses as A: 8, or as a list of name and width";

/**
 * Reads a circuit from YAML or JSON. Ports and wires are buses, `A: 8`; parts stand under `instances`
 * by name, each an `atom` with `inputs` and `output`, a `gate` of `weights` and `bias` in E2M1 values with
 * the same, or a `circuit`, built-in or from `circuits`, with `inputs` and `outputs` by name. Wires are
 * written `A`, `A[3]` or `A[7:4]`. The TriX form, with lists of `inputs`, `outputs`, `internals` and
 * `atoms`, is read too (atoms specification, 3.1).
 *
 * @param file Its name, for messages.
 * @throws {CircuitError} with the place of what is wrong.
 */
export function parseCircuitSpec(text: string, file = "circuit.yaml"): CircuitSpec {
  const isJson = /^\s*\{/.test(text);
  const data = parseText(text, file, isJson);
  const { locate, duplicate }: Positions = isJson
    ? jsonPositions(text)
    : { locate: yamlLocator(text) };
  const reader = new SpecReader((path) => ({ file, ...locate(path, "value") }));
  if (duplicate !== undefined) reader.refuseDuplicate(duplicate);
  const name = file.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, "");
  return reader.circuit(data, [], name);
}

/** What tells where things stand in either kind of text. */
interface Positions {
  readonly locate: ReturnType<typeof yamlLocator>;
  readonly duplicate?: YamlPath;
}

function parseText(text: string, file: string, isJson: boolean): unknown {
  try {
    return isJson ? JSON.parse(text) : parse(text);
  } catch (cause) {
    const { what, position } = syntaxProblem(cause, text);
    throw new CircuitError(
      `the circuit is not ${isJson ? "JSON" : "YAML"}: ${what}`,
      "mend the line, or the one before it",
      { file, ...position },
    );
  }
}

/** Reads plain data, and says where what is wrong with it stands. */
class SpecReader {
  constructor(readonly place: (path: YamlPath) => CircuitPlace) {}

  refuseDuplicate(path: YamlPath): never {
    return this.#fail(path, `a second field is called ${path.at(-1)}`, "give every field its name");
  }

  circuit(data: unknown, path: YamlPath, fallbackName: string): CircuitSpec {
    const fields = this.#fields(data, path, CIRCUIT_FIELDS, "the circuit");
    const name = this.#text(fields, path, "name", fallbackName);
    const { circuits, instances, atoms } = fields;
    const nested = circuits === undefined ? [] : Object.entries(
      this.#fields(circuits, [...path, "circuits"], undefined, "circuits"),
    ).map(([key, value]) => this.circuit(value, [...path, "circuits", key], key));
    const parts: Part[] = [];
    if (instances !== undefined) {
      const own = [...path, "instances"];
      for (const [key, value] of this.#named(instances, own)) {
        parts.push(this.#part(value, [...own, key], String(key)));
      }
    }
    if (atoms !== undefined) {
      if (!Array.isArray(atoms)) this.#fail([...path, "atoms"], "atoms is no list", "write a list");
      atoms.forEach((value: unknown, i) =>
        parts.push(this.#trixAtom(value, [...path, "atoms", i]))
      );
    }
    if (parts.length === 0) {
      this.#fail(path, `circuit ${name} has no instances`, "add an atom, a gate or a circuit");
    }
    return {
      name,
      description: this.#text(fields, path, "description", ""),
      inputs: this.#ports(fields["inputs"], [...path, "inputs"], true),
      outputs: this.#ports(fields["outputs"], [...path, "outputs"], true),
      wires: [
        ...this.#ports(fields["wires"], [...path, "wires"], false),
        ...this.#ports(fields["internals"], [...path, "internals"], false),
      ],
      circuits: nested,
      parts,
      place: this.place(path),
    };
  }

  #part(data: unknown, path: YamlPath, fallbackName: string): Part {
    const known = ["name", "atom", "gate", "circuit", "inputs", "output", "outputs"];
    const fields = this.#fields(data, path, known, `instance ${fallbackName}`);
    const name = this.#text(fields, path, "name", fallbackName);
    const common = { name, place: this.place(path) };
    const kinds = ["atom", "gate", "circuit"].filter((kind) => fields[kind] !== undefined);
    if (kinds.length !== 1) {
      this.#fail(
        path,
        `instance ${name} is ${kinds.length === 0 ? "nothing" : kinds.join(" and ")}`,
        "give it one of atom, gate and circuit",
      );
    }
    if (fields["circuit"] !== undefined) {
      return {
        ...common,
        circuit: this.#text(fields, path, "circuit", ""),
        inputs: this.#wiring(fields["inputs"], [...path, "inputs"]),
        outputs: this.#wiring(fields["outputs"], [...path, "outputs"]),
      };
    }
    const wires = {
      inputs: this.#wireList(fields["inputs"], [...path, "inputs"]),
      output: this.#wire(fields["output"], [...path, "output"]),
    };
    if (fields["atom"] !== undefined) {
      return { ...common, ...wires, atom: this.#text(fields, path, "atom", "") };
    }
    const own = [...path, "gate"];
    const gate = this.#fields(fields["gate"], own, ["weights", "bias"], `the gate of ${name}`);
    return {
      ...common,
      ...wires,
      gate: {
        weights: this.#codes(gate["weights"], [...own, "weights"]),
        bias: this.#codes(gate["bias"], [...own, "bias"]),
      },
    };
  }

  #trixAtom(data: unknown, path: YamlPath): AtomSpecPart {
    const fields = this.#fields(data, path, ["name", "type", "inputs", "outputs"], "the atom");
    const outputs = this.#wireList(fields["outputs"], [...path, "outputs"]);
    const name = this.#text(fields, path, "name");
    if (outputs.length !== 1) {
      this.#fail(path, `atom ${name} has ${outputs.length} outputs`, "give it one");
    }
    return {
      name,
      atom: this.#text(fields, path, "type"),
      inputs: this.#wireList(fields["inputs"], [...path, "inputs"]),
      output: outputs[0]!,
      place: this.place(path),
    };
  }

  #codes(data: unknown, path: YamlPath): number[] {
    const values: unknown[] = Array.isArray(data) ? data : [data];
    return values.map((value, i) => {
      if (typeof value === "number") {
        const code = encodeE2M1(E2M1, value);
        if (decode(E2M1, code) === value) return code;
      }
      return this.#fail(
        Array.isArray(data) ? [...path, i] : path,
        `${JSON.stringify(value)} is no E2M1 value`,
        "choose from 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives; a bias can be a list of two",
      );
    });
  }

  #ports(data: unknown, path: YamlPath, isRequired: boolean): Port[] {
    const what = String(path.at(-1));
    if (data === undefined && !isRequired) return [];
    const ports = this.#isList(data)
      ? data.map((value, i): Port => {
        const own = [...path, i];
        const fields = this.#fields(value, own, ["name", "width"], `a bus of ${what}`);
        const width = fields["width"] ?? 1;
        return { name: this.#text(fields, own, "name"), width: this.#width(width, own) };
      })
      : Object.entries(this.#fields(data, path, undefined, what)).map(([name, width]): Port => ({
        name,
        width: this.#width(width, [...path, name]),
      }));
    if (ports.length === 0 && isRequired) this.#fail(path, `${what} has no bus`, PORT_HELP);
    for (const { name } of ports) {
      // Such names come in the order of the numbers, not in the order in which they are written.
      if (/^\d+$/.test(name) && ports.length > 1 && !this.#isList(data)) {
        const help = "write the buses as a list of name and width, which keeps their order";
        this.#fail([...path, name], `bus ${name} is called by a number`, help);
      }
      if (/[[\]:/,\s]/.test(name)) {
        this.#fail(path, `bus "${name}" has a character that wires use`, "use letters and digits");
      }
    }
    return ports;
  }

  #width(data: unknown, path: YamlPath): number {
    const isWidth = typeof data === "number" && Number.isInteger(data) && data > 0;
    if (isWidth && data <= MAX_BUS_WIDTH) return data;
    const expected = isWidth ? `at most ${MAX_BUS_WIDTH}` : "1 or more";
    return this.#fail(
      path,
      `the width is ${JSON.stringify(data)}, expected ${expected}`,
      PORT_HELP,
    );
  }

  #wiring(data: unknown, path: YamlPath): Record<string, WireExpression> {
    if (data === undefined) return {};
    const fields = this.#fields(data, path, undefined, String(path.at(-1)));
    return Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        this.#isList(value)
          ? this.#wireList(value, [...path, name])
          : this.#wire(value, [...path, name]),
      ]),
    );
  }

  #wireList(data: unknown, path: YamlPath): string[] {
    if (!this.#isList(data)) {
      return this.#fail(path, `${path.at(-1)} is no list of wires`, "write [A, B[0]]");
    }
    return data.map((wire, i) => this.#wire(wire, [...path, i]));
  }

  #wire(data: unknown, path: YamlPath): string {
    if (typeof data === "string" && data !== "") return data;
    return this.#fail(
      path,
      data === undefined ? `${path.at(-1)} is missing` : `${JSON.stringify(data)} is no wire`,
      "name a wire, such as A, A[3] or A[7:4]",
    );
  }

  #text(fields: Fields, path: YamlPath, key: string, fallback?: string): string {
    const value = fields[key];
    if (typeof value === "string" && (value !== "" || key === "description")) return value;
    if (value === undefined && fallback !== undefined) return fallback;
    const found = value === undefined ? "missing" : JSON.stringify(value);
    return this.#fail([...path, key], `${key} is ${found}, expected text`, `give a ${key}`);
  }

  /** Entries of a mapping by key, or of a list by index. */
  #named(data: unknown, path: YamlPath): [string | number, unknown][] {
    if (this.#isList(data)) return data.map((value, i) => [i, value]);
    return Object.entries(this.#fields(data, path, undefined, String(path.at(-1))));
  }

  #isList(data: unknown): data is readonly unknown[] {
    return Array.isArray(data);
  }

  #fields(
    data: unknown,
    path: YamlPath,
    known: readonly string[] | undefined,
    what: string,
  ): Fields {
    if (typeof data !== "object" || data === null || Array.isArray(data)) {
      const found = data === undefined ? "missing" : `${JSON.stringify(data)}, expected fields`;
      return this.#fail(path, `${what} is ${found}`, "write it as a block of fields");
    }
    for (const key of Object.keys(data)) {
      if (known === undefined || known.includes(key)) continue;
      this.#fail(
        [...path, key],
        `${what} has an unknown field ${key}`,
        `${didYouMean(key, known)}it takes ${known.join(", ")}`,
      );
    }
    return data as Fields;
  }

  #fail(path: YamlPath, what: string, help: string): never {
    throw new CircuitError(what, help, this.place(path));
  }
}
