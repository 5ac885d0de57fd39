/** Off-chip memories that know a board's capacity and its host link. */
import { MemoryError } from "./memory_error.ts";
import type { MemoryModel, MemoryTimeShares } from "./memory_model.ts";
import { CapacityPolicy } from "./regime_capacity_policy.ts";
import { HostStreamPolicy, LayerSwapPolicy } from "./regime_layer_policy.ts";
import type { RegimeLimits } from "./regime_limits.ts";
import { regimeStartLine, regimeSummaryLine } from "./regime_lines.ts";
import type { RegimeMode, RegimeModel } from "./regime_mode.ts";
import type { RegimePolicy } from "./regime_policy.ts";
import { RightRegime } from "./regime_right.ts";
import type { RegimeRules } from "./regime_rules.ts";
import type { SettlingMemory } from "./regime_settling.ts";
import { transferNanos } from "./regime_transfer.ts";
import { SimpleDdr } from "./simple_ddr.ts";
import { simpleDdrMemory } from "./simple_ddr_memory.ts";
import { DDR4_2400P_STAND_IN, type SimpleDdrPreset } from "./simple_ddr_preset.ts";
import {
  chooseRegime,
  footprintByKind,
  type Regime,
  type WeightManifest,
} from "./weight_manifest.ts";

/** Bytes of a board's memory if nobody tells: 512 MiB. */
export const DEFAULT_DDR_CAPACITY = 2 ** 29;

/** Bytes per second of the host link if nobody tells, as the public emulator has it. */
export const DEFAULT_HOST_BANDWIDTH = 60_000_000;

/** What every regime needs. */
export interface RegimeBasics {
  /** What to do with what does not fit. */
  readonly mode: RegimeMode;
  /** What lies where. */
  readonly manifest: WeightManifest;
  /** The board's memory, bytes, if told explicitly; see {@linkcode regimeCapacity}. */
  readonly ddrCapacityBytes?: number;
  /** The host link, bytes per second: a whole number above 0; {@linkcode DEFAULT_HOST_BANDWIDTH}
   * if left out. */
  readonly hostBandwidth?: number;
}

/** The public results: they belong to the simple device. */
export interface PlenaRegimeOptions extends RegimeBasics {
  /** Public results, oddities included. */
  readonly rules: "plena";
  /** The device; {@linkcode DDR4_2400P_STAND_IN} if left out. */
  readonly preset?: SimpleDdrPreset;
}

/** What the words promise, over any device. */
export interface RightRegimeOptions extends RegimeBasics {
  /** See {@linkcode REGIME_DIFFERENCES}. */
  readonly rules: "right";
  /** The board's memory, used by this model only; {@linkcode simpleDdrMemory} if left out. */
  readonly device?: MemoryModel;
}

/** What {@linkcode regimeMemory} takes. */
export type RegimeOptions = PlenaRegimeOptions | RightRegimeOptions;

/** A memory model with a regime. */
export interface RegimeMemory extends SettlingMemory {
  /** The mode; `auto` has become the regime that it picked. */
  readonly name: RegimeModel;
  /** The rules. */
  readonly rules: RegimeRules;
  /** The board's memory that counts, bytes. */
  readonly capacityBytes: number;
  /** The host link, bytes per second. */
  readonly hostBandwidth: number;
  /** Where the time of all accesses went; while both worked, it was the host that was waited for. */
  timeShares(): MemoryTimeShares;
  /** The line that the public emulator logs at the start. */
  startLine(): string;
  /** The line that the public emulator logs at the end, after its byte counters. */
  summaryLine(): string;
  /** What a user should be told so far. */
  warnings(): readonly string[];
}

/**
 * Which capacity counts. Under `plena` the manifest's beats the explicit one, but `layer-swap` only
 * knows the explicit one; under `right` the explicit one beats the manifest's.
 */
export function regimeCapacity(
  { mode, rules, manifest, ddrCapacityBytes }: RegimeBasics & { readonly rules: RegimeRules },
): number {
  const told = manifest.ddr_capacity_bytes ?? undefined;
  if (rules === "right") return ddrCapacityBytes ?? told ?? DEFAULT_DDR_CAPACITY;
  const known = mode === "layer-swap" ? undefined : told;
  return known ?? ddrCapacityBytes ?? DEFAULT_DDR_CAPACITY;
}

