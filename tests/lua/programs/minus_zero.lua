-- Minus zero, made so that no constant 0 lends it its sign.
local z = tonumber('0') * tonumber('-1')
local one = tonumber('1')
local function signs(...) local r = {} for i = 1, select('#', ...) do local v = select(i, ...) r[i] = type(v) == 'number' and (v == v and tostring(v) .. (v == 0 and (1 / v < 0 and '-' or '+') or '') or 'nan') or tostring(v) end print(table.concat(r, ' ')) end
for _, f in ipairs{'modf', 'floor', 'ceil', 'abs', 'sqrt', 'frexp', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'exp', 'log', 'log10', 'rad', 'deg', 'sinh', 'cosh', 'tanh'} do signs(f, math[f](z), math[f](-z)) end
for _, f in ipairs{'fmod', 'max', 'min', 'pow', 'atan2', 'ldexp'} do signs(f, math[f](z, 1), math[f](z, -1), math[f](1, z), math[f](-1, z), math[f](z, z), math[f](z, -z), math[f](-z, z), math[f](-z, -z), math[f](z, 3), math[f](z, -3), math[f](z, 0.5), math[f](-z, -0.5)) end
signs(z + z, z - z, z + -z, -z + z, z * z, z * one, z / one, one / z, z % one, z % -one, -z % one, -z % -one, z ^ one, z ^ 2, z ^ 3, z ^ -1, z ^ -2, -(-z), one % z)
signs(z == -z, z < -z, z <= -z, tostring(z), z .. '', string.format('%d %g %f %x %5.1f %+d', z, z, z, z, z, z), tonumber(tostring(z)), tonumber('-0'), tonumber('-0x0'), tonumber('-0', 16))
for i = z, 1 do signs('for', i) end for i = z, -1, -1 do signs('for', i) end for i = -1, z do signs('for', i, i * 1) end for i = -one, one do signs('for', i) end for i = 1, z, -1 do signs('for', i) end
local t = {} t[z] = 'a' signs(t[0], next(t)) t[-z] = 'b' signs(t[z], next(t)) t = {[z] = 1} signs(next(t)) rawset(t, z, 2) signs(next(t))
signs(math.floor(-0.5), math.ceil(-0.5), math.modf(-0.5), math.fmod(-1, 1), math.fmod(-3, 3), -3 % 3, 3 % -3, 0 * -one, -one * 0, 0 / -one)
signs(unpack({z, -z})) signs(select(2, z, z)) signs(string.byte('\0') * -1, #'' * -1, -#'', -select('#'))
signs(math.max(z, -z), math.max(-z, z), math.min(z, -z), math.min(-z, z))

-- A number that is true in any case is no constant of its function.
do
local function key(k) return k end
local function f1() return - (0) and {[key(0)] = 1} end
local function f2() return - (0) or {[key(0)] = 1}, 0 end
local function f3() if -0 then return 0 end end
local function f4() if x or -0 then return 0 end end
local function f5() if -0 or x then return 0 end end
local function f6() if not -0 then return 1 end return 0 end
local function f7() while -0 do return 0 end end
local function f8() repeat local y = 0 until -0 return 0 end
local function f9() return (x and -0), 0 end
local function f10() return not -0, 0 end
local function f11() return (-0 and 5 and 0) end
local function f12() local a = -0 == 0 return 0 end
for _, f in ipairs{f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f11,f12} do
  local r = {f()}
  for i = 1, table.maxn(r) do
    if type(r[i]) == "table" then for k in pairs(r[i]) do print("key", k) end else print(_, r[i]) end
  end
end
end
