import {
  type ManifestRegion,
  REGION_KINDS,
  type RegionKind,
  type WeightManifest,
} from "./weight_manifest.ts";

/** Where a manifest is wrong: the position of a JSON error, or the path of a field. */
export interface ManifestPlace {
  /** Name of the file, if it was told. */
  readonly file?: string;
  /** Line, from 1. */
  readonly line?: number;
  /** Column, from 1. */
  readonly column?: number;
  /** Path of the field, such as `regions[2].size`. */
  readonly path?: string;
}

/** JSON that is no weight manifest. `help` says how to mend it. */
export class ManifestError extends SyntaxError {
  /** The class. */
  override readonly name = "ManifestError";

  /** Says what is wrong at a place; a lower error travels in `options.cause`. */
  constructor(
    what: string,
    /** Where. */
    readonly place: ManifestPlace,
    /** What to do about it. */
    readonly help: string,
    options?: ErrorOptions,
  ) {
    super(what, options);
  }
}

const HELP = "make a good one with deno task weights:manifest";
const U32 = 2 ** 32 - 1;
/** The public fields have 64 bits; numbers here are exact up to 2^53 - 1. */
const U64 = Number.MAX_SAFE_INTEGER;

/**
 * Reads a weight manifest of the public schema: `kind` may be absent and is then `weight`,
 * `ddr_capacity_bytes` may be absent and is then null, unknown fields are ignored.
 *
 * @param text The JSON.
 * @param file Its name, for messages.
 * @throws {ManifestError} if it is no JSON, a required field is missing, a number is negative, has a
 * fraction or too many bits, or a kind is none (`Weight` is none).
 */
export function parseWeightManifest(text: string, file?: string): WeightManifest {
  const at = file === undefined ? {} : { file };
  const fail = (path: string, value: unknown, expected: string): never => {
    throw new ManifestError(
      value === undefined
        ? `${path} is missing`
        : `${path || "the manifest"} is ${JSON.stringify(value)}, expected ${expected}`,
      { ...at, path },
      `${path || "the manifest"} is ${expected}; ${HELP}`,
    );
  };
  const count = (value: unknown, path: string, most = U64): number =>
    typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most
      ? value
      : fail(path, value, `a whole number from 0 to ${most}`);
  const fields = (value: unknown, path: string): Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : fail(path, value, "an object");
  const region = (value: unknown, path: string): ManifestRegion => {
    const { layer_id, offset, size, kind = "weight" } = fields(value, path);
    return {
      layer_id: count(layer_id, `${path}.layer_id`, U32),
      offset: count(offset, `${path}.offset`),
      size: count(size, `${path}.size`),
      kind: REGION_KINDS.includes(kind as RegionKind)
        ? kind as RegionKind
        : fail(`${path}.kind`, kind, `one of ${REGION_KINDS.join(", ")}`),
    };
  };

  const root = fields(parseJson(text, at), "");
  const { activation_ceiling, regions, ddr_capacity_bytes = null } = root;
  return {
    activation_ceiling: count(activation_ceiling, "activation_ceiling"),
    regions: Array.isArray(regions)
      ? regions.map((value, i) => region(value, `regions[${i}]`))
      : fail("regions", regions, "a list"),
    ddr_capacity_bytes: ddr_capacity_bytes === null
      ? null
      : count(ddr_capacity_bytes, "ddr_capacity_bytes"),
  };
}

function parseJson(text: string, at: ManifestPlace): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const found = /^(.*?) at position \d+ \(line (\d+) column (\d+)\)$/s.exec(message);
    const lines = text.split("\n");
    throw new ManifestError(
      `the manifest is not JSON: ${found?.[1] ?? message}`,
      {
        ...at,
        line: Number(found?.[2] ?? lines.length),
        column: Number(found?.[3] ?? lines.at(-1)!.length + 1),
      },
      HELP,
      { cause },
    );
  }
}
