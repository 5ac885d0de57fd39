import { assert } from "@std/assert";
import { train } from "./train.ts";
import { STANDARD_ATOMS } from "./truth_table.ts";
import { verify } from "./verify.ts";

for (const { name } of STANDARD_ATOMS) {
  assert(verify(train(name)).exact);
  Deno.bench(name, { group: "train to exact E2M1 weights, from seed 0" }, () => void train(name));
}
