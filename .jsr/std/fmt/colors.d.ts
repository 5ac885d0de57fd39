// The part of @std/fmt/colors that fourbit uses.

export declare function bold(str: string): string;
export declare function cyan(str: string): string;
export declare function dim(str: string): string;
export declare function getColorEnabled(): boolean;
export declare function green(str: string): string;
export declare function red(str: string): string;
export declare function setColorEnabled(value: boolean): void;
export declare function yellow(str: string): string;
