/** The libraries that Redis adds to Lua's own. */

export { makeBit } from "./bit.ts";
export { makeCjson } from "./cjson.ts";
export { makeCmsgpack } from "./cmsgpack.ts";
export { JSON_NULL } from "./null.ts";
export { makeStruct } from "./struct.ts";
