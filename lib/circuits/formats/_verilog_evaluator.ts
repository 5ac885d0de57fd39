/**
 * Test vocabulary: the small part of Verilog that circuits are written in, read and evaluated by its
 * definition in IEEE 1364. Shares nothing with what writes it.
 *
 * @module
 */

/** Value of a bus: bit 0 first. */
type Bits = readonly number[];

interface Port {
  readonly name: string;
  readonly isInput: boolean;
  readonly width: number;
}

interface Module {
  readonly ports: readonly Port[];
  /** Widths of ports and wires. */
  readonly nets: ReadonlyMap<string, number>;
  readonly assigns: readonly (readonly [net: string, bit: number, value: Expression])[];
  readonly instances: readonly {
    readonly module: string;
    readonly wiring: ReadonlyMap<string, Expression>;
  }[];
}

type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "net"; readonly name: string; readonly bit: number | undefined }
  | { readonly kind: "join"; readonly parts: readonly Expression[] }
  | { readonly kind: "*" | "+" | ">="; readonly left: Expression; readonly right: Expression };

/** The modules of a Verilog text. */
export class Verilog {
  readonly #modules = new Map<string, Module>();

  /** Reads a text; what is not of the part that is known, not declared or driven twice, throws. */
  constructor(text: string) {
    const words = text.replace(/\/\/.*/g, "")
      .match(/\\\S+|\d+'b[01]|[A-Za-z_][\w$]*|\d+|>=|\S/g) ?? [];
    const reader = new Reader(words);
    while (!reader.isAtEnd) {
      reader.take("module");
      const name = reader.name();
      if (this.#modules.has(name)) throw new Error(`two modules ${name}`);
      this.#modules.set(name, reader.module());
    }
  }

  /** What a module gives for its inputs, both in the order of its ports. */
  run(name: string, inputs: readonly bigint[]): bigint[] {
    const { ports } = this.#modules.get(name)!;
    const given = new Map<string, Bits>();
    ports.filter(({ isInput }) => isInput).forEach(({ name, width }, i) => {
      given.set(
        name,
        Array.from({ length: width }, (_, bit) => Number(inputs[i]! >> BigInt(bit) & 1n)),
      );
    });
    const values = this.#evaluate(name, given);
    return ports.filter(({ isInput }) => !isInput).map(({ name }) =>
      BigInt(`0b${values(name).toReversed().join("")}`)
    );
  }

  #evaluate(name: string, given: ReadonlyMap<string, Bits>): (net: string) => Bits {
    const module = this.#modules.get(name);
    if (module === undefined) throw new Error(`no module ${name}`);
    const drivers = new Map<string, () => number>();
    const known = new Map<string, number>();
    const drive = (net: string, bit: number, value: () => number): void => {
      if (bit >= module.nets.get(net)!) throw new Error(`${net}[${bit}] is not there`);
      if (drivers.has(`${net} ${bit}`)) throw new Error(`${net}[${bit}] is driven twice`);
      drivers.set(`${net} ${bit}`, value);
    };
    const bitOf = (net: string, bit: number): number => {
      const key = `${net} ${bit}`;
      let value = known.get(key);
      if (value === undefined) known.set(key, value = drivers.get(key)!());
      return value;
    };
    const bits = (net: string): Bits => {
      const width = module.nets.get(net);
      if (width === undefined) throw new Error(`${net} is not declared`);
      return Array.from({ length: width }, (_, bit) => bitOf(net, bit));
    };
    for (const [net, value] of given) value.forEach((bit, i) => drive(net, i, () => bit));
    for (const [net, bit, value] of module.assigns) drive(net, bit, () => number(value, bits) & 1);
    for (const { module: inner, wiring } of module.instances) {
      const ports = this.#modules.get(inner)?.ports ?? [];
      if (ports.length !== wiring.size) throw new Error(`ports of ${inner}`);
      let values: ((net: string) => Bits) | undefined;
      const run = (): (net: string) => Bits =>
        this.#evaluate(
          inner,
          new Map(
            ports.filter(({ isInput }) => isInput).map(({ name, width }) => {
              const value = bitsOf(wiring.get(name)!, bits);
              if (value.length !== width) throw new Error(`width of ${name} of ${inner}`);
              return [name, value];
            }),
          ),
        );
      for (const port of ports.filter(({ isInput }) => !isInput)) {
        const target = wiring.get(port.name)!;
        if (target.kind !== "net") throw new Error(`${inner} drives no net`);
        drive(target.name, target.bit ?? 0, () => (values ??= run())(port.name)[0]!);
      }
    }
    return bits;
  }
}

