/** Random programs: they end, print what they compute, and show nothing of addresses. */

import { Choices } from "./choices.ts";
import { Expressions, type Names } from "./expressions.ts";

/** What programs use. On one line, so that the lines of the program are its own. */
const PRELUDE = [
  "local fuel = 3000",
  "local function tick() fuel = fuel - 1 if fuel < 0 then error('out of fuel', 0) end end",
  "local function clip(s, ...) if type(s) == 'string' and #s > 200 then return string.sub(s, 1, 50) end return s, ... end",
  "local function key(k) local t = type(k) if t == 'table' or t == 'function' or t == 'thread' or k == nil or k ~= k then return t end return k end",
  "local function show(v, d) tick() if type(v) == 'string' then return string.format('%q', string.sub(v, 1, 200)) end " +
  "if type(v) ~= 'table' then return type(v) == 'function' and 'function' or type(v) == 'thread' and 'thread' or tostring(v) end " +
  "if d == 0 then return '{..}' end local r = {} " +
  "for k, x in next, v do r[#r + 1] = (type(k) == 'string' and k or show(k, 0)) .. '=' .. show(x, d - 1) if #r > 30 then break end end " +
  "return '{' .. table.concat(r, ',') .. '}' end",
  "local function out(...) local r = {} for i = 1, select('#', ...) do r[i] = show((select(i, ...)), 3) end print(table.concat(r, ' ')) end",
  "local function matches(s, p) local r = {} for a, b in string.gmatch(s, p) do tick() r[#r + 1] = {a, b} end return r end",
  "local function sorted(t, f) table.sort(t, f) return t end",
  "local function meta(v) if type(v) ~= 'string' then return getmetatable(v) end end",
  "local classes = {}",
  "local function object(v) tick() return setmetatable({v = v}, classes[#(v ~= v and 'nan' or tostring(v)) % 4 + 1]) end",
].join(" ");

const METAMETHODS = [
  "add",
  "sub",
  "mul",
  "div",
  "mod",
  "pow",
  "unm",
  "concat",
  "lt",
  "le",
  "eq",
  "call",
  "index",
  "newindex",
  "tostring",
];

/** Makes one program. */
export class ProgramGenerator {
  readonly #choices: Choices;
  readonly #expressions: Expressions;
  readonly #isRedis: boolean;
  #lastName = 0;
  /** How deep functions may still be nested. */
  #functions = 2;

  constructor(seed: number, isRedis: boolean) {
    this.#choices = new Choices(seed);
    this.#expressions = new Expressions(this.#choices);
    this.#isRedis = isRedis;
  }

  /** The program. */
  make(): string {
    const choices = this.#choices;
    const globals = this.#isRedis ? [] : ["g1", "g2", "g3"];
    const names = this.#names([], globals, false);
    const lines: string[] = [PRELUDE, this.#classes(names)];
    const locals: string[] = [];
    for (let i = choices.between(2, 5); i > 0; i--) {
      const current = this.#names(locals, globals, false);
      const name = `v${++this.#lastName}`;
      lines.push(`local ${name} = ${this.#guarded(current)}`);
      locals.push(name);
    }
    for (let i = choices.between(3, 8); i > 0; i--) {
      const current = this.#names(locals, globals, false);
      lines.push(`out(pcall(function(...)`);
      lines.push(this.#block(this.#names(locals, globals, true), 3));
      lines.push(`end, ${this.#expressions.simple(current)}))`);
    }
    return lines.join("\n");
  }

  /** An expression whose error does not end the program. */
  #guarded(names: Names): string {
    if (this.#choices.chance(0.5)) return this.#expressions.simple(names);
    return `(select(2, pcall(function() return ${this.#expressions.any(names, 3)} end)))`;
  }

  #classes(names: Names): string {
    const choices = this.#choices;
    const classes: string[] = [];
    for (let i = 1; i <= 4; i++) {
      const methods: string[] = [];
      for (const method of METAMETHODS) {
        if (!choices.chance(0.45)) continue;
        if (method === "tostring") methods.push(`__tostring = function(o) return "object${i}" end`);
        else if (method === "index" && choices.chance(0.5)) {
          methods.push("__index = {x = 1, foo = function(...) return select('#', ...) end}");
        } else if (method === "newindex") {
          methods.push("__newindex = function(t, k, v) rawset(t, k, v) end");
        } else if (choices.chance(0.3)) {
          methods.push(`__${method} = function(a, b) tick() return "${method}" end`);
        } else {methods.push(
            `__${method} = function(p, q) ${this.#functionBody(["p", "q"], false, names)} end`,
          );}
      }
      classes.push(`classes[${i}] = {${methods.join(", ")}}`);
    }
    return classes.join(" ");
  }

  #names(locals: readonly string[], globals: readonly string[], isVararg: boolean): Names {
    const names: Names = {
      locals,
      globals,
      isVararg,
      isRedis: this.#isRedis,
      functionBody: (parameters, vararg) => this.#functionBody(parameters, vararg, names),
    };
    return names;
  }

