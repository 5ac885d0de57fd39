/**
 * What a bit may be: a Boolean, a node of a decision diagram, a literal of a graph of and-gates, a
 * vector of cases. A specification written over this interface can be read as each of them.
 */
export interface BitAlgebra<B> {
  /** The constant 0. */
  readonly zero: B;
  /** The constant 1. */
  readonly one: B;
  /** 1 where `a` is 0. */
  readonly not: (a: B) => B;
  /** 1 where both are. */
  readonly and: (a: B, b: B) => B;
  /** 1 where one of them is. */
  readonly or: (a: B, b: B) => B;
  /** 1 where exactly one of them is. */
  readonly xor: (a: B, b: B) => B;
  /** `whenOne` where `select` is 1, elsewhere `whenZero`. */
  readonly mux: (select: B, whenOne: B, whenZero: B) => B;
}

/**
 * A function of bits, over any algebra: the statement that is proved of a circuit. It must use
 * nothing but the algebra and its own inputs, and give the same expression each time.
 *
 * @param inputs One bit per input wire, in the order of the circuit's wires.
 * @returns One bit per output wire.
 */
export type BitFunction = <B>(algebra: BitAlgebra<B>, inputs: readonly B[]) => readonly B[];

/**
 * The whole algebra from the two operations `and` and `not`. Every specification is expanded by
 * these rules before a proof by and-gates, so that its certificate speaks of one expression.
 */
export function algebraOfAnds<B>(
  { zero, one, not, and }: Pick<BitAlgebra<B>, "zero" | "one" | "not" | "and">,
): BitAlgebra<B> {
  const or = (a: B, b: B): B => not(and(not(a), not(b)));
  return {
    zero,
    one,
    not,
    and,
    or,
    xor: (a, b) => or(and(a, not(b)), and(not(a), b)),
    mux: (select, whenOne, whenZero) => or(and(select, whenOne), and(not(select), whenZero)),
  };
}

/** Plain Booleans: a specification over them computes one case. */
export const BOOLEANS: BitAlgebra<boolean> = {
  zero: false,
  one: true,
  not: (a) => !a,
  and: (a, b) => a && b,
  or: (a, b) => a || b,
  xor: (a, b) => a !== b,
  mux: (select, whenOne, whenZero) => select ? whenOne : whenZero,
};
