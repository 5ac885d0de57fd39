/**
 * `deno task circuit:check`: checks the certificate of a verification against the circuit and its
 * definition, by code that shares nothing with what found it. Exits with 1 if it does not hold.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { type LoadedArtifact, readArtifact } from "../lib/artifacts/mod.ts";
import { type Certificate, checkCertificate, flatten } from "../lib/circuits/mod.ts";
import {
  EXIT,
  inFile,
  InputError,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
} from "../lib/cli/mod.ts";
import { definitionFor, loadCircuit } from "./_circuits.ts";

/** What the task takes. */
export const USAGE = {
  name: "circuit:check",
  summary: "Check the certificate of a verification, by independent code.",
  details:
    "A decision diagram is checked node by node, a refutation line by line; an exhaustive\n" +
    "run is run again by another way to evaluate gates, which takes its time.",
  arguments: {
    verification: {
      help: "artifact of circuit:verify; out/circuit_verification.json unless given",
    },
  },
  options: {
    circuit: { type: "file", help: "The circuit; the one that was verified unless given." },
    against: {
      help: "What it must compute; what it was held against when verified unless given.",
    },
  },
  examples: [
    "deno task circuit:check",
    "deno task circuit:check out/circuit_verification.json --circuit out/circuit.json",
  ],
} as const satisfies Usage;

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const path = options.verification ?? "out/circuit_verification.json";
  const verification = await readArtifact(path, "verification", "circuit:verify");
  const { inputs } = verification.artifact;
  const recorded = inputs.find(({ role }) => role === "circuit");
  if (recorded === undefined || verification.data.circuit?.certificate === undefined) {
    throw new InputError(
      "this verification has no certificate of a circuit",
      "make one with: deno task circuit:verify",
      { file: path, path: "data.circuit" },
    );
  }
  const certificate = parseCertificate(path, await verification.blob("certificate"));
  const { exact, checks } = verification.data;
  if (!exact || checks.some(({ wrong }) => wrong > 0)) {
    throw new InputError(
      "this verification has a certificate, but says that the circuit is wrong",
      "make it again with: deno task circuit:verify",
      { file: path, path: "data.exact" },
    );
  }
  const circuitPath = options.circuit ?? join(dirname(path), recorded.path);
  const circuit = await loadCircuit(circuitPath);
  const definition = await definitionFor(
    circuit,
    options.against ?? heldAgainst(path, verification),
  );
  const list = inFile(circuitPath, () => flatten(circuit.circuit));

  const startMs = performance.now();
  const check = checkCertificate(list, definition.specification, certificate);
  const ms = performance.now() - startMs;

  terminal.table(
    ["certificate", "circuit", "against", "gates", "holds", "ms"],
    [[
      ...[certificate.kind, circuitPath, definition.text, list.gates.length, check.isValid],
      Math.round(ms),
    ]],
  );
  terminal.artifact(JSON.stringify({ certificate: certificate.kind, ...check }, null, 2));
  if (!check.isValid) terminal.failure(`the certificate does not hold: ${check.reason}`);
  return check.isValid ? EXIT.ok : EXIT.checkFailed;
}

/** What the user named when the circuit was verified, unless it was what it was compiled from. */
function heldAgainst(
  path: string,
  { artifact: { inputs, producer } }: LoadedArtifact<"verification">,
): string | undefined {
  const { against } = producer.options;
  if (typeof against !== "string") return undefined;
  const file = inputs.find(({ role }) => role === "definition");
  return file === undefined ? against : join(dirname(path), file.path);
}

function parseCertificate(file: string, bytes: Uint8Array): Certificate {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new InputError(
      "the certificate is not JSON",
      "make it again with: deno task circuit:verify",
      { file },
      { cause },
    );
  }
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
