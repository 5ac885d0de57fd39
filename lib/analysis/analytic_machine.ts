/**
 * The machine of the public analytic model: dimensions and latencies, and what an instruction costs
 * in a full pipeline (memory regimes specification, section 2.2).
 */
export interface AnalyticMachine {
  /** Edge of a matrix tile. */
  readonly mlen: number;
  /** Elements of a vector row. */
  readonly vlen: number;
  /** Rows of a systolic block. */
  readonly blen: number;
  /** Width of a head's slot. */
  readonly hlen: number;
  /** Rows of the vector SRAM. */
  readonly vectorSramRows: number;
  /** Rows of one H_PREFETCH_V. */
  readonly vectorPrefetchRows: number;
  /** Cycles of a vector instruction that has no latency of its own. */
  readonly vectorBasic: number;
  /** Cycles of V_ADD and V_SUB. */
  readonly vectorAdd: number;
  /** Cycles of V_MUL. */
  readonly vectorMul: number;
  /** Cycles of V_EXP_V. */
  readonly vectorExp: number;
  /** Cycles of V_RECI_V; the public model takes those of V_EXP_V. */
  readonly vectorReci: number;
  /** Cycles of V_RED_MAX. */
  readonly vectorMax: number;
  /** Cycles of V_RED_SUM. */
  readonly vectorSum: number;
  /** Cycles of scalar FP instructions without a latency of their own. */
  readonly scalarFpBasic: number;
  /** Cycles of S_EXP_FP. */
  readonly scalarFpExp: number;
  /** Cycles of S_RECI_FP. */
  readonly scalarFpReci: number;
}

/** The shipped machine of the analytic model, with its dedicated-compute latencies. */
export const ANALYTIC_MACHINE: AnalyticMachine = {
  mlen: 2048,
  vlen: 2048,
  blen: 128,
  hlen: 128,
  vectorSramRows: 65_536,
  vectorPrefetchRows: 16,
  vectorBasic: 1,
  vectorAdd: 1,
  vectorMul: 1,
  vectorExp: 1,
  vectorReci: 2,
  vectorMax: 4,
  vectorSum: 8,
  scalarFpBasic: 1,
  scalarFpExp: 1,
  scalarFpReci: 1,
};

/**
 * Whose arithmetic: `plena` gives the public figures, with what they leave out; `right` counts what a
 * decoder does. {@linkcode ANALYTIC_DIFFERENCES} lists where they part.
 */
export type AnalyticRules = "plena" | "right";

/** Where the two rules of the analytic model part. */
export const ANALYTIC_DIFFERENCES: readonly string[] = [
  "K and V projections contract over the hidden width, not over the width of all KV heads",
  "the output projection of attention counts",
  "a layer has two residual additions, not one",
  "part of a vector row counts as a row, not as none",
  "a reciprocal has its own latency, not that of the exponential",
  "the head width is the config's, not hidden / heads",
  "every pass ends with the head of the vocabulary",
  "a decode step is not counted twice",
];

/** Cycles of instructions that follow each other without a gap. */
export interface PipelinedCosts {
  /** M_MM and M_TMM. */
  readonly matrix: number;
  /** M_BMM and M_BTMM. */
  readonly batchedMatrix: number;
  /** M_MV, M_TMV and the batched forms. */
  readonly matrixVector: number;
  /** A vector instruction without a row of its own. */
  readonly vectorBasic: number;
  /** V_ADD and V_SUB. */
  readonly vectorAdd: number;
  /** V_MUL. */
  readonly vectorMul: number;
  /** V_EXP_V. */
  readonly vectorExp: number;
  /** V_RECI_V. */
  readonly vectorReci: number;
  /** V_RED_MAX and V_TOPK. */
  readonly vectorMax: number;
  /** V_RED_SUM. */
  readonly vectorSum: number;
  /** Scalar FP without a row of its own. */
  readonly scalarBasic: number;
  /** S_EXP_FP. */
  readonly scalarExp: number;
  /** S_RECI_FP. */
  readonly scalarReci: number;
  /** Issue of H_PREFETCH_M, H_PREFETCH_V and H_STORE_V. */
  readonly transfer: number;
}

/** The pipelined costs of a machine; `transfer` is the issue of a prefetch or a store. */
export function pipelinedCosts(machine: AnalyticMachine, rules: AnalyticRules): PipelinedCosts {
  const { mlen, blen } = machine;
  return {
    matrix: blen,
    batchedMatrix: Math.floor(mlen / blen) ** 2 * blen,
    matrixVector: 1 + blen,
    vectorBasic: machine.vectorBasic,
    vectorAdd: machine.vectorAdd,
    vectorMul: machine.vectorMul,
    vectorExp: 1 + machine.vectorExp,
    vectorReci: 1 + (rules === "plena" ? machine.vectorExp : machine.vectorReci),
    vectorMax: 1 + machine.vectorMax,
    vectorSum: machine.vectorSum,
    scalarBasic: machine.scalarFpBasic,
    scalarExp: machine.scalarFpExp,
    scalarReci: machine.scalarFpReci,
    transfer: 1,
  };
}