/**
 * A memory with a regime (memory specification, sections 3.5 to 3.7).
 *
 * @throws {MemoryError} If the capacity is negative or no whole number, or the link has no speed.
 */
export function regimeMemory(options: RegimeOptions): RegimeMemory {
  const { mode, manifest, rules, hostBandwidth = DEFAULT_HOST_BANDWIDTH } = options;
  const capacityBytes = regimeCapacity(options);
  if (!Number.isSafeInteger(capacityBytes) || capacityBytes < 0) {
    throw new MemoryError(
      `A board cannot have ${capacityBytes} bytes of memory`,
      "give a whole number of bytes, 0 or more",
    );
  }
  transferNanos(0, hostBandwidth); // refuses a link without speed
  const limits = { manifest, capacityBytes, hostBandwidth };
  const name = mode === "auto" ? pickRegime(manifest, capacityBytes) : mode;
  const timed = rules === "plena"
    ? plenaMemory(plenaPolicy(name, limits), options.preset ?? DDR4_2400P_STAND_IN)
    : rightMemory(name, limits, options.device ?? simpleDdrMemory());
  return {
    ...timed,
    name,
    rules,
    capacityBytes,
    hostBandwidth,
    startLine: (): string => regimeStartLine(name, limits),
    summaryLine: (): string => regimeSummaryLine(name, timed.statistics()),
  };
}

function pickRegime(manifest: WeightManifest, capacityBytes: number): Regime {
  const { weight, total } = footprintByKind(manifest);
  return chooseRegime(weight, total, capacityBytes);
}

type Timed = Omit<
  RegimeMemory,
  "name" | "rules" | "capacityBytes" | "hostBandwidth" | "startLine" | "summaryLine"
>;

function plenaPolicy(model: RegimeModel, limits: RegimeLimits): RegimePolicy {
  switch (model) {
    case "layer-swap":
      return new LayerSwapPolicy(limits);
    case "host-stream":
      return new HostStreamPolicy(limits);
    default:
      return new CapacityPolicy(model, limits);
  }
}

function plenaMemory(policy: RegimePolicy, preset: SimpleDdrPreset): Timed {
  const device = new SimpleDdr(preset, policy);
  let elapsedPs = 0;
  const finish = (startPs: number): number => {
    const end = device.finish();
    elapsedPs += end - startPs;
    return end;
  };
  return {
    readBatch(blocks: Float64Array, count: number, startPs: number): number {
      if (count === 0) return startPs;
      device.begin(startPs);
      for (let i = 0; i < count; i++) device.add(blocks[i]!, false);
      return finish(startPs);
    },
    writeBlock(block: number, startPs: number): number {
      device.begin(startPs);
      device.add(block, true);
      return finish(startPs);
    },
    settle: (atPs: number): number => device.settle(atPs),
    statistics: (): Record<string, number> => policy.statistics(),
    timeShares: (): MemoryTimeShares => ({
      dramPs: elapsedPs - device.hostPs,
      hostPs: device.hostPs,
    }),
    warnings: (): readonly string[] => policy.warnings,
  };
}

function rightMemory(model: RegimeModel, limits: RegimeLimits, device: MemoryModel): Timed {
  const regime = new RightRegime(model, limits, device);
  return {
    readBatch: (blocks: Float64Array, count: number, startPs: number): number =>
      regime.readBatch(blocks, count, startPs),
    writeBlock: (block: number, startPs: number): number => regime.writeBlock(block, startPs),
    settle: (atPs: number): number => device.settle?.(atPs) ?? atPs,
    // What the regime moved, then what the device did for it, such as row hits.
    statistics: (): Record<string, number> => ({ ...regime.statistics(), ...device.statistics() }),
    timeShares: (): MemoryTimeShares => regime.timeShares(),
    warnings: (): readonly string[] => regime.warnings,
  };
}
