/** A value that scripts can hold but not look into, such as cjson's null. */

import type { LuaTable } from "./table.ts";
import type { LuaObject } from "./values.ts";

/** See above. */
export class LuaUserdata implements LuaObject {
  id = 0;
  metatable: LuaTable | null = null;

  constructor(
    /** What `tostring` shows after "userdata: ", or "" for an address. */
    readonly label = "",
  ) {}

  get typeName(): string {
    return "userdata";
  }
}