  #functionBody(parameters: readonly string[], isVararg: boolean, outer: Names): string {
    const choices = this.#choices;
    if (this.#functions === 0) return `tick() return ${parameters.join(", ")}`;
    this.#functions--;
    const names = this.#names([...outer.locals, ...parameters], outer.globals, isVararg);
    let code = "tick() ";
    if (choices.chance(0.4)) code += this.#block(names, 1, " ") + " ";
    if (!/\b(return|break)\b[^;]*$/.test(code) && choices.chance(0.85)) {
      code = `do ${code}end return ${choices.join(1, 2, () => this.#expressions.any(names, 2))}`;
    }
    this.#functions++;
    return code;
  }

  /** Statements of a block. */
  #block(names: Names, depth: number, separator = "\n", isLoop = false): string {
    const choices = this.#choices;
    const locals = [...names.locals];
    const lines: string[] = [];
    for (let i = choices.between(1, depth + 2); i > 0; i--) {
      const current = this.#names(locals, names.globals, names.isVararg);
      lines.push(this.#statement(current, depth, separator, locals));
    }
    if (isLoop && choices.chance(0.1)) lines.push("break");
    else if (choices.chance(0.2)) {
      const current = this.#names(locals, names.globals, names.isVararg);
      lines.push(`return ${choices.join(0, 3, () => this.#expressions.any(current, 2))}`);
    }
    return lines.join(separator);
  }

