/**
 * `deno task atoms:verify`: evaluates every row of every atom from its packed 4-bit codes. Exits
 * with 1 unless all of them are exact.
 *
 * @module
 */
import { readArtifact, writeArtifact } from "../lib/artifacts/mod.ts";
import { verify } from "../lib/atoms/mod.ts";
import { EXIT, inFile, parseOptions, runTask, Terminal, type Usage } from "../lib/cli/mod.ts";

/** What the task takes. */
export const USAGE = {
  name: "atoms:verify",
  summary: "Verify every row of every atom, from its packed 4-bit codes.",
  arguments: { atoms: { help: "atoms.json; out/atoms.json unless given" } },
  options: {
    out: { type: "file", default: "out/atoms_verification.json", help: "Where the artifact goes." },
  },
  examples: ["deno task atoms:verify out/atoms.json"],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const path = options.atoms ?? "out/atoms.json";
  const input = await readArtifact(path, "atoms");

  const checks = inFile(path, () => input.data.atoms.map(verify));
  const exact = checks.every((check) => check.exact);

  const text = await writeArtifact(options.out, "verification", {
    task: USAGE.name,
    options: {},
    inputs: [{ role: "atoms", path, sha256: input.sha256 }],
    data: {
      subject: "atoms",
      method: "exhaustive",
      exact,
      checks: checks.map(({ exact: _, ...check }) => check),
    },
  });
  terminal.table(
    ["atom", "rows", "wrong", "margin", "exact", "first wrong row"],
    checks.map(({ name, rows, wrong, margin, exact, firstWrong }) => {
      const row = firstWrong === undefined
        ? ""
        : `${firstWrong.inputs}: ${firstWrong.actual}, not ${firstWrong.expected}`;
      return [name, rows, wrong, margin, exact, row];
    }),
  );
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  for (const { name, wrong, rows, firstWrong } of checks) {
    if (firstWrong === undefined) continue;
    terminal.failure(
      `atom ${name} is not exact: ${wrong} of ${rows} rows wrong, first row ${firstWrong.row} ` +
        `(${firstWrong.inputs}): ${firstWrong.actual}, expected ${firstWrong.expected}`,
    );
  }
  return exact ? EXIT.ok : EXIT.checkFailed;
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
