/** Ways out of Lua that were tried on Redis or could be tried on us: each fails with an error. */

import { assert, assertEquals } from "@std/assert";
import { generateCode } from "../../src/lua/compiler/compile.ts";
import { helpers } from "../../src/lua/runtime/helpers.ts";
import { LuaError } from "../../src/lua/mod.ts";
import { amount, seedOf } from "../support/long_test.ts";
import { Choices } from "./generator/choices.ts";
import { makeProgram } from "./generator/programs.ts";
import { evaluate, makeRedisState } from "./support/redis_environment.ts";

const ERRORS: { readonly [name: string]: string } = {
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
  "a table contains itself": "local t = {} t[1] = t return cjson.encode(t)",
};

for (const [what, text] of Object.entries(ERRORS)) {
  Deno.test(`a script fails when ${what}`, () => {
    const state = makeRedisState({ unpausableMilliseconds: 2000, sliceMilliseconds: 2000 });
    const result = evaluate(state, text);
    assert(result.startsWith("ERROR ") || result === "killed", result);
    assertEquals(evaluate(state, "return ('x'):rep(3) .. #'abc'"), "xxx3");
  });
}

const RESULTS: { readonly [name: string]: [string, string] } = {
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

for (const [what, [text, expected]] of Object.entries(RESULTS)) {
  Deno.test(`a script has its own meaning when ${what}`, () => {
    assertEquals(evaluate(makeRedisState(), text), expected);
  });
}

/** Words of JavaScript that generated code uses. */
const WORDS = new Set(
  ("use strict const let return function new if else for while do break continue try catch throw typeof yield " +
    "instanceof undefined true false null void").split(" "),
);
const PROPERTIES = new Set(
  "plain paced units refill next done value advance key push setString".split(" "),
);

/** Throws where code contains a name that the compiler does not make itself. */
function checkNames(code: string): void {
  const bare = code.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  for (const [, before, name] of bare.matchAll(/(\.{0,3})([A-Za-z_$][\w$]*)/g)) {
    // The exponent of a number.
    if (/^e\d*$/.test(name) || name === "e") continue;
    const isKnown = before === "."
      ? PROPERTIES.has(name)
      : WORDS.has(name) || name in helpers || /^[labcfikpqrstL]\d+p?$/.test(name) ||
        ["H", "K", "L", "G", "C", "M", "d", "v", "g", "s", "w", "x", "$"].includes(name);
    assert(isKnown, `${before}${name} in ${code.slice(0, 2000)}`);
  }
  assert(/^[\x20-\x7e]*$/.test(code), "code is printable ASCII");
}

Deno.test("generated code contains no name but those that the compiler makes when programs are random", () => {
  const { globals } = makeRedisState();
  const count = amount({ quick: 100, full: 1000, long: 10_000 });
  const first = seedOf("names in generated code", 1);
  for (let seed = first; seed < first + count; seed++) {
    checkNames(generateCode(makeProgram(seed, true), "=x", globals).code);
  }
});

const FRAGMENTS = [
  "local",
  "function",
  "end",
  "if",
  "then",
  "else",
  "elseif",
  "for",
  "in",
  "do",
  "while",
  "repeat",
  "until",
  "return",
  "break",
  "and",
  "or",
  "not",
  "nil",
  "true",
  "false",
  "x",
  "y",
  "z",
  "_G",
  "self",
  "1",
  "0x10",
  "1e5",
  ".5",
  "'s'",
  '"t"',
  "[[long]]",
  "[==[",
  "]==]",
  "--",
  "--[[",
  "]]",
  "...",
  "..",
  ".",
  ":",
  ",",
  ";",
  "=",
  "==",
  "~=",
  "<",
  "<=",
  ">",
  ">=",
  "+",
  "-",
  "*",
  "/",
  "%",
  "^",
  "#",
  "(",
  ")",
  "{",
  "}",
  "[",
  "]",
  "\n",
  "\\",
  "\0",
  "\x80",
  "'",
  '"',
  "@",
  "pcall",
  "error",
  "string",
  "rep",
  "__proto__",
  "constructor",
  "`",
  "${x}",
  "*/",
  "/*",
  "//",
  "</script>",
];

Deno.test("compile and run end as Lua says when texts are random", () => {
  const count = amount({ quick: 1000, full: 20_000, long: 100_000 });
  const state = makeRedisState({ stepLimit: 200_000, stringLimit: 1e7 });
  let compiled = 0;
  const first = seedOf("random texts", 1);
  for (let seed = first; seed < first + count; seed++) {
    const choices = new Choices(seed);
    let text = "";
    if (choices.chance(0.5)) {
      text = choices.join(1, 30, () => choices.pick(FRAGMENTS), choices.pick([" ", "", "\n"]));
    } else {
      text = choices.pick(makeProgram(seed, true).split("\n").slice(2));
      for (let i = choices.below(4); i > 0; i--) {
        const at = choices.below(text.length);
        text = text.slice(0, at) + choices.pick(FRAGMENTS) + text.slice(at + choices.below(10));
      }
    }
    try {
      checkNames(generateCode(text, "=x", state.globals).code);
      compiled++;
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
    }
    // Faults of the host, as mistakes of ours would be, come out of this.
    evaluate(state, text);
  }
  assert(compiled > count / 100, `${compiled} of ${count} are chunks`);
});
