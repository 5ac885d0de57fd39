// The part of @std/cli/parse-args that fourbit uses: boolean and string flags.

export interface ParseOptions<B extends string = string, S extends string = string> {
  boolean?: readonly B[];
  string?: readonly S[];
}

export declare function parseArgs<B extends string = never, S extends string = never>(
  args: readonly string[],
  options?: ParseOptions<B, S>,
): { [K in B]: boolean } & { [K in S]?: string } & { _: (string | number)[] };
