/** Random expressions. */

import type { Choices } from "./choices.ts";
import { formatLiteral, patternLiteral, replacementLiteral, stringLiteral } from "./text_pieces.ts";

/** What an expression may refer to. */
export interface Names {
  readonly locals: readonly string[];
  readonly globals: readonly string[];
  readonly isVararg: boolean;
  readonly isRedis: boolean;
  /** The statements of a function, for function expressions. */
  readonly functionBody: (parameters: readonly string[], isVararg: boolean) => string;
}

const NUMBERS = [
  "0",
  "1",
  "2",
  "3",
  "-1",
  "10",
  "0.5",
  "2.5",
  "-7",
  "100",
  "1e15",
  "1/0",
  "1e100",
  "0.1",
  "255",
  "65536",
  "2^31",
  "2^53",
  "1e-5",
  "123456789012",
  "3.14159",
  "-0.5",
  "12345678901234.5",
];
const FIELDS = ["x", "y", "z", "name", "len", "n", "foo"];

/** Makes expressions. */
export class Expressions {
  constructor(readonly choices: Choices) {}

  /** An expression, nested at most so deep. */
  any(names: Names, depth: number): string {
    const { choices } = this;
    if (depth <= 0 || choices.chance(0.2)) return this.simple(names);
    switch (choices.below(21)) {
      case 0:
      case 1:
      case 2:
        return this.#binary(names, depth, ["+", "-", "*", "/", "%"]);
      case 3:
        return this.#binary(names, depth, ["==", "~=", "<", "<=", ">", ">="]);
      case 4:
        return this.#binary(names, depth, ["and", "or"]);
      case 5:
      case 6:
        return `clip(${this.any(names, depth - 1)} .. ${this.any(names, depth - 1)})`;
      case 7:
        return `${choices.pick(["not ", "-", "#", "- "])}${this.operand(names, depth - 1)}`;
      case 8:
        return this.table(names, depth - 1);
      case 9:
      case 10:
        return this.index(names, depth - 1);
      case 11:
        return this.call(names, depth - 1);
      case 12:
      case 13:
        return this.#stringCall(names, depth - 1);
      case 14:
        return this.#tableCall(names, depth - 1);
      case 15:
        return this.#baseCall(names, depth - 1);
      case 16:
        return this.#mathCall(names, depth - 1);
      case 17:
        return this.functionExpression(names);
      case 18:
        return names.isVararg
          ? choices.pick(["...", "(...)", "select('#', ...)", "#{...}"])
          : "nil";
      case 19:
        return names.isRedis
          ? this.#redisCall(names, depth - 1)
          : `(${this.any(names, depth - 1)})`;
      default:
        return `object(${this.any(names, depth - 1)})`;
    }
  }

  /** A literal or a variable. */
  simple(names: Names): string {
    const { choices } = this;
    const kind = choices.below(12);
    if (kind < 5 && names.locals.length > 0) return choices.pick(names.locals);
    if (kind === 5 && names.globals.length > 0) return choices.pick(names.globals);
    if (kind < 9) return choices.pick(NUMBERS);
    if (kind < 11) return stringLiteral(choices);
    return choices.pick(["nil", "true", "false", "{}"]);
  }

  /** An expression that can stand behind a unary operator or before a call. */
  operand(names: Names, depth: number): string {
    const code = this.any(names, depth);
    return /^(?!nil$|true$|false$)[A-Za-z_]\w*$/.test(code) ? code : `(${code})`;
  }

