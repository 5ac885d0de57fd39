/**
 * `deno task atoms:export`: writes atoms as TriX `.fp4` files, one each, after verifying them. Exits
 * with 1 when the format cannot hold one of them, or one is not exact.
 *
 * @module
 */
import { join } from "@std/path";
import { atomicWrite } from "../lib/artifacts/mod.ts";
import {
  type AnyAtom,
  CONSTRUCTED_ATOMS,
  encodeFp4,
  Fp4FileError,
  isThreshold,
  verify,
} from "../lib/atoms/mod.ts";
import {
  EXIT,
  inFile,
  parseOptions,
  runTask,
  Terminal,
  type Usage,
  UsageError,
} from "../lib/cli/mod.ts";
import { chosenAtoms, loadAtoms } from "./_atoms.ts";

/** What the task takes. */
export const USAGE = {
  name: "atoms:export",
  summary: "Write atoms as TriX .fp4 files, where that format can hold them.",
  details:
    "The format knows the weights -1, 0 and 1, the biases -2.5 to 1.5 in steps of 1, and no\n" +
    "connections that skip layers. Nothing is rounded: an atom with other values is refused.",
  arguments: { atoms: { help: "atoms.json; out/atoms.json unless given" } },
  options: {
    constructed: {
      type: "flag",
      help: "The ten standard atoms with the weights that TriX wrote down, in place of a file.",
    },
    names: { default: "all", help: "Names with commas between." },
    out: { type: "folder", default: "out/fp4", help: "Where the files go." },
  },
  examples: [
    "deno task atoms:export --constructed",
    "deno task atoms:export --constructed --names SUM,CARRY --out out/adder_fp4",
  ],
} as const satisfies Usage;

/** An atom that was written, or why it was not. */
interface Exported {
  readonly name: string;
  readonly file?: string;
  readonly bytes?: number;
  readonly refused?: string;
}

/** Runs the task and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await parseOptions(args, USAGE);
  const terminal = new Terminal(options);
  if (options.constructed && options.atoms !== undefined) {
    throw new UsageError("a file and --constructed", "give one of the two");
  }
  const path = options.atoms ?? "out/atoms.json";
  const all = options.constructed
    ? CONSTRUCTED_ATOMS
    : (await loadAtoms(path)).atoms.map(({ atom }) => atom);

  const exported: Exported[] = [];
  for (const atom of chosenAtoms(options.names, all)) {
    const encoded = inFile(path, () => fp4Of(atom));
    if (typeof encoded === "string") {
      exported.push({ name: atom.name, refused: encoded });
      continue;
    }
    const file = join(options.out, `${atom.name}.fp4`);
    await atomicWrite(file, encoded);
    exported.push({ name: atom.name, file, bytes: encoded.length });
  }
  terminal.table(
    ["atom", "bytes", "file"],
    exported.map(({ name, bytes, file }) => [name, bytes ?? "", file ?? "refused"]),
  );
  terminal.artifact(JSON.stringify(exported, null, 2));
  for (const { refused } of exported) if (refused !== undefined) terminal.failure(refused);
  return exported.every(({ refused }) => refused === undefined) ? EXIT.ok : EXIT.checkFailed;
}

/** Names from an artifact may hold anything, and a path must not lead out of the folder. */
const FILE_NAME = /^[\w-]+$/;
const INSTEAD = "keep it in its artifact, or write the weights of TriX with --constructed";

/** The file of an atom, or why there is none. */
function fp4Of(atom: AnyAtom): Uint8Array | string {
  if (!isThreshold(atom)) {
    return `atom ${atom.name} is a network with scales, which .fp4 files do not know; ${INSTEAD}`;
  }
  if (!FILE_NAME.test(atom.name)) return `atom ${JSON.stringify(atom.name)} has no name for a file`;
  const { exact, wrong, rows } = verify(atom);
  if (!exact) return `atom ${atom.name} is not exact: ${wrong} of ${rows} rows wrong`;
  try {
    return encodeFp4(atom);
  } catch (error) {
    if (!(error instanceof Fp4FileError)) throw error;
    return `${error.message}; ${INSTEAD}`;
  }
}

if (import.meta.main) Deno.exit(await runTask(main, Deno.args));
