// @ts-types="./mod.d.ts"
export { parse, stringify } from "std-yaml";
