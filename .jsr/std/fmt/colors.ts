// @ts-types="./colors.d.ts"
export { bold, cyan, dim, getColorEnabled, green, red, setColorEnabled, yellow } from "std-colors";
