/** Expressions to JavaScript. */

import { hashString } from "../runtime/string_hash.ts";
import {
  type BinaryExpression,
  type Expression,
  type FunctionBody,
  type IndexExpression,
  isMultiple,
  spineOf,
} from "./ast.ts";
import { constantOf, isBoolean, isName, isScalar, leftOf } from "./expression_kinds.ts";
import { foldedNumber } from "./folding.ts";
import { FunctionEmitter } from "./function_emitter.ts";
import { quote, quoteNumber } from "./quote.ts";
import { TABLE_FLUSH, tableSizeHint } from "./table_hints.ts";

/** The helpers for arithmetic. */
const ARITHMETIC: { readonly [operator: string]: string } = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "modulo",
  "^": "power",
};

/** How many expressions may lean on each other before they are written one after the other. */
const MAX_SPINE = 40;

/** The part of an emitter that makes expressions. What it returns can stand anywhere as an operand. */
export abstract class ExpressionEmitter extends FunctionEmitter {
  /** A function value. */
  abstract emitFunction(body: FunctionBody): string;

  /** All results of a call or of `...`, as a `LuaResult`. `callee` is the code of what is called. */
  abstract emitResults(expression: Expression, callee?: string): string;

  /** The one value of an expression. */
  emit(expression: Expression): string {
    const mark = this.mark;
    const code = spineOf(expression) > MAX_SPINE
      ? this.#emitSpine(expression)
      : this.#emitWith(expression, null, null);
    this.release(mark);
    return code;
  }