function bitsOf(expression: Expression, bits: (net: string) => Bits): Bits {
  if (expression.kind === "join") {
    return expression.parts.toReversed().flatMap((part) => bitsOf(part, bits));
  }
  if (expression.kind !== "net") return [number(expression, bits) & 1];
  const value = bits(expression.name);
  return expression.bit === undefined ? value : [value[expression.bit]!];
}

/** The value in 32 bits without sign. */
function number(expression: Expression, bits: (net: string) => Bits): number {
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "net":
    case "join":
      return bitsOf(expression, bits).reduceRight((value, bit) => 2 * value + bit, 0);
    case "*":
      return number(expression.left, bits) * number(expression.right, bits) >>> 0;
    case "+":
      return number(expression.left, bits) + number(expression.right, bits) >>> 0;
    case ">=":
      return Number(number(expression.left, bits) >= number(expression.right, bits));
  }
}

class Reader {
  #at = 0;

  constructor(readonly words: readonly string[]) {}

  get isAtEnd(): boolean {
    return this.#at >= this.words.length;
  }

  take(word: string): void {
    if (this.words[this.#at] !== word) {
      throw new Error(`${this.words.slice(this.#at, this.#at + 5).join(" ")}: expected ${word}`);
    }
    this.#at++;
  }

  has(word: string): boolean {
    if (this.words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }

  /** A name: an escaped one without its backslash. */
  name(): string {
    const word = this.words[this.#at++]!;
    if (!/^[\\A-Za-z_]/.test(word)) throw new Error(`${word} is no name`);
    return word.replace(/^\\/, "");
  }

  integer(): number {
    const word = this.words[this.#at++]!;
    if (!/^\d+$/.test(word)) throw new Error(`${word} is no number`);
    return Number(word);
  }

  module(): Module {
    const ports: Port[] = [];
    const nets = new Map<string, number>();
    const declare = (name: string, width: number): void => {
      if (nets.has(name)) throw new Error(`${name} is declared twice`);
      nets.set(name, width);
    };
    this.take("(");
    do {
      const isInput = this.has("input");
      if (!isInput) this.take("output");
      this.take("wire");
      let width = 1;
      if (this.has("[")) {
        width = this.integer() + 1;
        this.take(":");
        this.take("0");
        this.take("]");
      }
      const name = this.name();
      declare(name, width);
      ports.push({ name, isInput, width });
    } while (this.has(","));
    this.take(")");
    this.take(";");
    const assigns: [string, number, Expression][] = [];
    const instances: { module: string; wiring: Map<string, Expression> }[] = [];
    while (!this.has("endmodule")) {
      if (this.has("wire")) {
        const name = this.name();
        declare(name, 1);
        if (this.has("=")) assigns.push([name, 0, this.expression()]);
      } else if (this.has("assign")) {
        const target = this.operand();
        if (target.kind !== "net") throw new Error("assign to no net");
        this.take("=");
        assigns.push([target.name, target.bit ?? 0, this.expression()]);
      } else {
        const module = this.name();
        this.name();
        const wiring = new Map<string, Expression>();
        this.take("(");
        do {
          this.take(".");
          const port = this.name();
          this.take("(");
          wiring.set(port, this.expression());
          this.take(")");
        } while (this.has(","));
        this.take(")");
        instances.push({ module, wiring });
      }
      this.take(";");
    }
    return { ports, nets, assigns, instances };
  }

  /** Sums, perhaps compared. */
  expression(): Expression {
    const left = this.sum();
    return this.has(">=") ? { kind: ">=", left, right: this.sum() } : left;
  }

  sum(): Expression {
    let left = this.product();
    while (this.has("+")) left = { kind: "+", left, right: this.product() };
    return left;
  }

  product(): Expression {
    let left = this.operand();
    while (this.has("*")) left = { kind: "*", left, right: this.operand() };
    return left;
  }

  operand(): Expression {
    const word = this.words[this.#at]!;
    if (/^\d+$/.test(word)) return { kind: "number", value: this.integer() };
    const [, bit] = /^1'b([01])$/.exec(word) ?? [];
    if (bit !== undefined) {
      this.#at++;
      return { kind: "number", value: Number(bit) };
    }
    if (this.has("{")) {
      const parts = [this.expression()];
      while (this.has(",")) parts.push(this.expression());
      this.take("}");
      return { kind: "join", parts };
    }
    const name = this.name();
    let index: number | undefined;
    if (this.has("[")) {
      index = this.integer();
      this.take("]");
    }
    return { kind: "net", name, bit: index };
  }
}
