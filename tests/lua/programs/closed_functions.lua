-- Functions that need nothing of those around them, and locals that stand for what is known.
local format, insert, rep = string.format, table.insert, string.rep
local again = format
local SIZE, NAME, ZERO, MINUS, NONE, YES = 7, 'name', 0, -0, nil, true

local function show(...)
  local r = {}
  for i = 1, select('#', ...) do insert(r, tostring((select(i, ...)))) end
  print(table.concat(r, ' '))
end

-- Each time a function is made it is another one, whatever it needs.
local made = {}
for i = 1, 3 do
  local function same() return SIZE end
  made[i] = same
end
show(made[1] == made[2], made[1] == made[1], made[2]() == made[3]())
local function maker() return function() return NAME end end
show(maker() == maker(), maker()() == maker()())

-- Constants of outer functions.
local function constants() return SIZE + 1, NAME .. SIZE, 1 / ZERO, 1 / MINUS, NONE, YES, -SIZE, #NAME end
show(constants())
local function compare() return SIZE > 3, SIZE == 7, NAME < 'o', SIZE < 'x' end
show(pcall(compare))
local function through() local inner = SIZE return (function() return inner * 2 end)() end
show(through())

-- Variables that change are no constants.
local changing = 1
local old = changing
local function both() return changing, old end
changing = 2
show(both())
for i = 1, 2 do
  local function counter() return i end
  show(counter())
end
for _, v in ipairs({'a', 'b'}) do
  local function element() return v end
  show(element())
end
local assigned = format
assigned = rep
show(assigned('x', 3))
local swapped = function() return 1 end
local function callsSwapped() return swapped() end
swapped = function() return 2 end
show(callsSwapped())

-- Calls among them, in loops and at any depth.
local function double(x) return x * 2 end
local function sum(n) local s = 0 for i = 1, n do s = s + double(i) end return s end
local function both_(n, ...) return sum(n), double(n), ... end
show(sum(10), both_(4, 'x', nil, 'y'))
show(both_(3, both_(2)))
local function count(n) if n == 0 then return 'end' end return (count(n - 1)) end
local function tail(n) if n == 0 then return 'end' end return tail(n - 1) end
show(count(5000), tail(100000))
local function endless(n) return 1 + endless(n + 1) end
show((pcall(endless, 1)))
local function missing(a, b, c) return a, b, c end
show(missing(1))
show(missing(1, 2, 3, 4))
show(both_(1, unpack({1, 2, 3})))

-- Functions that are both called and passed on.
local function passed(x) return 'passed ' .. tostring(x) end
local function calls(f, x) return f(x) .. passed(x) end
show(calls(passed, 1), pcall(passed, 2))
local function hands() return passed end
show(hands() == passed, hands()(3))
local function own() return own end
show(own() == own)

-- A function within one that is needed by it.
local function outer(n)
  local function inner(m) if m > 0 then return outer(m - 1) end return 'inner ' .. n end
  return inner(n)
end
show(outer(3))
local function scope(x)
  local function uses() return x end
  local function free(y) return double(y) end
  return uses() + free(x)
end
show(scope(5))

-- Coroutines and errors go through them.
local yield = coroutine.yield
local function step(x) local got = yield(x) return got, double(x) end
local co = coroutine.wrap(function(x) return step(x) end)
show(co(4))
show(co('back'))
local function fails(x) error({x}) end
local function reaches(x) for i = 1, 1 do fails(x) end end
local ok, e = pcall(reaches, 'value')
show(ok, type(e), e[1])
local function position() error('here') end
local function callsPosition() position() end
show(pcall(callsPosition))

-- The names that errors give.
show(pcall(function() insert(1, 2) end))
show(pcall(function() local f = format f({}, 1) end))
show(pcall(function() return again('%d', 'x') end))
show(pcall(function() format() end))
show(pcall(function() return (again('%q')) end))
show(pcall(function() SIZE() end))
show(pcall(function() return NAME.x.y end))
show(pcall(function() return NAME + 1 end))
show(pcall(function() return SIZE .. {} end))
show(pcall(function() return NONE.x end))
show(pcall(function() return #SIZE end))
show(pcall(function() return double(nil) end))
show(pcall(function() return sum({}) end))
show(pcall(function() tail('x') end))
local function level() error('above', 2) end
local function callsLevel() level() end
show(pcall(callsLevel))
