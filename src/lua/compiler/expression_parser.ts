/** Tokens to a tree: expressions (lparser.c). */

import {
  type Expression,
  type FunctionBody,
  type Local,
  spineOf,
  type Statement,
  type TableItem,
} from "./ast.ts";
import type { Lexer } from "./lexer.ts";
import { Scope } from "./scope.ts";
import { NAME, NUMBER, STRING } from "./tokens.ts";

/** How deep syntax may be nested (LUAI_MAXCCALLS). */
const MAX_LEVELS = 200;

/** The priorities of the binary operators on their left and right side. */
const PRIORITIES: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["+", [6, 6]],
  ["-", [6, 6]],
  ["*", [7, 7]],
  ["/", [7, 7]],
  ["%", [7, 7]],
  ["^", [10, 9]],
  ["..", [5, 4]],
  ["~=", [3, 3]],
  ["==", [3, 3]],
  ["<", [3, 3]],
  ["<=", [3, 3]],
  [">", [3, 3]],
  [">=", [3, 3]],
  ["and", [2, 2]],
  ["or", [1, 1]],
]);

const UNARY_PRIORITY = 8;

/** The part of the parser that reads expressions. */
export abstract class ExpressionParser {
  /** How deep the syntax is nested here. */
  level = 0;
  #scope: Scope | null = null;
  #lastLocal = 0;
  #lastFunction = 0;

  /** How deep calls through C would be nested already, which count as levels. */
  readonly baseLevel: number;

  constructor(readonly lexer: Lexer, baseLevel: number) {
    this.level = this.baseLevel = baseLevel;
  }

  /** The scope of the function that is being read. */
  get scope(): Scope {
    return this.#scope!;
  }

  /** The function that is being read. */
  get body(): FunctionBody {
    return this.#scope!.body;
  }

  /** Reads the statements of a function. */
  abstract parseFunctionBlock(): Statement[];

  /** The name at the current token. */
  abstract parseName(): string;

  enterLevel(): void {
    if (++this.level > MAX_LEVELS) this.lexer.fail("chunk has too many syntax levels", "");
  }

  leaveLevel(): void {
    this.level--;
  }

  /** Takes the current token if it is the given one. */
  accept(token: string): boolean {
    if (this.lexer.token !== token) return false;
    this.lexer.next();
    return true;
  }

  /** Refuses any current token but the given one. */
  check(token: string): void {
    if (this.lexer.token !== token) this.lexer.failHere(`'${token}' expected`);
  }

  /** Takes the given token. */
  expect(token: string): void {
    this.check(token);
    this.lexer.next();
  }

  /** Takes the token that closes what `opening` began in a line. */
  checkMatch(closing: string, opening: string, line: number): void {
    if (this.accept(closing)) return;
    if (line === this.lexer.line) this.lexer.failHere(`'${closing}' expected`);
    this.lexer.failHere(`'${closing}' expected (to close '${opening}' at line ${line})`);
  }

  /** A new local of the current function. */
  makeLocal(name: string): Local {
    const id = ++this.#lastLocal;
    return { name, id, owner: this.body, captured: false, assigned: false, values: [], uses: 0 };
  }

  /** The number of the next local. */
  get nextLocal(): number {
    return this.#lastLocal + 1;
  }

  /** Remembers what is assigned to a local. */
  noteAssignment(target: Expression, value: Expression | null): void {
    if (target.kind !== "local") return;
    target.local.assigned = true;
    target.local.values.push(value);
  }

  openFunction(line: number): FunctionBody {
    const body: FunctionBody = {
      id: ++this.#lastFunction,
      parent: this.#scope?.body ?? null,
      line,
      parameters: [],
      isVararg: false,
      arg: null,
      usesVararg: false,
      block: [],
      hasLoop: false,
      calls: [],
      upvalues: new Map(),
    };
    this.#scope = new Scope(body, this.#scope, this.lexer);
    return body;
  }

  closeFunction(): void {
    this.#scope = this.#scope!.outer;
  }

  parseExpressions(): Expression[] {
    const expressions = [this.parseExpression()];
    let reserved = 0;
    while (this.accept(",")) {
      this.scope.reserve(1);
      reserved++;
      expressions.push(this.parseExpression());
    }
    this.scope.pending -= reserved;
    return expressions;
  }

  parseExpression(limit = 0): Expression {
    this.enterLevel();
    let left: Expression;
    const { token } = this.lexer;
    if (token === "not" || token === "-" || token === "#") {
      this.lexer.next();
      const operand = this.parseExpression(UNARY_PRIORITY);
      left = { kind: "unary", operator: token, operand, line: this.lexer.lastLine };
    } else {
      left = this.#parseSimple();
    }
    for (;;) {
      const operator = this.lexer.token;
      const priority = PRIORITIES.get(operator);
      if (priority === undefined || priority[0] <= limit) break;
      this.lexer.next();
      const waits = left.kind === "local" || isConstant(left) ? 0 : 1;
      this.scope.reserve(waits);
      const right = this.parseExpression(priority[1]);
      this.scope.pending -= waits;
      const line = this.lexer.lastLine;
      left = { kind: "binary", operator, left, right, line, spine: spineOf(left) + 1 };
    }
    this.leaveLevel();
    return left;
  }

