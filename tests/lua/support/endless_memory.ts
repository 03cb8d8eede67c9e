/** Scripts that take memory without end, and what they end with. */

/** The errors of which each ends with one. */
export const ENDINGS = [
  "not enough memory",
  "stack overflow",
  "table overflow",
  "too long inside a callback",
];

/** The scripts; none of them may end by itself. */
export const CASES: { readonly [name: string]: string } = {
  "a growing array": "local t = {} local i = 0 while true do i = i + 1 t[i] = i end",
  "a growing array of numbers": "local t = {} local i = 0 while true do i = i + 1 t[i] = i / 3 end",
  "growing keys": "local t = {} local i = 0 while true do i = i + 1 t['key' .. i] = i end",
  "nested tables": "local t = {} while true do t = {t} end",
  "records": "local t = {} while true do t = {next = t, a = 1, b = 2} end",
  "a table in pcall":
    "local t = {} while true do pcall(function() local i = #t while true do i = i + 1 t[i] = {i} end end) end",
  "closures": "local f = function() end while true do local g = f f = function() return g end end",
  "coroutines":
    "local t = {} while true do local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) t[#t + 1] = co end",
  "doubled strings":
    "local t = {} local s = 'x' while true do s = s .. s t[#t + 1] = s string.byte(s, -1) end",
  "strings of rep": "local t = {} while true do t[#t + 1] = string.rep('x', 1000000) .. #t end",
  "strings of rep that are read":
    "local t = {} while true do local s = string.rep('x', 1000000) .. #t t[#t + 1] = s s:byte(1) end",
  "one huge string": "while true do local s = string.rep('x', 2^30) end",
  "huge strings in pcall":
    "local t = {} while true do pcall(function() t[#t + 1] = string.rep('x', 5e7) .. #t string.byte(t[#t]) end) end",
  "small strings":
    "local t = {} local i = 0 while true do i = i + 1 t[i] = 'string number ' .. i end",
  "concat":
    "local t = {} for i = 1, 1000 do t[i] = string.rep('y', 1000) end local r = {} while true do r[#r + 1] = table.concat(t, ',') r[#r]:byte(1) end",
  "gsub":
    "local s = string.rep('a', 1000) local r = {} while true do s = s:gsub('a', 'aa') r[#r + 1] = s end",
  "format":
    "local r = {} local s = string.rep('a', 100000) while true do r[#r + 1] = string.format('%s%s%s', s, s, #r) r[#r]:byte(1) end",
  "upper":
    "local r = {} local s = string.rep('a', 100000) while true do s = s .. 'b' r[#r + 1] = s:upper() end",
  "cjson.encode":
    "local t = {} for i = 1, 10000 do t[i] = 'item ' .. i end local r = {} while true do r[#r + 1] = cjson.encode(t) r[#r]:byte(1) end",
  "cjson.decode":
    "local t = {} for i = 1, 10000 do t[i] = 'item ' .. i end local s = cjson.encode(t) local r = {} while true do r[#r + 1] = cjson.decode(s) end",
  "cmsgpack":
    "local t = {} for i = 1, 10000 do t[i] = 'item ' .. i end local r = {} while true do r[#r + 1] = cmsgpack.unpack(cmsgpack.pack(t)) end",
  "struct.pack":
    "local r = {} while true do r[#r + 1] = struct.pack('s', string.rep('a', 100000)) end",
  "unpack":
    "local t = {} for i = 1, 7000 do t[i] = i end local r = {} while true do r[#r + 1] = {unpack(t)} end",
  // By many at a time: each call copies all that there are.
  "varargs": `local function f(...) return f(${"1, ".repeat(200)}...) end return f()`,
  "deep recursion":
    "local function f(n) local a, b, c = {n}, {n}, {n} return f(n + 1) + #a + #b + #c end return f(1)",
  "a metamethod":
    "return setmetatable({}, {__index = function() local t = {} while true do t[#t + 1] = {} end end}).x",
  "a comparator":
    "local r = {} table.sort({1, 2, 3}, function() while true do r[#r + 1] = {} end end)",
  "load":
    "local parts = {} return assert(load(function() return string.rep('x = {1, 2, 3} ', 1000) end))",
  "compiled chunks": "local t = {} while true do t[#t + 1] = loadstring('return ' .. #t) end",
  "a sparse array": "local t = {} local i = 1 while true do i = i + 7 t[i] = true end",
  "table.insert": "local t = {} while true do table.insert(t, {}) end",
  "a huge constructor":
    "local s = 'return {' .. string.rep('{1,2,3},', 2000000) .. '}' while true do loadstring(s)() end",
};
