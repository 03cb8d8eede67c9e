local function show(t) local r = {} for k, v in pairs(t) do r[#r+1] = tostring(k) .. "=" .. tostring(v) end print(#t, table.concat(r, " ")) end
show{1,2,3} show{a=1,b=2,c=3,d=4,e=5} show{1,2,nil,4} show{nil,nil,3} show{[1]=1,[2]=2,[4]=4} show{n=1,[2]=3,"x"} show{1,2,3,nil} show{nil} show{"x",[1]="y"} show{[1]="y","x"} show{true,false} show{[true]=1,[false]=2} show{[1.5]=1,[-1]=2,[0]=3,[1e10]=4}
local t = {} for i = 1, 20 do t["key" .. i] = i show(t) end for i = 1, 20, 2 do t["key" .. i] = nil end show(t) for i = 30, 40 do t["k" .. i] = i end show(t)
t = {} for i = 1, 20 do t[i] = i end show(t) for i = 20, 1, -1 do t[i] = nil show(t) end
t = {} for i = 20, 1, -1 do t[i] = i show(t) end for i = 1, 10 do t[i] = nil show(t) end
t = {} for i = 1, 40, 3 do t[i] = i show(t) end for i = 2, 40, 3 do t[i] = i show(t) end
t = {} for i = -5, 5 do t[i] = i end show(t) for i = 0.5, 5 do t[i] = i end show(t)
t = {1,2,3} t[5] = 5 show(t) t[4] = 4 show(t) t[6] = 6 show(t) t[3] = nil show(t) t[6] = nil show(t) t[5] = nil show(t)
t = {x=1} for i = 1, 10 do t[i] = i * i end t.y = 2 t.z = 3 show(t) for k in pairs(t) do t[k] = nil end show(t) t.a = 1 t.b = 2 show(t)
t = {} t.a = nil t.b = nil t[1] = nil show(t) t.c = 1 t.d = 2 t.e = 3 show(t)
local x = 12345 local function rnd(n) x = (x * 1103515245 + 12345) % 2147483648 return x % n + 1 end
for round = 1, 30 do local t = {} for i = 1, rnd(60) do local c = rnd(4) local k = c == 1 and rnd(20) or c == 2 and "k" .. rnd(20) or c == 3 and rnd(100) / 4 or rnd(50) if rnd(4) == 1 then t[k] = nil else t[k] = i end end show(t) print(next(t), table.maxn(t)) end
for n = 0, 40 do local s = {} for i = 1, n do s[i] = i end local u = loadstring("return {" .. table.concat(s, ",") .. "}")() u[n + 1] = "x" u[n + 3] = "y" show(u) u[n+2] = "z" show(u) end
for n = 0, 40 do local s = {} for i = 1, n do s[i] = "k" .. i .. "=" .. i end local u = loadstring("return {" .. table.concat(s, ",") .. "}")() show(u) u.more = 1 show(u) end
local function f(...) return {...} end show(f()) show(f(nil)) show(f(nil, nil)) show(f(1, nil, 3)) show(f(1, 2, nil)) show({f(1)[1], f(2)[1], unpack({1,2,3})}) show({unpack({1,nil,3}, 1, 3)}) show({x=1, unpack({1,2,3})}) show{(unpack({1,2,3}))}
print(#{n=1}, #{1,2,nil,nil,5}, #{nil,nil,nil,4}, #"abc", #{[1]=1,[2]=2,[3]=3})
t = {10,20,30} table.insert(t, 40) table.insert(t, 1, 5) table.insert(t, 3, 15) show(t) print(table.remove(t)) print(table.remove(t, 1)) print(table.remove(t, 2)) print(table.remove({})) print(table.remove(t, 10)) show(t) table.insert(t, 10, "far") show(t)
print(table.concat({}), table.concat({1}), table.concat({1,2,"x",4.5}, ", "), table.concat({1,2,3}, "-", 2), table.concat({1,2,3}, "-", 2, 3), table.concat({1,2,3}, "-", 3, 2))
print(table.getn({1,2,3}), table.maxn({[3]=1,[10]=1,[2.5]=1}), table.maxn({}))
print(unpack({1,2,3})) print(unpack({1,2,3}, 2)) print(unpack({1,2,3}, 2, 5)) print(unpack({}, 1, 3)) print(unpack({1,2}, -1, 1))
table.foreach({a=1,2}, print) table.foreachi({1,2,3}, print) print(table.foreach({1,2,3}, function(k, v) if v == 2 then return "found" end end))
t = {5,2,8,1,9,3} table.sort(t) show(t) table.sort(t, function(a, b) return a > b end) show(t) t = {"b","a","C","A"} table.sort(t) show(t)
for n = 1, 60 do local t = {} for i = 1, n do t[i] = rnd(30) end table.sort(t) local u = {} for i = 1, n do u[i] = {rnd(10), i} end table.sort(u, function(a, b) return a[1] < b[1] end) local r = {} for i = 1, n do r[i] = u[i][1] .. ":" .. u[i][2] end print(table.concat(t, ","), table.concat(r, ",")) end
for n = 1, 30 do local t = {} for i = 1, n do t[i] = rnd(30) end print(pcall(table.sort, t, function(a, b) return true end)) print(table.concat(t, ",")) t = {} for i = 1, n do t[i] = rnd(30) end print(pcall(table.sort, t, function(a, b) return rnd(2) == 1 end)) print(table.concat(t, ",")) end
t = {1,2,3,4,5} for k, v in pairs(t) do t[k] = nil end show(t) t = {a=1,b=2,c=3} for k, v in next, t do t[k] = v + 1 end show(t)
for i, v in ipairs({1,2,nil,4}) do print(i, v) end for i, v in ipairs({}) do print(i) end for k, v in next, {7} do print(k, v) end for k in pairs({[{}]=1}) do print(type(k)) end
print(next({})) print(next({1})) print(next({1}, 1)) print(rawequal(t, t), rawequal("a", "a"), rawget({5}, 1), rawset({}, 1, 2)[1])
local a, b, c = unpack({1, 2}) print(a, b, c) local p = {f(1, 2), f(3)} print(#p) local q = {f(1), f(2, 3), n = 3} print(#q)
t = {} t[1e15] = 1 t[2^53] = 2 t[-0] = 3 t[1/0] = 4 t[-1/0] = 5 show(t) print(t[0], t[1/0])
