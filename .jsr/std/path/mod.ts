// @ts-types="./mod.d.ts"
export { basename, dirname, fromFileUrl, join, relative, resolve } from "std-path";
