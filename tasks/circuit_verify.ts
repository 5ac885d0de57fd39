/**
 * `deno task circuit:verify`: shows that every output of a circuit is what its definition says, by
 * trying all input cases or by proof. Exits with 1 if one is not, or if neither could be shown.
 *
 * @module
 */
import { basename } from "@std/path";
import { type ArtifactData, writeArtifact } from "../lib/artifacts/mod.ts";
import {
  type Certificate,
  checkCertificate,
  describeCounterexample,
  exhaustiveCertificate,
  exhaustiveVerdict,
  flatten,
  type GateList,
  type Netlist,
  prove,
  verifyExhaustiveParallel,
} from "../lib/circuits/mod.ts";
import {
  EXIT,
  formatValue,
  inFile,
  parseOptions,
  runTask,
  startProgress,
  Terminal,
  type Usage,
} from "../lib/cli/mod.ts";
import { type Definition, definitionFor, loadCircuit } from "./_circuits.ts";

/** Input wires up to which all cases are tried unless told otherwise: a second or less. */
const AUTO_WIRES = 26;
/** Input wires up to which an exhaustive run is run again, by another way to evaluate gates. */
const CHECKED_WIRES = 20;

/** Input wires up to which all cases can be tried by who has some minutes. */
const PATIENT_WIRES = 36;

/** What the task takes. */
export const USAGE = {
  name: "circuit:verify",
  summary: "Verify a circuit in every input case, by trying all of them or by proof.",
  details:
    "A built-in circuit is held against integer arithmetic, any other against the file that\n" +
    "it was compiled from. A positive verdict has a certificate beside it, which is checked again\n" +
    "by code that shares nothing with what found it: see circuit:check.",
  arguments: { circuit: { help: "circuit.json; out/circuit.json unless given" } },
  options: {
    method: {
      choices: ["auto", "exhaustive", "proof"],
      default: "auto",
      help: `How: auto tries all cases up to ${AUTO_WIRES} input wires, beyond it proves.`,
    },
    against: {
      help: "What to hold it against, in place of what it was compiled from: adder:8, or a file.",
    },
    out: {
      type: "artifact",
      default: "out/circuit_verification.json",
      help: "Where the artifact goes.",
    },
  },
  examples: [
    "deno task circuit:verify out/circuit.json",
    "deno task circuit:verify out/circuit.json --method proof --out out/circuit_proof.json",
    "deno task circuit:verify out/circuit.json --against kogge-stone:8 --out out/circuit_cec.json",
  ],
} as const satisfies Usage;

type VerificationData = ArtifactData<"verification">;

