import { type CodeLoop, type CodeNode, executedInstructions, type Renewal } from "./code_tree.ts";
import type { Register } from "./register.ts";

/** What the pass did. */
export interface RenewedCode {
  /** The code, with renewals in the loops that are too long. */
  readonly nodes: readonly CodeNode[];
  /** Those loops. */
  readonly renewed: readonly {
    /** How often the body runs. */
    readonly count: number;
    /** Instructions of an iteration without renewals. */
    readonly executed: number;
    /** Places in its body that renew it. */
    readonly places: number;
  }[];
}

/** Instructions that are kept free: those of the renewals themselves, and of the loop's two ends. */
const MARGIN = 64;

/**
 * Keeps loops of which one iteration executes more than the machine allows (MAX_LOOP_INSTRUCTIONS),
 * and renews their count of instructions underway.
 *
 * The machine counts the instructions of a loop since it last jumped back to its start, and loops are
 * entries of a stack that C_LOOP_END looks up by their register (emulator specification, section 4.8).
 * A renewal pushes an entry B for the place where it is and jumps back to the start of the long loop;
 * that pushes an entry with the long loop's own register and a count of 1, and jumps on to B, where the
 * same C_LOOP_END now finds that entry, removes it and goes on. What is left to do of the long loop is
 * in the INT SRAM meanwhile. A renewal is nine executed instructions, five of them in the program.
 *
 * @param slots INT SRAM entries for loops that are too long, the outermost first.
 * @returns Undefined if such loops are nested deeper than there are entries, or an iteration may not be as
 * long as the renewals themselves.
 */
export function renewLongLoops(
  nodes: readonly CodeNode[],
  limit: number,
  slots: readonly number[],
): RenewedCode | undefined {
  const renewed: { count: number; executed: number; places: number }[] = [];
  let isTooDeep = false;
  const budget = limit - MARGIN;

  const outside = (list: readonly CodeNode[]): CodeNode[] =>
    list.map((node) => {
      if (node.kind === "stage") return { ...node, body: outside(node.body) };
      if (node.kind !== "loop" || iteration(node) <= limit) return node;
      return long(node, [], { file: "gp", name: "back" });
    });

  const long = (loop: CodeLoop, around: readonly Renewal[], back: Register): CodeLoop => {
    const own = { counter: loop.counter, back, slot: slots[around.length] ?? 0 };
    const placed = new Placed([...around, own], back);
    // An iteration of an inner loop renews those around it first.
    const body = around.length === 0 ? placed.list(loop.body) : placed.renewedList(loop.body);
    renewed.push({ count: loop.count, executed: iteration(loop), places: placed.places });
    return { ...loop, body, renewal: own };
  };

  /** The body of a long loop, in which renewals are placed. */
  class Placed {
    places = 0;
    /** Instructions since the last renewal, at the most. */
    #since = MARGIN / 2;

    constructor(readonly loops: readonly Renewal[], readonly back: Register) {}

    list(nodes: readonly CodeNode[]): CodeNode[] {
      return nodes.flatMap((node): CodeNode[] => {
        if (node.kind === "stage") return [{ ...node, body: this.list(node.body) }];
        const whole = executedInstructions([node]);
        if (this.#since + whole <= budget) {
          this.#since += whole;
          return [node];
        }
        if (node.kind === "loop" && MARGIN / 2 + whole > budget) return [this.#inside(node)];
        const before = this.#renew();
        this.#since += whole;
        return [before, node];
      });
    }

    renewedList(nodes: readonly CodeNode[]): CodeNode[] {
      return [this.#renew(), ...this.list(nodes)];
    }

    #inside(loop: CodeLoop): CodeLoop {
      if (iteration(loop) + MARGIN > budget) {
        isTooDeep ||= this.loops.length === slots.length;
        const inner = long(loop, this.loops, this.back);
        this.#since = budget;
        return inner;
      }
      return { ...loop, body: this.renewedList(loop.body) };
    }

    #renew(): CodeNode {
      this.places++;
      this.#since = MARGIN / 2;
      return { kind: "renewal", loops: this.loops };
    }
  }

  if (budget <= MARGIN) return undefined;
  const code = outside(nodes);
  return isTooDeep ? undefined : { nodes: code, renewed };
}

/** Instructions that one iteration executes. */
function iteration(loop: CodeLoop): number {
  return executedInstructions(loop.body) + 1;
}