  /**
   * A long chain such as `a + b + c …` or `a.b.c…` piece by piece: nested, it would be too deep for the
   * parser of JavaScript.
   */
  #emitSpine(expression: Expression): string {
    const chain: Expression[] = [];
    let at = expression;
    while (spineOf(at) > 0) {
      chain.push(at);
      at = leftOf(at)!;
    }
    const temporary = this.temporary();
    const pieces: string[] = [];
    let code = this.emit(at);
    let isNumber = this.parts.analysis.isNumber(at);
    for (let i = chain.length - 1, depth = 1; i >= 0; i--, depth++) {
      const link = chain[i];
      const mark = this.mark;
      code = this.#emitWith(link, code, isNumber);
      this.release(mark);
      isNumber = isNumber && link.kind === "binary" && link.operator in ARITHMETIC &&
        this.parts.analysis.isNumber(link.right);
      if (depth % MAX_SPINE === 0) {
        pieces.push(`${temporary}=${code}`);
        code = temporary;
      }
    }
    return pieces.length === 0 ? code : `(${pieces.join(",")},${code})`;
  }

  /** An expression, whose left part may have been made already. */
  #emitWith(expression: Expression, left: string | null, leftIsNumber: boolean | null): string {
    let folded: number | undefined;
    switch (expression.kind) {
      case "nil":
        return "undefined";
      case "true":
      case "false":
        return expression.kind;
      case "number":
        return this.#emitNumber(expression.value);
      case "string":
        return this.parts.literal(expression.value);
      case "vararg":
        return "v[0]";
      case "function":
        return this.emitFunction(expression.body);
      case "local": {
        const { local } = expression;
        if (expression.isUpvalue) {
          const constant = constantOf(local);
          if (constant !== undefined) return this.parts.literal(constant);
        }
        const known = this.parts.library.resolve(expression);
        if (known !== undefined) return this.parts.constant(known);
        if (!local.captured && this.parts.analysis.isNumber(expression)) {
          this.usedNumbers.add(local);
        }
        return `l${local.id}`;
      }
      case "global": {
        const known = this.parts.library.resolve(expression);
        if (known !== undefined) return this.parts.constant(known);
        const { name } = expression;
        const site = this.site(expression.line);
        return `${this.helper("indexName")}(G,${quote(name)},${hashString(name)},${site})`;
      }
      case "paren":
        return this.emit(expression.inner);
      case "unary":
        folded = foldedNumber(expression);
        if (folded !== undefined) return this.#emitNumber(folded);
        return this.#emitUnary(expression.operator, expression.operand, expression.line);
      case "table":
        return this.#emitTable(expression);
      case "call":
      case "method":
        return `${this.helper("first")}(${this.emitResults(expression, left ?? undefined)})`;
      case "index":
        return this.#emitIndex(expression, left);
      case "binary":
        folded = left === null ? foldedNumber(expression) : undefined;
        if (folded !== undefined) return this.#emitNumber(folded);
        return this.#emitBinary(expression, left, leftIsNumber);
    }
  }

  /** All zeros of a function are one constant, with the sign of the first. */
  #emitNumber(value: number): string {
    if (value === 0) value = this.zero ??= value;
    return quoteNumber(value);
  }

  #emitIndex(expression: IndexExpression, left: string | null): string {
    const known = this.parts.library.resolve(expression);
    if (known !== undefined) return this.parts.constant(known);
    const { object, key, line } = expression;
    const site = this.site(line, object);
    if (key.kind === "string") {
      const code = left ?? this.emit(object);
      const hash = hashString(key.value);
      return `${this.helper("indexName")}(${code},${quote(key.value)},${hash},${site})`;
    }
    const [a, b, setup] = this.emitOperands(object, key, left);
    return setup + `${this.helper("index")}(${a},${b},${site})` + (setup === "" ? "" : ")");
  }

  /**
   * Two operands as Lua evaluates them. The third part, if it is not empty, opens a parenthesis that the
   * caller closes.
   */
  emitOperands(
    left: Expression,
    right: Expression,
    leftCode: string | null = null,
  ): [string, string, string] {
    if (leftCode === null && this.isReadLate(left) && !this.isStable(right)) {
      const code = this.emit(right);
      const temporary = this.temporary();
      return [this.emit(left), temporary, `(${temporary}=${code},`];
    }
    const code = leftCode ?? this.emit(left);
    return [code, this.emit(right), ""];
  }

  #emitUnary(operator: string, operand: Expression, line: number): string {
    switch (operator) {
      case "not":
        return `!${this.emitCondition(operand)}`;
      case "-":
        if (this.parts.analysis.isNumber(operand)) return `(-${this.emit(operand)})`;
        return `${this.helper("negate")}(${this.emit(operand)},${this.site(line, operand)})`;
      default:
        return `${this.helper("lengthOf")}(${this.emit(operand)},${this.site(line, operand)})`;
    }
  }

  #emitBinary(
    expression: BinaryExpression,
    left: string | null,
    leftIsNumber: boolean | null,
  ): string {
    switch (expression.operator) {
      case "and":
      case "or":
        return this.#emitLogical(expression, left);
      case "..":
        return this.#emitConcat(expression, left);
      case "==":
      case "~=":
      case "<":
      case ">":
      case "<=":
      case ">=":
        return this.#emitComparison(expression, left, leftIsNumber);
      default:
        return this.#emitArithmetic(expression, left, leftIsNumber);
    }
  }

  #emitArithmetic(
    expression: BinaryExpression,
    leftCode: string | null,
    leftIsNumber: boolean | null,
  ): string {
    const { operator, left, right, line } = expression;
    const { analysis } = this.parts;
    const isLeft = leftIsNumber ?? analysis.isNumber(left), isRight = analysis.isNumber(right);
    const [a, b, setup] = this.emitOperands(left, right, leftCode);
    const end = setup === "" ? "" : ")";
    if (isLeft && isRight) return setup + this.#calculate(operator, a, b) + end;
    const slow = `${this.helper(ARITHMETIC[operator])}(${a},${b},${this.site(line, left, right)})`;
    const repeats = (leftCode === null && (this.isStable(left) || isLeft && isName(a))) &&
      this.isStable(right);
    if (this.loops === 0 || !repeats || "%^".includes(operator)) return setup + slow + end;
    const tests = [];
    if (!isLeft) tests.push(`typeof ${a}==="number"`);
    if (!isRight) tests.push(`typeof ${b}==="number"`);
    return `${setup}(${tests.join("&&")}?${a}${operator}${b}:${slow})${end}`;
  }

  #calculate(operator: string, a: string, b: string): string {
    switch (operator) {
      case "%":
        return `${this.helper("moduloNumbers")}(${a},${b})`;
      case "^":
        return `${this.helper("powerNumbers")}(${a},${b})`;
      default:
        return `(${a}${operator}${b})`;
    }
  }

  #emitComparison(
    expression: BinaryExpression,
    leftCode: string | null,
    leftIsNumber: boolean | null,
  ): string {
    const { operator, left, right, line } = expression;
    const { analysis } = this.parts;
    const [a, b, setup] = this.emitOperands(left, right, leftCode);
    const end = setup === "" ? "" : ")";
    if (operator === "==" || operator === "~=") {
      const isPlain = isScalar(left) || isScalar(right) || analysis.isNumber(right);
      if (isPlain) return `${setup}(${a}${operator === "==" ? "===" : "!=="}${b})${end}`;
      const call = `${this.helper("equal")}(${a},${b},${this.site(line)})`;
      return setup + (operator === "==" ? call : `!${call}`) + end;
    }
    if ((leftIsNumber ?? analysis.isNumber(left)) && analysis.isNumber(right)) {
      return `${setup}(${a}${operator}${b})${end}`;
    }
    const site = this.site(line);
    const swaps = operator[0] === ">";
    const helper = this.helper(operator.length === 1 ? "less" : "lessOrEqual");
    if (!swaps) return `${setup}${helper}(${a},${b},${site})${end}`;
    if (this.isStable(left) || this.isStable(right) || setup !== "") {
      return `${setup}${helper}(${b},${a},${site})${end}`;
    }
    const temporary = this.temporary();
    return `(${temporary}=${a},${this.helper("swap" + helper)}(${temporary},${b},${site}))`;
  }

  #emitLogical(expression: BinaryExpression, leftCode: string | null): string {
    const { operator, left, right } = expression;
    const isAnd = operator === "and";
    // What is true in any case is no constant of the function.
    if (isAnd && leftCode === null && foldedNumber(left) !== undefined) return this.emit(right);
    if (isBoolean(left)) {
      const test = leftCode ?? this.emit(left);
      const other = this.emit(right);
      return isAnd ? `(${test}?${other}:false)` : `(${test}||${other})`;
    }
    const temporary = this.temporary();
    const code = leftCode ?? this.emit(left);
    const other = this.emit(right);
    return isAnd
      ? `((${temporary}=${code})===undefined||${temporary}===false?${temporary}:${other})`
      : `((${temporary}=${code})!==undefined&&${temporary}!==false?${temporary}:${other})`;
  }

  #emitConcat(expression: BinaryExpression, leftCode: string | null): string {
    const operands = [expression.left];
    let last: Expression = expression.right;
    while (last.kind === "binary" && last.operator === "..") {
      operands.push(last.left);
      last = last.right;
    }
    operands.push(last);
    const site = this.site(expression.line, ...operands);
    const codes = operands.map((operand, i) =>
      i === 0 && leftCode !== null ? leftCode : this.emit(operand)
    );
    if (codes.length === 2) return `${this.helper("concat")}(${codes},${site})`;
    return `${this.helper("concatAll")}([${codes}],${site})`;
  }

  /** An expression as a condition: a boolean of JavaScript. */
  emitCondition(expression: Expression): string {
    if (isBoolean(expression)) return this.emit(expression);
    // It is no constant of the function.
    if (foldedNumber(expression) !== undefined) return "true";
    const mark = this.mark;
    try {
      switch (expression.kind) {
        case "nil":
          return "false";
        case "string":
          return "true";
        case "paren":
          return this.emitCondition(expression.inner);
        case "local": {
          const name = this.emit(expression);
          return `(${name}!==undefined&&${name}!==false)`;
        }
        case "binary":
          if (expression.spine > MAX_SPINE) break;
          if (expression.operator === "and") {
            return `(${this.emitCondition(expression.left)}&&${
              this.emitCondition(expression.right)
            })`;
          }
          if (expression.operator === "or") {
            // In front of "or" a number is one.
            const constant = foldedNumber(expression.left);
            if (constant !== undefined) this.#emitNumber(constant);
            return `(${this.emitCondition(expression.left)}||${
              this.emitCondition(expression.right)
            })`;
          }
      }
      return `${this.helper("isTrue")}(${this.emit(expression)})`;
    } finally {
      this.release(mark);
    }
  }

  /** A value that is passed on: a number, with which nothing is calculated here, as a name. */
  emitPassed(expression: Expression): string {
    return expression.kind === "number" && expression.value !== 0
      ? this.parts.literal(expression.value)
      : this.emit(expression);
  }

  /** Single values and, at the end, all results of the last expression: the parts of an array or a call. */
  emitList(expressions: readonly Expression[]): string[] {
    return expressions.map((expression, i) => {
      if (i < expressions.length - 1 || !isMultiple(expression)) return this.emitPassed(expression);
      if (expression.kind === "vararg") return "...v";
      const mark = this.mark;
      const code = `...${this.helper("all")}(${this.emitResults(expression)})`;
      this.release(mark);
      return code;
    });
  }

  #emitTable({ items }: Extract<Expression, { kind: "table" }>): string {
    if (items.length === 0) return `${this.helper("newTable")}(0,0)`;
    const last = items[items.length - 1];
    const isOpen = last.key === null && isMultiple(last.value);
    const elements = items.filter(({ key }) => key === null).length;
    const arrayHint = tableSizeHint(elements - (isOpen ? 1 : 0));
    if (elements === items.length) {
      const codes = this.emitList(items.map(({ value }) => value));
      return `${this.helper("arrayTable")}([undefined,${codes}],${arrayHint})`;
    }
    const table = this.temporary();
    const buffer = elements > 0 ? this.temporary() : "";
    const hashHint = tableSizeHint(items.length - elements);
    const pieces = [`${table}=${this.helper("newTable")}(${arrayHint},${hashHint})`];
    let waiting = 0, stored = 0;
    const flush = () => {
      if (waiting === 0) return;
      pieces.push(`${this.helper("fillTable")}(${table},${stored},${buffer})`);
      stored += waiting;
      waiting = 0;
    };
    for (const { key, value, line: itemLine } of items) {
      const mark = this.mark;
      if (waiting === TABLE_FLUSH) flush();
      if (key === null) {
        if (waiting++ === 0) pieces.push(`${buffer}=[]`);
        const isAll = isOpen && value === last.value;
        pieces.push(`${buffer}.push(${isAll ? this.emitList([value]) : this.emitPassed(value)})`);
      } else if (key.kind === "string") {
        const hash = hashString(key.value);
        pieces.push(`${table}.setString(${quote(key.value)},${hash},${this.emitPassed(value)})`);
      } else {
        const [a, b, setup] = this.emitOperands(key, value);
        const site = this.site(itemLine);
        const set = `${this.helper("setIndex")}(${table},${a},${b},${site})`;
        pieces.push(setup + set + (setup === "" ? "" : ")"));
      }
      this.release(mark);
    }
    flush();
    return `(${pieces.join(",")},${table})`;
  }
}
