// The part of @std/yaml that fourbit uses.

export interface ParseOptions {
  schema?: "core" | "default" | "failsafe" | "json" | "extended";
  allowDuplicateKeys?: boolean;
  onWarning?(error: Error): void;
}

export interface StringifyOptions {
  indent?: number;
  sortKeys?: boolean | ((a: string, b: string) => number);
  lineWidth?: number;
}

export declare function parse(content: string, options?: ParseOptions): unknown;
export declare function stringify(data: unknown, options?: StringifyOptions): string;
