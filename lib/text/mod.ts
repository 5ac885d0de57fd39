/**
 * What messages of several rooms need: words, and positions in YAML.
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
export { type SyntaxProblem, syntaxProblem } from "./syntax_problem.ts";
export { yamlLocator, type YamlPath, type YamlPosition } from "./yaml_position.ts";
