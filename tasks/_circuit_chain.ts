/**
 * Test vocabulary: circuits compiled and verified within the process, and atoms that are spoilt.
 *
 * @module
 */
import { assert } from "@std/assert";
import { type ArtifactData, readArtifact } from "../lib/artifacts/mod.ts";
import { main as sealMain } from "./artifacts_seal.ts";
import { main as trainMain } from "./atoms_train.ts";
import { main as compileMain } from "./circuit_compile.ts";
import { main as verifyMain } from "./circuit_verify.ts";

/** Trains the ten atoms into `atoms.json` of a folder. */
export async function trainAtoms(folder: string): Promise<void> {
  await trainMain(["--quiet", "--out", `${folder}/atoms.json`]);
}

/** Compiles a circuit with the atoms of the folder into `circuit.json`, and returns its path. */
export async function compile(
  folder: string,
  spec: string,
  ...options: string[]
): Promise<string> {
  const out = `${folder}/circuit.json`;
  const atoms = options.includes("--atoms") ? [] : ["--atoms", `${folder}/atoms.json`];
  const code = await compileMain([spec, ...atoms, "--out", out, "--quiet", ...options]);
  assert(code === 0, `${spec} ${options.join(" ")}`);
  return out;
}

/** Verifies `circuit.json` of a folder into `verification.json`: exit code and verdict. */
export async function verify(
  folder: string,
  ...options: string[]
): Promise<{ code: number; data: ArtifactData<"verification"> }> {
  const out = `${folder}/verification.json`;
  const code = await verifyMain([`${folder}/circuit.json`, "--out", out, "--quiet", ...options]);
  return { code, data: (await readArtifact(out, "verification")).data };
}

/** Changes the text of an artifact and seals it again. */
export async function editSealed(path: string, change: (text: string) => string): Promise<void> {
  const text = await Deno.readTextFile(path);
  const changed = change(text);
  assert(changed !== text, "the edit changes nothing");
  await Deno.writeTextFile(path, changed);
  await sealMain([path, "--quiet"]);
}

/** Flips the sign of the first weight of an atom in an artifact's text. */
export function flipFirstWeight(text: string, atom: string): string {
  const artifact = JSON.parse(text);
  const found = artifact.data.atoms.find(({ name }: { name: string }) => name === atom);
  const { weights } = found.layers[0];
  // Two codes to a byte, the low nibble first.
  const flipped = weights[0] + (parseInt(weights[1], 16) ^ 8).toString(16) + weights.slice(2);
  found.layers[0].weights = flipped;
  return JSON.stringify(artifact, null, 2);
}