/** What one of the methods found. */
interface Finding {
  readonly checks: VerificationData["checks"];
  readonly certificate?: Certificate;
  readonly undecided?: string;
}

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  const path = options.circuit ?? "out/circuit.json";
  const input = await loadCircuit(path);
  const { circuit } = input;
  const list = inFile(path, () => flatten(circuit));
  const definition = await definitionFor(input, options.against);
  const method = options.method === "auto"
    ? list.inputs <= AUTO_WIRES ? "exhaustive" : "proof"
    : options.method;

  const startMs = performance.now();
  const { checks, certificate, undecided } = method === "exhaustive"
    ? await tryAll(circuit, list, definition, options.quiet)
    : proveAll(circuit, list, definition);
  const ms = performance.now() - startMs;

  const exact = certificate !== undefined;
  const isChecked = exact && (method === "proof" || list.inputs <= CHECKED_WIRES);
  const checkStartMs = performance.now();
  if (isChecked) {
    const check = checkCertificate(list, definition.specification, certificate);
    if (!check.isValid) throw new Error(`the certificate does not hold: ${check.reason}`);
  }
  const checkMs = performance.now() - checkStartMs;
  const text = await writeArtifact(options.out, "verification", {
    task: USAGE.name,
    options: { method, ...(options.against === undefined ? {} : { against: options.against }) },
    inputs: [
      { role: "circuit", path, sha256: input.loaded.sha256 },
      ...(definition.source === undefined ? [] : [definition.source]),
    ],
    blobs: certificate === undefined ? [] : [{
      role: "certificate",
      path: basename(options.out).replace(/\.json$/, ".certificate.json"),
      content: JSON.stringify(certificate) + "\n",
    }],
    data: {
      subject: "circuit",
      method,
      exact,
      circuit: {
        definition: definition.source === undefined
          ? definition.text
          : basename(definition.source.path),
        inputWires: list.inputs,
        ...(certificate === undefined ? {} : { certificate: certificate.kind }),
        ...(undecided === undefined ? {} : { undecided }),
      },
      checks,
    },
  });
  const cases = list.inputs <= 50 ? formatValue(2 ** list.inputs) : `2^${list.inputs}`;
  terminal.table(
    ["output", "cases", "wrong"],
    checks.map(({ name, wrong }) => [name, cases, wrongText(wrong, method, undecided)]),
  );
  terminal.line(
    `${method === "exhaustive" ? `all ${cases} cases tried` : "proof"} against ` +
      `${definition.text} in ${duration(ms)}`,
  );
  if (certificate !== undefined) {
    terminal.line(
      `certificate: ${certificate.kind}, ` +
        (isChecked
          ? `checked in ${duration(checkMs)}`
          : "not checked: that takes long, see deno task circuit:check"),
    );
  }
  terminal.line(`wrote ${options.out}`);
  terminal.artifact(text);
  for (const { name, wrong, rows, firstWrong } of checks) {
    if (firstWrong === undefined) continue;
    const { inputs, actual, expected, isSmallest } = firstWrong;
    const count = method === "exhaustive" ? `in ${wrong} of ${rows} cases, first` : "for";
    const note = isSmallest === false ? ", not shown to be the first such case" : "";
    terminal.failure(
      `output ${name} is wrong ${count} ${inputs}: ${actual}, expected ${expected}${note}`,
    );
  }
  if (undecided !== undefined) {
    const hint = list.inputs <= PATIENT_WIRES ? "; try --method exhaustive" : "";
    terminal.failure(`neither proved nor refuted: ${undecided}${hint}`);
  }
  return exact ? EXIT.ok : EXIT.checkFailed;
}

function duration(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

function wrongText(wrong: number, method: string, undecided: string | undefined): string | number {
  if (method === "exhaustive") return wrong;
  return wrong > 0 ? "yes" : undecided === undefined ? "none" : "unknown";
}

async function tryAll(
  circuit: Netlist,
  list: GateList,
  { specification }: Definition,
  isQuiet: boolean,
): Promise<Finding> {
  const widths = circuit.outputs.map(({ width }) => width);
  const progress = startProgress("verifying", 2 ** list.inputs, isQuiet);
  const workers = navigator.hardwareConcurrency;
  const tally = await verifyExhaustiveParallel(
    list,
    specification,
    workers,
    widths,
    progress.update,
  );
  progress.end();
  const { exact, outputs } = exhaustiveVerdict(circuit, list, specification, tally);
  return {
    checks: outputs,
    ...(exact ? { certificate: exhaustiveCertificate(list.inputs, tally) } : {}),
  };
}

function proveAll(circuit: Netlist, list: GateList, { specification }: Definition): Finding {
  const verdict = prove(list, specification);
  const { outputs } = circuit;
  const right = outputs.map(({ name }) => ({ name, rows: 0, wrong: 0 }));
  if (verdict.kind === "proved") return { checks: right, certificate: verdict.certificate };
  if (verdict.kind === "undecided") return { checks: right, undecided: verdict.reason };
  const { inputs, isSmallest, ...found } = describeCounterexample(circuit, verdict.counterexample);
  const checks = right.map((check) => {
    const wrong = found.outputs.find(({ name }) => name === check.name);
    if (wrong === undefined) return check;
    const { expected, actual } = wrong;
    const firstWrong = { inputs, expected, actual };
    return {
      ...check,
      wrong: 1,
      firstWrong: isSmallest ? firstWrong : { ...firstWrong, isSmallest: false as const },
    };
  });
  return { checks };
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
