/**
 * Ways out of Redis' sandbox that were found in the last ten years, and those that could be tried on what is
 * written in JavaScript: as texts of scripts.
 */

/** Each fails with an error. */
export const ERRORS: { readonly [name: string]: string } = {
  "bytecode is loaded": "return assert(loadstring('\\27Lua' .. ('\\0'):rep(100)))()",
  "a function is dumped": "return string.dump(function() end)",
  "package is used (CVE-2022-0543)": "return package.loadlib('/lib/liblua5.1.so.0', 'luaopen_io')",
  "require is used": "return require('os')",
  "io is used": "return io.popen('id')",
  "os is used": "return os.execute('id')",
  "debug is used": "return debug.getregistry()",
  "files are loaded": "return loadfile('/etc/passwd')",
  "files are run": "return dofile('/etc/passwd')",
  "the environment is changed": "return setfenv(1, {})",
  "the environment is read": "return getfenv(0)",
  "userdata is made": "return newproxy(true)",
  "globals are set": "x = 1",
  "globals are set by rawset": "rawset(_G, 'x', 1)",
  "the metatable of globals is changed": "getmetatable(_G).__index = nil",
  "the metatable of globals is replaced": "setmetatable(_G, {})",
  "the metatable of strings is changed (CVE-2025-46818)":
    "getmetatable('').__index = function() end",
  "the metatable of strings is extended": "getmetatable('').__add = function() end",
  "a library is changed": "string.rep = nil",
  "a library is changed by table.insert": "table.insert(string, 1)",
  "a library is changed by a metamethod":
    "local t = setmetatable({}, {__newindex = string}) t.rep = 1",
  "too much is unpacked (CVE-2025-46817)": "return unpack({}, 0, 2147483647)",
  "too much is unpacked from far below": "return unpack({}, -2147483648, 2147483647)",
  "unpack counts over the end": "return unpack({}, 2147483646, 2147483647)[1]",
  "a long string is never closed (CVE-2025-46819)":
    "return loadstring('return [=' .. ('='):rep(1e6))()",
  "a pattern never ends": "return string.find(('a'):rep(1e5), ('a-'):rep(100) .. 'b')",
  "recursion never ends": "local function f() return 1 + f() end return f()",
  "a string is too long": "return ('x'):rep(2^30)",
  "struct reads beyond the end": "return struct.unpack('I4', 'abc')",
  "struct skips beyond the end": "return struct.unpack('c2147483647', 'abc', 2)",
  "struct is given a negative offset": "return struct.unpack('b', 'abc', -5)",
  "struct is given a huge size": "return struct.pack('I2147483647', 1)",
  "cmsgpack reads beyond the end (CVE-2018-11218)":
    "return cmsgpack.unpack('\\221\\255\\255\\255\\255')",
  "cjson nests too deep": "local t = {} for i = 1, 5000 do t = {t} end return cjson.encode(t)",
  "a chunk's environment is asked for (CVE-2024-46981)":
    "local f = loadstring('return 1') return getfenv(f)",
  "userdata is given a finalizer (CVE-2024-46981)": "getmetatable(newproxy(true)).__gc = print",
  "the metatable of numbers is changed (CVE-2025-46818)": "getmetatable(1).__index = string",
  "the metatable of functions is changed (CVE-2025-46818)": "getmetatable(print).__call = error",
  "the metatable of nil is changed (CVE-2025-46818)": "getmetatable(nil).__index = string",
  "a null of cjson is changed": "cjson.null.x = 1",
  "a name of a chunk is endless (CVE-2025-49844)":
    "return loadstring('x', ('n'):rep(1e6))() + collectgarbage('count')",
  "chunks nest too deep": "return loadstring(('do '):rep(1e5))()",
  "brackets nest too deep": "return loadstring('return ' .. ('('):rep(1e5))()",
  "functions nest too deep": "return loadstring(('return function() '):rep(1e4))()",
  "a name is that of JavaScript's global object": "return globalThis",
  "a name is that of JavaScript's prototypes": "return __proto__",
  "a name is that of JavaScript's constructors": "return constructor",
  "a name is that of JavaScript's arguments": "return arguments",
  "a name is that of JavaScript's this": "return this",
  "a name is that of JavaScript's eval": "return eval('1')",
  "a name is that of the runtime": "return Deno.exit()",
  "a constructor is called through a string": "return (''):constructor()",
  "a constructor is called through a table": "return ({}):constructor('return 1')",
  "a constructor is called through a function": "return (function() end).constructor",
  "a prototype is reached through a library": "return string.__proto__.x",
  "a prototype is given methods": "string.__proto__ = {} return 1",
  "a pattern is a replacement of JavaScript": "return ('a'):gsub('a', '%$&')() ",
  "coroutines call each other for ever":
    "local function f() return coroutine.wrap(f)() end return f()",
  "pcall calls itself for ever": "local function f() return pcall(f) + 1 end return f()",
  "sort compares without order": "local t = {} for i = 1, 1000 do t[i] = i end " +
    "table.sort(t, function() return true end)",
  "concat is asked for too much": "return table.concat({}, 'x', 1, 2147483647)",
  "select counts below": "return select(-2147483648)",
  "a table is too large":
    "local t = {} t[2147483647] = 1 return table.concat(t, '', 1, 2147483647)",
  "a key is nothing": "local t = {} t[nil] = 1",
  "a key is no number": "local t = {} t[0/0] = 1",
  "a table contains itself": "local t = {} t[1] = t return cjson.encode(t)",
};

/** Each has a result of its own, which is what Lua says. */
export const RESULTS: { readonly [name: string]: [string, string] } = {
  "bit.tohex is given the smallest number (CVE-2024-31449)": [
    "return bit.tohex(65535, -2147483648)",
    "0000FFFF",
  ],
  "names mean something to JavaScript": [
    "local __proto__, constructor, arguments, this, eval, globalThis, Deno = 1, 2, 3, 4, 5, 6, 7 " +
    "return __proto__ + constructor + arguments + this + eval + globalThis + Deno",
    "28",
  ],
  "keys mean something to JavaScript": [
    "local t = {} t.__proto__ = 1 t.constructor = 2 t.toString = 3 t.length = 4 local n = 0 " +
    "for k, v in pairs(t) do n = n + v end return n .. tostring(t.prototype) .. tostring(t.valueOf)",
    "10nilnil",
  ],
  "keys of nothing mean something to JavaScript": [
    "local r = {} for _, k in ipairs{'__proto__', 'constructor', 'prototype', 'length', 'plain', 'paced', 'nodes'} do " +
    "r[#r + 1] = tostring(({})[k]) .. tostring((''):len() == 0 and string[k]) end return table.concat(r)",
    "nilnil".repeat(7),
  ],
  "constants look like code": [
    'local s = [["});globalThis.x=1;({"]] local t = {[\'"];x=["\'] = "`${x}"} return #s .. next(t)',
    '22"];x=["',
  ],
  "line separators of JavaScript stand in a string": [
    "return #'\\226\\128\\168\\226\\128\\169' .. '\u00e2\u0080\u00a8'",
    "6\u00e2\u0080\u00a8",
  ],
  "coroutines are abandoned": [
    "for i = 1, 1000 do local co = coroutine.wrap(function() coroutine.yield(1) end) co() end return 'ok'",
    "ok",
  ],
};