  #parseSimple(): Expression {
    const { lexer } = this;
    let expression: Expression;
    switch (lexer.token) {
      case NUMBER:
        expression = { kind: "number", value: lexer.value as number };
        break;
      case STRING:
        expression = { kind: "string", value: lexer.value as string };
        break;
      case "nil":
        expression = { kind: "nil" };
        break;
      case "true":
        expression = { kind: "true" };
        break;
      case "false":
        expression = { kind: "false" };
        break;
      case "...":
        if (!this.body.isVararg) lexer.failHere("cannot use '...' outside a vararg function");
        this.body.usesVararg = true;
        expression = { kind: "vararg" };
        break;
      case "{":
        return this.#parseTable();
      case "function": {
        lexer.next();
        return { kind: "function", body: this.parseFunctionBody(false, lexer.line) };
      }
      default:
        return this.parsePrimary();
    }
    lexer.next();
    return expression;
  }

  /** A variable: what a name means. */
  parseVariable(): Expression {
    const name = this.parseName();
    return this.scope.resolve(name, this.lexer.lastLine);
  }

  /** A variable or an expression in parentheses, and what is indexed and called after it. */
  parsePrimary(): Expression {
    const { lexer } = this;
    let expression: Expression;
    if (lexer.token === "(") {
      const { line } = lexer;
      lexer.next();
      const inner = this.parseExpression();
      this.checkMatch(")", "(", line);
      expression = { kind: "paren", inner };
    } else if (lexer.token === NAME) {
      expression = this.parseVariable();
    } else {
      lexer.failHere("unexpected symbol");
    }
    for (;;) {
      const spine: number = spineOf(expression!) + 1;
      switch (lexer.token) {
        case ".": {
          lexer.next();
          const key: Expression = { kind: "string", value: this.parseName() };
          const line = lexer.lastLine;
          expression = { kind: "index", object: expression!, key, line, spine };
          break;
        }
        case "[": {
          this.scope.reserve(1);
          lexer.next();
          const key = this.parseExpression();
          this.expect("]");
          this.scope.pending--;
          const line = lexer.lastLine;
          expression = { kind: "index", object: expression!, key, line, spine };
          break;
        }
        case ":": {
          lexer.next();
          const name = this.parseName();
          const nameLine = lexer.lastLine;
          const { line } = lexer;
          const args = this.#parseArguments(2);
          expression = { kind: "method", object: expression!, name, nameLine, args, line, spine };
          this.body.calls.push(expression);
          break;
        }
        case "(":
        case "{":
        case STRING: {
          const { line } = lexer;
          this.scope.noteCallee(expression!);
          const args = this.#parseArguments(1);
          expression = { kind: "call", callee: expression!, args, line, spine };
          this.body.calls.push(expression);
          break;
        }
        default:
          return expression!;
      }
    }
  }

  #parseArguments(reserved: number): Expression[] {
    const { lexer } = this;
    this.scope.reserve(reserved);
    let args: Expression[];
    switch (lexer.token) {
      case "(": {
        const { line } = lexer;
        if (line !== lexer.lastLine) {
          lexer.failHere("ambiguous syntax (function call x new statement)");
        }
        lexer.next();
        args = this.lexer.token === ")" ? [] : this.parseExpressions();
        this.checkMatch(")", "(", line);
        this.scope.checkRegisters(args.length);
        break;
      }
      case "{":
        args = [this.#parseTable()];
        break;
      case STRING:
        args = [{ kind: "string", value: lexer.value as string }];
        lexer.next();
        break;
      default:
        lexer.failHere("function arguments expected");
    }
    this.scope.pending -= reserved;
    return args!;
  }

  #parseTable(): Expression {
    const { lexer } = this;
    const { line } = lexer;
    const items: TableItem[] = [];
    this.scope.reserve(1);
    let elements = 0;
    this.expect("{");
    while (lexer.token !== "}") {
      if (lexer.token === "[") {
        lexer.next();
        const key = this.parseExpression();
        this.expect("]");
        this.expect("=");
        items.push({ key, value: this.parseExpression(), line: lexer.lastLine });
      } else if (lexer.token === NAME && lexer.peek() === "=") {
        const key: Expression = { kind: "string", value: this.parseName() };
        lexer.next();
        items.push({ key, value: this.parseExpression(), line: lexer.lastLine });
      } else {
        // 50 elements at a time wait in registers.
        const waiting = elements++ % 50;
        this.scope.reserve(waiting);
        items.push({ key: null, value: this.parseExpression(), line: lexer.lastLine });
        this.scope.pending -= waiting;
      }
      if (!this.accept(",") && !this.accept(";")) break;
    }
    this.checkMatch("}", "{", line);
    this.scope.pending--;
    return { kind: "table", items, line };
  }

  /** The parameters and the statements of a function, up to its `end`. */
  parseFunctionBody(isMethod: boolean, line: number): FunctionBody {
    const body = this.openFunction(line);
    this.expect("(");
    const { scope } = this;
    const declare = (name: string) => {
      scope.checkLocals(body.parameters.length);
      const local = this.makeLocal(name);
      local.values.push(null);
      body.parameters.push(local);
    };
    if (isMethod) {
      declare("self");
      scope.locals.push(...body.parameters);
    }
    const seen = scope.locals.length;
    if (this.lexer.token !== ")") {
      do {
        if (this.lexer.token === NAME) {
          declare(this.parseName());
        } else if (this.lexer.token === "...") {
          this.lexer.next();
          body.isVararg = true;
          body.arg = this.makeLocal("arg");
          body.arg.values.push(null);
        } else {
          this.lexer.failHere("<name> or '...' expected");
        }
      } while (!body.isVararg && this.accept(","));
    }
    scope.locals.push(...body.parameters.slice(seen));
    if (body.arg !== null) scope.locals.push(body.arg);
    this.expect(")");
    body.block = this.parseFunctionBlock();
    this.checkMatch("end", "function", line);
    this.closeFunction();
    return body;
  }
}

function isConstant({ kind }: Expression): boolean {
  return kind === "number" || kind === "string" || kind === "nil" || kind === "true" ||
    kind === "false";
}
