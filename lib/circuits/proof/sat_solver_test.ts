import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ClauseLog } from "./clause_log.ts";
import { SatSolver } from "./sat_solver.ts";

const VARIABLES = 12;
const EVERY = Array.from({ length: VARIABLES }, (_, v) => v);
/** Clauses of two or three different variables that the assignment of zeros satisfies. */
const FORMULAS = fc.array(
  fc.tuple(
    fc.uniqueArray(fc.nat(VARIABLES - 1), { minLength: 2, maxLength: 3 }),
    fc.array(fc.nat(1), { minLength: 3, maxLength: 3 }),
  ).map(([variables, signs]) => variables.map((v, i) => 2 * v + (i === 0 ? 1 : signs[i]!))),
  { minLength: 30, maxLength: 70 },
);

/** Whether an assignment, a bit per variable, satisfies a clause. */
function satisfies(assignment: number, clause: readonly number[]): boolean {
  return clause.some((literal) => (assignment >> (literal >> 1) & 1) !== (literal & 1));
}

/** Whether each line of a log follows from the clauses before it by propagation along its hints. */
function replay(formula: readonly (readonly number[])[], lines: readonly string[]): void {
  const clauses = new Map(
    formula.map((clause, i) => [
      i + 1,
      clause.map((literal) => literal & 1 ? -(literal >> 1) - 1 : (literal >> 1) + 1),
    ]),
  );
  for (const line of lines) {
    const [id, ...rest] = line.split(" ").map(Number) as [number, ...number[]];
    const clause = rest.slice(0, rest.indexOf(0));
    const facts = new Set(clause.map((literal) => -literal));
    const hints = rest.slice(clause.length + 1, -1);
    for (const [i, hint] of hints.entries()) {
      const open = clauses.get(hint)!.filter((literal) => !facts.has(-literal));
      assertEquals(open.length, i === hints.length - 1 ? 0 : 1, line);
      if (open.length > 0) facts.add(open[0]!);
    }
    clauses.set(id, clause);
  }
}

Deno.test("SatSolver answers as trying all assignments does, search after search", () => {
  let refuted = 0;
  fc.assert(
    fc.property(
      FORMULAS,
      fc.array(fc.nat(2 * VARIABLES - 1), { maxLength: 4 }),
      (formula, more) => {
        const log = new ClauseLog(formula.length);
        const solver = new SatSolver(VARIABLES, log);
        formula.forEach((clause, i) => solver.addClause(clause, i + 1));
        const wanted: number[] = [];
        for (let count = 0; count <= more.length; count++) {
          const assumptions = more.slice(0, count)
            .filter((literal, i) => more.findIndex((other) => other >> 1 === literal >> 1) === i);
          const units = assumptions.map((literal) => [literal]);
          const clauses = [...formula, ...units];
          let isSatisfiable = false;
          for (let a = 0; a < 2 ** VARIABLES && !isSatisfiable; a++) {
            isSatisfiable = clauses.every((clause) => satisfies(a, clause));
          }
          const answer = solver.solve(assumptions, EVERY, Infinity);
          assertEquals(answer.kind, isSatisfiable ? "satisfiable" : "unsatisfiable");
          if (answer.kind === "satisfiable") {
            assert(clauses.every((clause) => clause.some((literal) => solver.isTrue(literal))));
          } else if (answer.kind === "unsatisfiable") {
            refuted++;
            assert(answer.clause.every((literal) => assumptions.includes(literal ^ 1)));
            wanted.push(answer.id);
          }
        }
        replay(formula, log.lines(wanted));
      },
    ),
    { numRuns: 60, seed: 3 },
  );
  assert(refuted > 30, `${refuted} refuted`);
});

Deno.test("SatSolver refutes that six pigeons fit into five holes, line by line", () => {
  const [pigeons, holes] = [6, 5];
  const isIn = (pigeon: number, hole: number): number => 2 * (pigeon * holes + hole);
  const guard = 2 * pigeons * holes; // the clauses hold only under this assumption
  const formula: number[][] = [];
  for (let p = 0; p < pigeons; p++) {
    formula.push([guard + 1, ...Array.from({ length: holes }, (_, hole) => isIn(p, hole))]);
    for (let q = 0; q < p; q++) {
      for (let hole = 0; hole < holes; hole++) {
        formula.push([isIn(p, hole) + 1, isIn(q, hole) + 1]);
      }
    }
  }
  const log = new ClauseLog(formula.length);
  const solver = new SatSolver(guard / 2 + 1, log);
  formula.forEach((clause, i) => solver.addClause(clause, i + 1));
  const every = Array.from({ length: guard / 2 + 1 }, (_, v) => v);
  assertEquals(solver.solve([guard], every, 3).kind, "undecided");
  const answer = solver.solve([guard], every, Infinity);
  assert(answer.kind === "unsatisfiable");
  assertEquals(answer.clause, [guard + 1]);
  replay(formula, log.lines([answer.id]));
  assert(solver.conflicts > 20);
});
