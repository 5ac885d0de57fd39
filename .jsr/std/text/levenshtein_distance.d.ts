// The part of @std/text that fourbit uses.

export declare function levenshteinDistance(str1: string, str2: string): number;
