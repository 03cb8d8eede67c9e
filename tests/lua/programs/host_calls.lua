-- How deep calls through functions that are not Lua may be nested, and what the error then says.
local function measure(name, step)
  local depth, most, msg = 0, 0, nil
  local function go()
    depth = depth + 1
    if depth > most then most = depth end
    if depth > 1000 then error('enough', 0) end
    return step(go)
  end
  local ok, e = pcall(go)
  print(name, most, ok, (string.gsub(tostring(e), "program:%d+: ", "")))
end
measure('pcall', function(go) local ok, e = pcall(go) if not ok then error(e, 0) end end)
measure('concat', function(go) local o = setmetatable({}, {__concat = function() go() return '' end}) local x = o .. 'a' return x end)
measure('add', function(go) local o = setmetatable({}, {__add = function() go() return '' end}) local x = o + 1 return x end)
measure('index', function(go) local o = setmetatable({}, {__index = function() go() return '' end}) local x = o.a return x end)
measure('newindex', function(go) local o = setmetatable({}, {__newindex = function() go() return '' end}) o.a = 1 return x end)
measure('call', function(go) local o = setmetatable({}, {__call = function() go() return '' end}) local x = o() return x end)
measure('lt', function(go) local o = setmetatable({}, {__lt = function() go() return '' end}) local x = o < o return x end)
measure('le', function(go) local o = setmetatable({}, {__le = function() go() return '' end}) local x = o <= o return x end)
measure('eq', function(go) local f = function() go() return '' end local o, p = setmetatable({}, {__eq = f}), setmetatable({}, {__eq = f}) local x = o == p return x end)
measure('unm', function(go) local o = setmetatable({}, {__unm = function() go() return '' end}) local x = -o return x end)
measure('tostring', function(go) local o = setmetatable({}, {__tostring = function() go() return '' end}) local x = tostring(o) return x end)
measure('sort', function(go) table.sort({1,2}, function(a, b) go() return a < b end) return 1 end)
measure('gsub', function(go) local x = string.gsub('a', 'a', function() go() return 'b' end) return 1 end)
measure('wrap', function(go) local x = coroutine.wrap(function() go() return 'b' end)() return 1 end)
measure('resume', function(go) local ok, x = coroutine.resume(coroutine.create(function() go() return 'b' end)) if not ok then error(x, 0) end return 1 end)
measure('for in', function(go) for i in function() go() return nil end do end return 1 end)
measure('xpcall', function(go) local ok, e = xpcall(go, function(m) return m end) if not ok then error(e, 0) end end)
measure('foreach', function(go) table.foreach({1}, function() go() end) return 1 end)
measure('foreachi', function(go) table.foreachi({1}, function() go() end) return 1 end)
measure('load', function(go) load(function() go() return nil end) return 1 end)
measure('wrap concat', function(go) local x = coroutine.wrap(function() local o = setmetatable({}, {__concat = function() go() return '' end}) return o .. 'a' end)() return 1 end)
measure('wrap concat pcall', function(go) local x = coroutine.wrap(function() local o = setmetatable({}, {__concat = function() local ok, e = pcall(go) if not ok then error(e, 0) end return '' end}) return o .. 'a' end)() return 1 end)
measure('wrap after yield', function(go) local c = coroutine.wrap(function() coroutine.yield() go() return 'b' end) c() c() return 1 end)
measure('pcall wrap after yield', function(go) local c = coroutine.wrap(function() coroutine.yield() go() return 'b' end) c() local ok, e = pcall(c) if not ok then error(e, 0) end return 1 end)
measure('index table', function(go) local o = setmetatable({}, {__index = setmetatable({}, {__index = function() go() end})}) return o.x end)
measure('pcall wrap', function(go) local c = coroutine.wrap(function() go() return 'b' end) local ok, e = pcall(c) if not ok then error(e, 0) end return 1 end)
measure('pcall resume', function(go) local c = coroutine.create(function() go() return 'b' end) local ok, e, f = pcall(coroutine.resume, c) if not ok then error(e, 0) end if not e then error(f, 0) end return 1 end)
local n = 0
print(load(function() n = n + 1 if n == 2 then return "return 5" end end)(), n)
-- A coroutine that is refused for the depth of the calls is dead if it has not begun, and goes on later if it has.
for n = 185, 200 do
  local fresh, begun = coroutine.create(function() return 'ran' end), coroutine.create(function() coroutine.yield() return 'ran' end)
  local wrapped = coroutine.wrap(function() return 'ran' end)
  coroutine.resume(begun)
  local results = {}
  local function note(...) results[#results + 1] = table.concat({n, tostring((...)), tostring((select(2, ...)))}, ' ') end
  local function nested(i)
    if i > 0 then return setmetatable({}, {__index = function() return nested(i - 1) end}).x end
    local co = coroutine.create(function()
      note(coroutine.resume(fresh))
      note(coroutine.resume(begun))
      wrapped()
    end)
    note(coroutine.resume(co))
    return 1
  end
  note(pcall(nested, n))
  note(coroutine.status(fresh), coroutine.status(begun))
  note(coroutine.resume(fresh))
  note(coroutine.resume(begun))
  note(pcall(wrapped))
  print(table.concat(results, '\n'))
end