  #statement(names: Names, depth: number, separator: string, locals: string[]): string {
    const choices = this.#choices, expressions = this.#expressions;
    const any = (levels = 2) => expressions.any(names, levels);
    const nest = (inner: Names, isLoop = false) =>
      separator + this.#block(inner, depth - 1, separator, isLoop) + separator;
    switch (choices.below(depth > 0 ? 17 : 9)) {
      case 0:
      case 1:
        return `out(${choices.join(1, 3, any)})`;
      case 2:
      case 3: {
        const declared = Array.from(
          { length: choices.between(1, 3) },
          () => `v${++this.#lastName}`,
        );
        const code = `local ${declared.join(", ")} = ${choices.join(1, 3, any)}`;
        if (locals.length < 40) locals.push(...declared);
        return choices.chance(0.8) ? code : code.replace(/ = .*/s, "");
      }
      case 4:
      case 5: {
        const targets = choices.join(1, 2, () => this.#target(names));
        return `${targets} = ${choices.join(1, 2, () => `clip(${any()})`)}`;
      }
      case 6: {
        const call = expressions.call(names, 1);
        return call.startsWith("(") ? `local _ = ${call}` : call;
      }
      case 7:
        return `out(pcall(${expressions.functionExpression(names)}, ${any()}))`;
      case 8: {
        const name = `f${++this.#lastName}`;
        const code = `local function ${name}${expressions.functionExpression(names).slice(8)}`;
        if (locals.length < 40) locals.push(name);
        return code;
      }
      case 9:
      case 10: {
        const branches = choices.chance(0.3) ? `elseif ${any()} then${nest(names)}` : "";
        const other = choices.chance(0.5) ? `else${nest(names)}` : "";
        return `if ${any()} then${nest(names)}${branches}${other}end`;
      }
      case 11:
      case 12: {
        const name = `i${++this.#lastName}`;
        const inner = this.#names([...names.locals, name], names.globals, names.isVararg);
        const step = choices.chance(0.3) ? `, ${choices.pick(["1", "2", "-1", "0.5", "'1'"])}` : "";
        const range = choices.chance(0.9)
          ? `${choices.between(-2, 3)}, ${choices.between(0, 6)}`
          : `${expressions.simple(names)}, 5`;
        return `for ${name} = ${range}${step} do tick()${nest(inner, true)}end`;
      }
      case 13: {
        const [k, v] = [`k${++this.#lastName}`, `w${++this.#lastName}`];
        const inner = this.#names([...names.locals, k, v], names.globals, names.isVararg);
        const table = choices.chance(0.6) ? expressions.table(names, 2) : any();
        const iterator = choices.pick(["pairs", "pairs", "ipairs"]);
        return `for ${k}, ${v} in ${iterator}(${table}) do tick()${nest(inner, true)}end`;
      }
      case 14: {
        const name = `w${++this.#lastName}`;
        const inner = this.#names([...names.locals, name], names.globals, names.isVararg);
        const block = nest(inner, true);
        const count = choices.between(1, 5);
        return choices.chance(0.5)
          ? `do local ${name} = 0 while ${name} < ${count} do ${name} = ${name} + 1 tick()${block}end end`
          : `do local ${name} = 0 repeat ${name} = ${name} + 1 tick() do${block}end until ${name} >= ${count} end`;
      }
      case 15:
        return this.#coroutine(names);
      default:
        return `do${nest(names)}end`;
    }
  }

  #target(names: Names): string {
    const choices = this.#choices, expressions = this.#expressions;
    const kind = choices.below(4);
    if (kind === 0 && names.globals.length > 0) return choices.pick(names.globals);
    if (kind < 3 && names.locals.length > 0) return choices.pick(names.locals);
    const object = names.locals.length > 0 ? choices.pick(names.locals) : "classes";
    return choices.chance(0.5)
      ? `${object}.${choices.pick(["x", "y", "z"])}`
      : `${object}[${expressions.key(names, 1)}]`;
  }

  #coroutine(names: Names): string {
    const choices = this.#choices, expressions = this.#expressions;
    const name = `c${++this.#lastName}`;
    const value = () => expressions.any(names, 1);
    const steps = choices.join(1, 3, () => {
      switch (choices.below(4)) {
        case 0:
          return `out(coroutine.yield(${choices.join(0, 2, value)}))`;
        case 1:
          return `for i = 1, 2 do coroutine.yield(i, ${value()}) end`;
        case 2:
          return `out(pcall(function(...) return ${value()} end))`;
        default:
          return `local y = coroutine.yield(${value()}) out(y)`;
      }
    }, " ");
    const body = `function(...) tick() ${steps} return ${value()} end`;
    const resume = `out(coroutine.resume(${name}, ${value()}))`;
    if (choices.chance(0.3)) {
      return `do local ${name} = coroutine.wrap(${body}) for i = 1, 4 do out(pcall(${name}, i)) end end`;
    }
    return `do local ${name} = coroutine.create(${body}) for i = 1, ${
      choices.between(1, 5)
    } do ${resume} end out(coroutine.status(${name})) end`;
  }
}

/** The program that belongs to a seed. */
export function makeProgram(seed: number, isRedis: boolean): string {
  return new ProgramGenerator(seed, isRedis).make();
}
