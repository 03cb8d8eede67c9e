/** C's NULL as a value of Lua: cjson's and cmsgpack's null. */

import { LuaUserdata } from "../runtime/userdata.ts";

/** The one null. */
export const JSON_NULL: LuaUserdata = new LuaUserdata("(nil)");
