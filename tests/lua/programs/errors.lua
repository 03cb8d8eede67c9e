local function try(f, ...) print(pcall(f, ...)) end
local function src(text) local f, e = loadstring(text, "=s") if not f then print("compile", e) else print(pcall(f)) end end
-- operands
src "local x return x.y" src "local x return x.y.z" src "return x.y" src "return a.b.c" src "local t={} return t.x.y" src "local t={} t.x.y=1"
src "local t={} return t:foo()" src "foo()" src "local f f()" src "local t={} t.f()" src "local t={} t.a.b()" src "(nil)()" src "('x')()" src "return ('x').y.z"
src "return 1+nil" src "local x return x+1" src "return x+1" src "local t={} return t.x+1" src "return 1+{}" src "return {}+1" src "return 'a'+1" src "return 'a'+'b'" src "local a,b='x',{} return a+b"
src "return -{}" src "return -nil" src "local x return -x" src "return #nil" src "return #5" src "local n=5 return #n" src "return 1 .. nil" src "return nil .. 1" src "local x return 'a'..x" src "local x return x..'a'" src "local x return 'a'..'b'..x..'c'" src "return 'a'..{}..'b'"
src "return 1<'2'" src "return {}<{}" src "return nil<1" src "return {}<1" src "return 'a'<1" src "return true<false" src "return nil>1" src "return 1<=nil" src "local a={} return a<=a" src "return print<print"
src "for i='a',2 do end" src "for i=1,'x' do end" src "for i=1,2,{} do end" src "for i=nil,2 do end" src "for k in 5 do end" src "for k in nil do end" src "local t={} for k in t do end" src "for k in pairs(nil) do end" src "for k in pairs() do end" src "for i in ipairs() do end"
src "local t={} t[nil]=1" src "local t={} t[0/0]=1" src "return ({})[nil]" src "rawset({},nil,1)" src "return next({},'x')" src "return next({},1)"
src "error('a')" src "error('a',0)" src "error('a',1)" src "error('a',2)" src "error()" src "error(nil)" src "error({})" src "error(5)" src "error(5,0)" src "error(true)"
src "local function f() error('deep') end f()" src "local function f() error('deep',2) end f()" src "local function f() error('deep',2) end local function g() f() end g()" src "local function f() error('deep',3) end local function g() f() end g()" src "local function f() error('t',2) end return f()" src "local function f() error('t',1) end return f()" src "local function f() return error('t',2) end local function g() return f() end g()"
src "assert(false)" src "assert(nil,'m')" src "assert(false,{})" src "assert()" src "return assert(1,2,3)" src "assert(false, 5)"
-- arguments
src "string.rep()" src "string.rep('x')" src "string.rep('x',{})" src "('x'):rep()" src "('x'):rep({})" src "local s=string s.rep({})" src "local r=string.rep r({})" src "string.sub()" src "string.char(256)" src "string.char(-1)" src "string.char('x')" src "('x'):bad()" src "string.format('%d','x')" src "string.format('%d')" src "string.format('%y',1)" src "string.format('%')" src "string.format('%123d',1)" src "string.format('%1.123d',1)" src "string.format('%-+ #0-d',1)" src "string.format()"
src "table.concat({{}})" src "table.concat({1,2,nil,4},',',1,4)" src "table.concat(1)" src "table.insert()" src "table.insert({})" src "table.insert({},1,2,3)" src "table.insert(nil,1)" src "table.insert({},'x',1)" src "table.remove()" src "table.sort({1,'x'})" src "table.sort({3,2,1},5)" src "table.sort({1,2,3},function() error('cmp') end)" src "table.setn({},1)" src "unpack()" src "unpack({},1,1e8)" src "return unpack({},1,8000)" src "table.foreach({},1)"
src "setmetatable(1,{})" src "setmetatable({},1)" src "setmetatable({})" src "setmetatable(setmetatable({},{__metatable=1}),{})" src "getmetatable()" src "tostring()" src "tonumber()" src "tonumber('z',99)" src "tonumber({})" src "tonumber({},16)" src "type()" src "select()" src "select(0)" src "select(-1)" src "select(-5,1)" src "select('x')" src "ipairs()" src "rawget()" src "rawget({})" src "rawequal(1)" src "rawset({},1)" src "next()" src "next(1)" src "pcall()" src "xpcall()" src "xpcall(print)" src "collectgarbage('x')" src "loadstring()" src "load()" src "load(5)"
src "math.floor()" src "math.floor('x')" src "math.floor({})" src "math.max()" src "math.random(0)" src "math.random(2,1)" src "math.random(1,2,3)" src "math.fmod(1)" src "math.ldexp(1)"
src "coroutine.create()" src "coroutine.create(1)" src "coroutine.resume()" src "coroutine.resume(1)" src "coroutine.status()" src "coroutine.wrap(1)" src "coroutine.yield()" src "coroutine.create(print)"
src "string.find()" src "string.find('a')" src "string.find('a','[')" src "string.find('a','%')" src "string.find('a','(')" src "string.find('a',')')" src "string.find('a','%1')" src "string.find('a','(a')" src "string.find('a','%f')" src "string.find('a','[a')" src "string.find('a','[%')" src "string.find('a','%b')" src "string.find('a','%bx')" src "string.gsub('a','a','%2')" src "string.gsub('a')" src "string.gsub('a','a')" src "string.gsub('a','a',true)" src "string.gsub('a','a',function() return {} end)" src "string.gsub('a','a',{a={}})" src "string.gsub('a','a',function() error('in gsub') end)" src "string.gsub('aa','a','b','x')" src "string.gmatch('a')" src "string.gmatch('a','(')()" src "string.rep('(',40)" src "string.find('a',string.rep('(a)',33))" src "string.find(string.rep('a',40), string.rep('(a)',33))"
-- metamethods
src "local t=setmetatable({},{__index=function(t,k) error('idx '..k) end}) return t.x" src "local t=setmetatable({},{__index=function(t,k) error('idx',2) end}) return t.x" src "local t=setmetatable({},{__newindex=function(t,k,v) error('nidx',2) end}) t.x=1" src "local t=setmetatable({},{__add=function() error('add',2) end}) return t+1" src "local t=setmetatable({},{__call=function() error('call',2) end}) t()" src "local t=setmetatable({},{__call=5}) t()" src "local t=setmetatable({},{__index=5}) return t.x" src "local t=setmetatable({},{__newindex=5}) t.x=1" src "local t={} setmetatable(t,{__index=t}) return t.x" src "local t={} setmetatable(t,{__newindex=t}) t.x=1" src "local t=setmetatable({},{__concat=function() error('c') end}) return 'a'..t" src "local t=setmetatable({},{__tostring=function() return 5 end}) return tostring(t)" src "local t=setmetatable({},{__tostring=function() error('ts') end}) return tostring(t)" src "local t=setmetatable({},{__lt=function() error('lt') end}) return t<t" src "local t=setmetatable({},{__eq=function() error('eq') end}) return t==setmetatable({},getmetatable(t))"
src [[local function f()
  local t = nil
  return t
    .x
end
f()]]
src [[local x = 1
local y = x +
 nil]]
