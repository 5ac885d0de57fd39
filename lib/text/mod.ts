/**
 * Words for messages that several rooms need.
 *
 * ```ts
 * import { didYouMean } from "@fourbit/fourbit/text";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(didYouMean("nexys-video", ["nexys_video", "v80"]), 'did you mean "nexys_video"? ');
 * ```
 *
 * @module
 */
export { didYouMean, nearestName } from "./nearest_name.ts";
