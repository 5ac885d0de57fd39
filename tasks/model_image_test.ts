import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UsageError } from "../lib/cli/mod.ts";
import type { CompiledDecoder, HbmPiece } from "../lib/compiler/mod.ts";
import { checkImage, watchedImage } from "./_model_image.ts";
import { bars, shownProgress } from "./_shown_progress.ts";

Deno.test("checkImage() refuses what a host cannot hold, and names what would help", () => {
  const refusal = (bytes: number, use: "run" | "runOrFile" | "file"): UsageError =>
    assertThrows(() => checkImage("m", bytes, use), UsageError);
  for (const use of ["run", "runOrFile"] as const) {
    checkImage("m", 2 ** 31, use);
    assertMatch(refusal(2 ** 31 + 1, use).message, /^the image of m has 2,147,483,649 bytes, the /);
  }
  checkImage("m", 2 ** 33, "file");
  const narrower = "cut it down with --slice, or choose narrower --weights";
  assertEquals(refusal(2 ** 33 + 1, "file").help, narrower);
  assertEquals(refusal(2 ** 32, "run").help, narrower);
  // Only isa:emit can leave the run out, and only an image that a file can have.
  assertEquals(refusal(2 ** 33, "runOrFile").help, `${narrower}, or do not run it: --check none`);
  assertEquals(refusal(2 ** 33 + 1, "runOrFile").help, narrower);
});

Deno.test("watchedImage() gives every piece, and draws how much of HBM is quantised", async () => {
  const pieces: HbmPiece[] = [0, 64, 128].map((address) => ({
    address,
    bytes: new Uint8Array(64),
  }));
  const plan = { hbmBytes: 256 } as CompiledDecoder["plan"];
  const take = (hbm: () => Iterable<HbmPiece>, quiet = false): HbmPiece[] => [
    ...watchedImage({ hbm, plan }, quiet),
  ];
  let found: HbmPiece[] = [];
  const text = await shownProgress(() => found = take(() => pieces));
  assertEquals(found, pieces);
  assertEquals([...text.matchAll(/\rquantising \S+ (\d+) %/g)].map(([, share]) => share), [
    ...["25", "50", "75"],
  ]);
  assertEquals(bars(text), ["quantising 75 %"]);
  assertEquals(await shownProgress(() => take(() => pieces, true)), "");

  // The bar goes before an error is told.
  function* broken(): Generator<HbmPiece> {
    yield pieces[0]!;
    throw new RangeError("a weight that is none");
  }
  const before = await shownProgress(() => assertThrows(() => take(broken), RangeError));
  assert(before.endsWith("25 %\r\x1b[2K"), before);
});
