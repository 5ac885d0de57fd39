/**
 * What an exhaustive run saw: per output wire the number of ones and a digest of their places, over
 * all 2^n cases. The digest is Σ word·(2j + 1) mod 2^32 over the j-th 32 cases as a word, case 32j
 * its lowest bit; with fewer than 32 cases the other bits are 0.
 */
export interface ExhaustiveCertificate {
  /** Kind of the certificate. */
  readonly kind: "exhaustive";
  /** Input wires. */
  readonly inputs: number;
  /** Per output wire: in how many cases it is 1. */
  readonly ones: readonly number[];
  /** Per output wire: the digest. */
  readonly digests: readonly number[];
}

/**
 * A decision diagram that holds every gate of a circuit and every conjunction of its specification,
 * so that each can be checked by itself. A reference is twice a node's number, plus 1 for its
 * complement; node 0 is the constant 0, the k-th triple of `nodes` is node k + 1.
 */
export interface BddCertificate {
  /** Kind of the certificate. */
  readonly kind: "bdd";
  /** The input wire that is decided at each level, the first level first. */
  readonly order: readonly number[];
  /** Level, reference where that input is 0 and where it is 1, of each node in turn. */
  readonly nodes: readonly number[];
  /** The reference of each gate. */
  readonly gates: readonly number[];
  /** The conjunctions that the specification is made of: two references and that of both. */
  readonly ands: readonly number[];
}

/**
 * A refutation of every difference between circuit and specification: a graph of and-gates of both,
 * numbered as in AIGER, and derived clauses as lines in the LRAT format (Cruz-Filipe et al. 2017).
 *
 * Literal x of the graph is the literal ±(x div 2 + 1) of the clauses, negative if x is odd. Clause
 * 1 is the unit clause that the constant is 0; the and-gate of node n with literals a and b has
 * clauses (¬n ∨ a), (¬n ∨ b), (n ∨ ¬a ∨ ¬b), numbered in the order of the nodes from 2 on. The lines
 * must derive that every output of the circuit is that of the specification, in two clauses each.
 */
export interface SatCertificate {
  /** Kind of the certificate. */
  readonly kind: "sat";
  /** The two literals of each and-gate. */
  readonly ands: readonly number[];
  /** The literal of each gate. */
  readonly gates: readonly number[];
  /** Lines `id literal … 0 id … 0`: a clause, and the clauses that it follows from. */
  readonly proof: readonly string[];
}

/** The evidence of a positive verdict; plain data, checked by `checkCertificate()`. */
export type Certificate = ExhaustiveCertificate | BddCertificate | SatCertificate;