src [[local t = {}
t.a = function()
  error("in a")
end
local ok, e = pcall(t.a)
error(e)]]
src [[local f = function(...)
  return
    foo(1,
      2)
end
f()]]
src [[foo
(1)]]
src "\n\n\nerror('line4')"
print(xpcall(function() error('x') end, function(e) error('again') end))
print(xpcall(function() error('x') end, function(e) return e .. "!" end))
print(xpcall(function() error({1}) end, function(e) return type(e) end))
print(xpcall(function() return 1, 2 end, print))
print(xpcall(function() local x = nil + 1 end, function(e) return e end))
print(select('#', pcall(error)))
print(pcall(pcall)) print(pcall(pcall, error, 'x')) print(pcall(pcall, pcall, error))
try(string.rep) try(string.rep, "x", {}) try(error, "msg") try(setmetatable, 1) try(nil) try(5) try({}) 
local co = coroutine.create(function() error("in co") end) print(coroutine.resume(co)) print(coroutine.resume(co)) print(coroutine.status(co))
co = coroutine.wrap(function() error("in wrap") end) print(pcall(co)) print(pcall(co))
co = coroutine.wrap(function() error({}) end) print(type(select(2, pcall(co))))
co = coroutine.wrap(function() coroutine.yield(1) end) co() co() print(pcall(co)) print(pcall(function() co() end))
co = coroutine.create(function() return coroutine.resume(co) end) print(coroutine.resume(co))
print(coroutine.resume(coroutine.create(function() return pcall(coroutine.yield, 1) end)))
print(coroutine.resume(coroutine.create(function() for i in coroutine.yield do end end)))
print(coroutine.resume(coroutine.create(function() for i in function() coroutine.yield(1) end do end end)))
print(coroutine.resume(coroutine.create(function() table.sort({1,2,3}, function(a,b) coroutine.yield() return a<b end) end)))
print(coroutine.resume(coroutine.create(function() return setmetatable({},{__index=function() coroutine.yield(1) end}).x end)))
local function deep(n) return n == 0 and 0 or 1 + deep(n-1) end
print((select(2, pcall(deep, 1e7)):gsub("^.-:%d+: ", "")))
local function pc(n) local ok, e = pcall(function() return pc(n+1) end) return e end
local function nest(n) if n == 0 then return 0 end local ok, e = pcall(nest, n-1) if not ok then error(e, 0) end return e + 1 end
print(nest(100)) print(pcall(nest, 300))
local m = {} local chain = setmetatable({}, {__index = function(t, k) return t[k+1] end}) print(pcall(function() return chain[1] end))
local c2 for i = 1, 150 do c2 = setmetatable({}, {__index = c2}) end print(pcall(function() return c2.x end))

-- Levels count the functions that are not Lua, which have no position.
for level = 0, 2 do
  local function fail() error('level ' .. level, level) end
  print(pcall(string.gsub, 'a', 'a', fail))
  print(pcall(function() return (string.gsub('a', 'a', fail)) end))
  print(pcall(function() return (string.gsub('a', 'a', function() fail() end)) end))
  print(pcall(function() table.sort({1, 2, 3}, fail) end))
  print(pcall(function() table.foreach({1}, fail) end))
  print(pcall(function() return tostring(setmetatable({}, {__tostring = fail})) end))
  print(pcall(function() return setmetatable({}, {__index = fail}).x end))
  print(pcall(function() return setmetatable({}, {__concat = fail}) .. 'x' end))
  print(pcall(function() for _ in fail do end end))
  print(pcall(function() return load(fail) end))
  print(pcall(function() return xpcall(fail, function(m) return m end) end))
  print(pcall(function() local c = coroutine.wrap(fail) c() end))
end
print(pcall(function() return (string.gsub('a', 'a', error)) end))
print(pcall(function() return (string.gsub('a', 'a', string.rep)) end))
print(pcall(function() table.sort({1, 2, 'x'}) end))
print(pcall(function() table.sort({1, 2, 3}, string.rep) end))
