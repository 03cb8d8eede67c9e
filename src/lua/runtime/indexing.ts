/** Reading and writing what a value holds, with metatables: what generated code calls. */

import { callMetamethod } from "./driver.ts";
import { LuaFunction } from "./function.ts";
import { NO_SITE, operandError, siteError } from "./lua_error.ts";
import { callHandler, handlerOf, INDEX, MAX_INDEX_CHAIN, NEW_INDEX } from "./metatables.ts";
import { hashString } from "./string_hash.ts";
import { LuaTable } from "./table.ts";
import { LuaError } from "./lua_error.ts";
import { type LuaValue, typeName } from "./values.ts";

/** `object[key]`. */
export function index(object: LuaValue, key: LuaValue, site: number): LuaValue {
  if (object instanceof LuaTable) {
    const value = object.get(key);
    if (value !== undefined || object.metatable === null) return value;
  }
  return indexByHandler(object, key, site);
}

/** `object.key`, where the key's hash is known. */
export function indexName(object: LuaValue, key: string, hash: number, site: number): LuaValue {
  if (object instanceof LuaTable) {
    const value = object.getString(key, hash), { metatable } = object;
    if (value !== undefined || metatable === null) return value;
    // The way of methods: the object's class has it.
    const handler = metatable.getString(INDEX.key, INDEX.hash);
    if (handler === undefined) return undefined;
    if (handler instanceof LuaTable) {
      const inherited = handler.getString(key, hash);
      if (inherited !== undefined || handler.metatable === null) return inherited;
    }
  }
  return indexByHandler(object, key, site);
}

function indexByHandler(object: LuaValue, key: LuaValue, site: number): LuaValue {
  for (let i = 0; i < MAX_INDEX_CHAIN; i++) {
    let handler: LuaValue;
    if (object instanceof LuaTable) {
      const value = object.get(key);
      if (value !== undefined || object.metatable === null) return value;
      handler = object.metatable.getString(INDEX.key, INDEX.hash);
      if (handler === undefined) return undefined;
    } else {
      handler = handlerOf(object, INDEX);
      if (handler === undefined) {
        // Only the first object of the chain has a name in the script.
        throw operandError(site, "index", typeName(object), i === 0 ? 0 : 1);
      }
    }
    if (handler instanceof LuaFunction) return callHandler(handler, site, object, key);
    object = handler;
  }
  throw siteError(site, "loop in gettable");
}

/** `object[key] = value`. */
export function setIndex(object: LuaValue, key: LuaValue, value: LuaValue, site: number): void {
  if (object instanceof LuaTable && object.metatable === null && !object.readonly) {
    if (typeof key === "number") {
      if (key === key) return object.setNumber(key, value);
    } else if (key !== undefined) {
      return object.set(key, value);
    }
  }
  setByHandler(object, key, value, site);
}

/** `object.key = value`, where the key's hash is known. */
export function setName(
  object: LuaValue,
  key: string,
  hash: number,
  value: LuaValue,
  site: number,
): void {
  if (object instanceof LuaTable && object.metatable === null && !object.readonly) {
    object.setString(key, hash, value);
  } else {
    setByHandler(object, key, value, site);
  }
}

function setByHandler(object: LuaValue, key: LuaValue, value: LuaValue, site: number): void {
  for (let i = 0; i < MAX_INDEX_CHAIN; i++) {
    let handler: LuaValue;
    if (object instanceof LuaTable) {
      if (object.readonly) throw siteError(site, "Attempt to modify a readonly table");
      const old = object.get(key);
      const { metatable } = object;
      handler = old !== undefined || metatable === null
        ? undefined
        : metatable.getString(NEW_INDEX.key, NEW_INDEX.hash);
      if (handler === undefined) return setRaw(object, key, value, site);
      // Lua makes room for the key before it looks for a handler.
      setRaw(object, key, undefined, site);
    } else {
      handler = handlerOf(object, NEW_INDEX);
      if (handler === undefined) {
        throw operandError(site, "index", typeName(object), i === 0 ? 0 : 1);
      }
    }
    if (handler instanceof LuaFunction) {
      try {
        callMetamethod(handler, object, key, value);
      } catch (error) {
        if (error instanceof LuaError && error.level > 0) error.site = site;
        throw error;
      }
      return;
    }
    object = handler;
  }
  throw siteError(site, "loop in settable");
}

function setRaw(table: LuaTable, key: LuaValue, value: LuaValue, site: number): void {
  try {
    table.set(key, value);
  } catch (error) {
    if (error instanceof LuaError) throw siteError(site, error.text);
    throw error;
  }
}

/** `value.name` for the host, with metamethods. */
export function indexValue(value: LuaValue, name: string): LuaValue {
  return index(value, name, NO_SITE);
}

/** A field of a table that the host reads, without metamethods. */
export function field(table: LuaTable, name: string): LuaValue {
  return table.getString(name, hashString(name));
}

/** Sets a field of a table for the host, whatever the table's own rules are. */
export function setField(table: LuaTable, name: string, value: LuaValue): void {
  table.setString(name, hashString(name), value);
}
