-- Levels that lie above a pcall, a coroutine, a callback: who called is asked for the position.
for level = 0, 7 do
  local function show(name, ...) print(name .. ' ' .. level, ...) end
  show('pcall error', pcall(error, 'x', level))
  show('pcall fail', pcall(function() error('x', level) end))
  local function f()
    local ok, e = pcall(error, 'x', level)
    return e
  end
  local function g()
    return (f())
  end
  local function h() local r = g() return r end
  show('three', f(), g(),
    h())
  show('number', type(select(2, pcall(error, 5, level))), pcall(error, 5, level))
  show('table', type(select(2, pcall(error, {}, level))))
  -- nested
  show('nested', pcall(pcall, error, 'x', level))
  show('nested', pcall(pcall, pcall, error, 'x', level))
  show('nested', pcall(function() return pcall(function()
    return pcall(error, 'x', level)
  end)
  end))
  show('nested', pcall(function() local a, b, c = pcall(function()
    local ok, e = pcall(error, 'x', level)
    return e
  end)
   return b
  end))
  -- tail calls
  local function tail() return pcall(error, 'x', level) end
  local function tail2() return tail() end
  local function tail3()
    return tail2() end
  show('tail', tail()) show('tail', tail2()) show('tail',
   tail3())
  local function t4() local ok, e = tail2()
   return e end
  show('tail4', t4())
  show('xpcall', xpcall(function() error('x', level) end, function(m) return '<' .. tostring(m) .. '>' end))
  local function xf()
    local a, b = xpcall(function()
      local a, b = xpcall(function() error('x', level) end, function(m) return m end)
      error(b, 0)
      end, function(m)
      return m end)
    return b
  end
  show('xpcall', xf())
  -- coroutines
  local co = coroutine.create(function()
    local ok, e = pcall(error, 'x', level)
    coroutine.yield(e)
    local ok, e = pcall(f)
    coroutine.yield(e)
    return pcall(error, 'x',
      level)
  end)
  for i = 1, 5 do show('co', coroutine.resume(co)) end
  local w = coroutine.wrap(function()
    local ok, e = pcall(error, 'x', level)
    coroutine.yield(e)
    error('y', level)
  end)
  for i = 1, 3 do show('wrap', pcall(w)) end
  local w = coroutine.wrap(function() error('y', level) end)
  show('wrap', pcall(function()
    w() end))
  show('co', type(select(2, coroutine.resume(coroutine.create(function() error(5, level) end)))))
  show('co error', coroutine.resume(coroutine.create(function() local x = setmetatable({}, {__index = function() error('i', level) end}).y end)))
  -- metamethods and callbacks
  local t = setmetatable({}, {__index = function(t, k) return (select(2, pcall(error, k, level < 3 and level or 0))) end,
    __call = function(t)
      local ok, e = pcall(error, 'called', level) return e end,
    __add = function(a, b) error('add', level) end})
  show('index', t.foo)
  show('call', t())
  local function tc() return t() end
  show('call tail', tc())
  show('add', pcall(function()
    return t + 1 end))
  show('sort', pcall(function()
   table.sort({1, 2, 3}, function(a, b) error('cmp', level) end)
   end))
  show('sort', pcall(function()
   local s = table.sort
   return s({1, 2, 3}, function(a, b) error('cmp', level) end)
   end))
  show('gsub', pcall(function()
   return (string.gsub('abc', 'b', function() error('sub', level) end))
   end))
  show('gsub', pcall(function()
   local s = string.gsub
   return s('abc', 'b', function() error('sub', level) end)
   end))
  show('gsub', pcall(function()
   return ('abc'):gsub('b', function() error('sub', level) end)
   end))
  show('gsub', (string.gsub('abc', 'b', function() local ok, e = pcall(error, 'x', level < 4 and level or 0) return e end)))
  show('foreach', pcall(function()
   return table.foreach({1}, function() error('each', level) end)
   end))
  -- iterators
  for i in function(s, c) if c == nil then return (select(2, pcall(error, 'it', level))) end end do show('for', i) end
  show('for', pcall(function()
    for i in function() error('it', level) end do end
  end))
  -- load
  show('load', load(function() error('r', level) end))
  show('load', pcall(load, function() error('r', level) end))
  show('load',
    load(function() local ok, e = pcall(error, 'r', level) error(e, 0) end))
  local function loads() return load(function() error('r', level) end) end
  show('load', loads())
  show('assert', pcall(function() assert(false, 'a') end))
  -- deep calls
  local function deep(n)
    if n > 0 then local r = deep(n - 1) return r end
    local ok, e = pcall(error, 'deep', level)
    return e
  end
  for n = 120, 136 do show('deep', deep(n)) end
  local function deep(n)
    if n > 0 then
      local r = deep(n - 1)
      return r
    end
    return (select(2, pcall(pcall, pcall, error, 'deep', level)))
  end
  for n = 120, 136 do show('deep', deep(n)) end
  local function pdeep(n)
    if n > 0 then
      local ok, r = pcall(pdeep, n - 1)
      return r
    end
    local ok, e = pcall(error, 'pd', level)
    return e
  end
  for n = 56, 70 do show('pdeep', pdeep(n)) end
  local function tdeep(n) if n > 0 then return tdeep(n - 1) end local ok, e = pcall(error, 'td', level) return e end
  for n = 120, 136 do show('tdeep', tdeep(n)) end
end
print(load(function() return {} end))
print(load(function() return true end, 'n'))
print(load(5 == 5 and function() return print end))
local function l()
  return load(function() return {} end)
end
print(l())
print(pcall(load, function() return {} end))
local n = 0
print(load(function() n = n + 1 return n == 1 and 'return ' or {} end))
print(pcall(load, function() return {} end, {}))
local r = load
print(r(function() return {} end))
print(coroutine.wrap(function() return load(function() return {} end) end)())
print(coroutine.wrap(function() return load(function() coroutine.yield(1) end) end)())
print(load(string.rep))
print(pcall(load, string.rep))
local pieces = {'return ', 0.1 + 0.2, ' .. ', 1e15, ' .. ', "''"}
local at = 0
print(load(function() at = at + 1 return pieces[at] end)())
print(pcall(coroutine.wrap(function() return load(function() return coroutine.yield(1) end) end)))