  #binary(names: Names, depth: number, operators: readonly string[]): string {
    const left = this.any(names, depth - 1), right = this.any(names, depth - 1);
    const code = `${left} ${this.choices.pick(operators)} ${right}`;
    return this.choices.chance(0.7) ? `(${code})` : code;
  }

  /** A key: anything but values whose order depends on addresses. */
  key(names: Names, depth: number): string {
    const { choices } = this;
    switch (choices.below(4)) {
      case 0:
        return String(choices.between(-1, 12));
      case 1:
        return `"${choices.pick(FIELDS)}"`;
      case 2:
        return `"k${choices.below(20)}"`;
      default:
        return `key(${this.any(names, depth)})`;
    }
  }

  table(names: Names, depth: number): string {
    const { choices } = this;
    const items = choices.join(0, 5, () => {
      switch (choices.below(4)) {
        case 0:
          return `${choices.pick(FIELDS)} = ${this.any(names, depth)}`;
        case 1:
          return `[${this.key(names, depth)}] = ${this.any(names, depth)}`;
        default:
          return this.any(names, depth);
      }
    });
    return `{${items}}`;
  }

  index(names: Names, depth: number): string {
    const object = this.operand(names, depth);
    return this.choices.chance(0.5)
      ? `${object}.${this.choices.pick(FIELDS)}`
      : `${object}[${this.key(names, depth)}]`;
  }

  call(names: Names, depth: number): string {
    const callee = this.operand(names, 0);
    const args = this.choices.join(0, 3, () => this.any(names, depth));
    return this.choices.chance(0.2)
      ? `${callee}:${this.choices.pick(FIELDS)}(${args})`
      : `${callee}(${args})`;
  }

  #stringCall(names: Names, depth: number): string {
    const { choices } = this;
    const text = choices.chance(0.6) ? stringLiteral(choices) : this.any(names, depth);
    const number = () =>
      choices.chance(0.8) ? String(choices.between(-4, 9)) : this.any(names, depth);
    switch (choices.below(14)) {
      case 0:
        return `string.sub(${text}, ${number()}, ${number()})`;
      case 1:
        return `string.byte(${text}, ${number()})`;
      case 2:
        return `string.rep(${text}, ${choices.between(-1, 4)})`;
      case 3:
        return `string.${choices.pick(["upper", "lower", "len", "reverse"])}(${text})`;
      case 4:
        return `string.find(${text}, ${patternLiteral(choices)}${
          choices.chance(0.3) ? `, ${number()}` : ""
        })`;
      case 5:
        return `string.match(${text}, ${patternLiteral(choices)})`;
      case 6:
        return `clip((string.gsub(${text}, ${patternLiteral(choices)}, ${
          replacementLiteral(choices)
        })))`;
      case 7:
        return `string.gsub(${text}, ${patternLiteral(choices)}, ${
          this.functionExpression(names)
        }, ${choices.below(4)})`;
      case 8:
        return `string.gsub(${text}, ${patternLiteral(choices)}, ${this.table(names, depth)})`;
      case 9:
        return `string.char(${choices.join(0, 3, () => String(choices.between(-1, 256)))})`;
      case 10:
      case 11: {
        const { text, conversions } = formatLiteral(choices);
        const args = conversions.map(() => this.any(names, depth));
        return `string.format(${[text, ...args].join(", ")})`;
      }
      case 12:
        return `(${text}):${
          choices.pick(["len()", "upper()", "sub(2)", "byte(-1)", "rep(2)", "bad()"])
        }`;
      default:
        return `matches(${text}, ${patternLiteral(choices)})`;
    }
  }

  #tableCall(names: Names, depth: number): string {
    const { choices } = this;
    const table = choices.chance(0.5) ? this.table(names, depth) : this.any(names, depth);
    switch (choices.below(9)) {
      case 0:
        return `table.concat(${table}, ${stringLiteral(choices)})`;
      case 1:
        // One value: the first of two may be a place so far below that Lua moves elements for a minute.
        return `table.insert(${table}, (${this.any(names, depth)}))`;
      case 2:
        return `table.insert(${table}, ${choices.between(-1, 6)}, ${this.any(names, depth)})`;
      case 3:
        return `table.remove(${table}${choices.chance(0.5) ? `, ${choices.between(-1, 5)}` : ""})`;
      case 4:
        return `sorted(${table})`;
      case 5:
        return `sorted(${table}, function(a, b) return ${
          this.any({ ...names, isVararg: false, locals: [...names.locals, "a", "b"] }, 1)
        } end)`;
      case 6:
        return `unpack(${table})`;
      case 7:
        return `table.${choices.pick(["maxn", "getn"])}(${table})`;
      default:
        return `next(${table})`;
    }
  }

  #baseCall(names: Names, depth: number): string {
    const { choices } = this;
    const value = this.any(names, depth);
    switch (choices.below(10)) {
      case 0:
        return `tostring(${value})`;
      case 1:
        return `tonumber(${value}${choices.chance(0.3) ? `, ${choices.between(0, 37)}` : ""})`;
      case 2:
        return `type(${value})`;
      case 3:
        return `select(${choices.between(-3, 4)}, ${
          choices.join(1, 3, () => this.any(names, depth))
        })`;
      case 4:
        return `pcall(${choices.chance(0.7) ? this.functionExpression(names) : value}, ${
          this.any(names, depth)
        })`;
      case 5:
        return `rawget(${this.table(names, depth)}, ${this.key(names, depth)})`;
      case 6:
        return `rawequal(${value}, ${this.any(names, depth)})`;
      case 7:
        return `assert(${value}, ${this.any(names, depth)})`;
      case 8:
        return `error(${value}${choices.chance(0.4) ? `, ${choices.between(0, 2)}` : ""})`;
      default:
        return `meta(${value})`;
    }
  }

  #mathCall(names: Names, depth: number): string {
    const { choices } = this;
    const value = this.any(names, depth);
    switch (choices.below(7)) {
      case 0:
        return `math.${choices.pick(["floor", "ceil", "abs", "sqrt"])}(${value})`;
      case 1:
        return `math.${choices.pick(["max", "min"])}(${value}, ${this.any(names, depth)})`;
      case 2:
        return `math.fmod(${value}, ${this.any(names, depth)})`;
      case 3:
        return `math.modf(${value})`;
      case 4:
        return `math.frexp(${value})`;
      case 5:
        return `math.ldexp(${value}, ${choices.between(-20, 20)})`;
      default:
        return `${choices.between(-3, 9)} ^ ${choices.between(-2, 5)}`;
    }
  }

  #redisCall(names: Names, depth: number): string {
    const { choices } = this;
    const value = choices.chance(0.5) ? this.table(names, depth) : this.any(names, depth);
    const bits = () => this.any(names, depth);
    switch (choices.below(8)) {
      case 0:
        return `cjson.encode(${value})`;
      case 1:
        return `cjson.decode(cjson.encode(${value}))`;
      case 2:
        return `cjson.decode(${stringLiteral(choices)})`;
      case 3:
        return `cmsgpack.unpack(cmsgpack.pack(${value}))`;
      case 4:
        return `cmsgpack.unpack(${stringLiteral(choices)})`;
      case 5:
        return `bit.${
          choices.pick(["band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror"])
        }(${bits()}, ${bits()})`;
      case 6:
        return `bit.${choices.pick(["tobit", "bnot", "bswap", "tohex"])}(${bits()})`;
      default: {
        const format = choices.join(
          1,
          4,
          () =>
            choices.pick([
              "b",
              "B",
              "h",
              "H",
              "i",
              "I",
              "l",
              ">",
              "<",
              "!",
              "i3",
              "s",
              "c2",
              "x",
              "f",
              "d",
              "c0",
            ]),
          "",
        );
        return choices.chance(0.5)
          ? `struct.pack("${format}", ${choices.join(1, 3, bits)})`
          : `struct.unpack("${format}", ${stringLiteral(choices)})`;
      }
    }
  }

  functionExpression(names: Names): string {
    const { choices } = this;
    const parameters = ["p", "q", "r"].slice(0, choices.below(4));
    const isVararg = choices.chance(0.2);
    const list = isVararg ? [...parameters, "..."] : parameters;
    return `function(${list.join(", ")}) ${names.functionBody(parameters, isVararg)} end`;
  }
}
