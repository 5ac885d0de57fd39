// @ts-types="./levenshtein_distance.d.ts"
export { levenshteinDistance } from "std-levenshtein-distance";
