import { assertEquals } from "@std/assert";
import { DRAM_KERNEL_BASE64, DRAM_KERNEL_SOURCE } from "./dram_kernel_wasm.ts";

Deno.test("DRAM_KERNEL_BASE64 was made of dram_kernel.as as it is, and is a module", async () => {
  const source = await Deno.readFile(new URL("./dram_kernel.as", import.meta.url));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", source));
  assertEquals(digest.toHex(), DRAM_KERNEL_SOURCE);
  assertEquals(WebAssembly.validate(Uint8Array.fromBase64(DRAM_KERNEL_BASE64)), true);
});
