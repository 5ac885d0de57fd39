// The part of @std/toml that fourbit uses.

export declare function parse(tomlString: string): Record<string, unknown>;
export declare function stringify(obj: Record<string, unknown>): string;
