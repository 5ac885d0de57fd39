/** Recorded runs of the public tools, which lie beside the checkout on the project's machines only. */
export const GOLDENS = new URL("../../../shared/goldens/", import.meta.url);

/** A trained model of 260,032 parameters with its story, there too. */
export const STORIES = new URL("../../../shared/models/stories260k/", import.meta.url);

/** Decoder builds among the recorded runs. */
export const RECORDED_BUILDS: readonly string[] = [
  "t01_tiny16_1h",
  "t03_tiny16_2layer",
  "t04_tiny16_packed",
  "t05_tiny16_packed_kv2",
  "t07_tiny16_batch2",
  "t09_tiny32_ckpt",
  "t10_tiny64_2h_pack",
  "t11_tiny64_4h_4kv_pack",
  "p03_perf_h128_mlen32",
];

/** Whether a file or folder is there. */
export function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}
