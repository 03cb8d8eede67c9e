/** Tokens to a tree: statements (lparser.c). */

import {
  ANY_NUMBER,
  type Expression,
  type FunctionBody,
  type Local,
  type Statement,
} from "./ast.ts";
import { ExpressionParser } from "./expression_parser.ts";
import { Lexer } from "./lexer.ts";
import { END, NAME } from "./tokens.ts";

/** Parses a chunk; throws a LuaError with Lua's text where it is none. */
export function parseChunk(text: string, chunkName: string, baseLevel: number): FunctionBody {
  const parser = new Parser(new Lexer(text, chunkName), baseLevel);
  return parser.parseMain();
}

class Parser extends ExpressionParser {
  /** The whole chunk. */
  parseMain(): FunctionBody {
    const body = this.openFunction(0);
    body.isVararg = true;
    this.lexer.next();
    body.block = this.parseBlockBody();
    this.check(END);
    this.closeFunction();
    return body;
  }

  override parseFunctionBlock(): Statement[] {
    return this.parseBlockBody();
  }

  /** Statements up to the end of a block, in the scope that there is. */
  parseBlockBody(): Statement[] {
    const statements: Statement[] = [];
    this.enterLevel();
    let isLast = false;
    while (!isLast && !this.atBlockEnd()) {
      const statement = this.#parseStatement();
      statements.push(statement);
      isLast = statement.kind === "return" || statement.kind === "break";
      this.accept(";");
    }
    this.leaveLevel();
    return statements;
  }

  #parseBlock(isLoop = false): Statement[] {
    this.scope.enterBlock(isLoop);
    const block = this.parseBlockBody();
    this.scope.leaveBlock();
    return block;
  }

  #parseStatement(): Statement {
    const { line } = this.lexer;
    switch (this.lexer.token) {
      case "if":
        return this.#parseIf(line);
      case "while":
        return this.#parseWhile(line);
      case "do": {
        this.lexer.next();
        const block = this.#parseBlock();
        this.checkMatch("end", "do", line);
        return { kind: "do", block };
      }
      case "for":
        return this.#parseFor(line);
      case "repeat":
        return this.#parseRepeat(line);
      case "function":
        return this.#parseFunction(line);
      case "local":
        this.lexer.next();
        return this.accept("function") ? this.#parseLocalFunction() : this.#parseLocal();
      case "return":
        return this.#parseReturn();
      case "break":
        this.lexer.next();
        if (!this.scope.isInLoop) this.lexer.failHere("no loop to break");
        return { kind: "break" };
      default:
        return this.#parseExpressionStatement();
    }
  }

  #parseIf(line: number): Statement {
    const branches = [];
    let otherwise: Statement[] | null = null;
    do {
      this.lexer.next();
      const condition = this.parseExpression();
      this.expect("then");
      branches.push({ condition, block: this.#parseBlock() });
    } while (this.lexer.token === "elseif");
    if (this.accept("else")) otherwise = this.#parseBlock();
    this.checkMatch("end", "if", line);
    return { kind: "if", branches, otherwise };
  }

  #parseWhile(line: number): Statement {
    this.body.hasLoop = true;
    const firstLocal = this.nextLocal;
    this.lexer.next();
    const condition = this.parseExpression();
    this.scope.enterBlock(true);
    this.expect("do");
    const block = this.#parseBlock();
    this.checkMatch("end", "while", line);
    this.scope.leaveBlock();
    return { kind: "while", condition, block, line, firstLocal };
  }

  #parseRepeat(line: number): Statement {
    this.body.hasLoop = true;
    const firstLocal = this.nextLocal;
    this.scope.enterBlock(true);
    this.scope.enterBlock(false);
    this.lexer.next();
    const block = this.parseBlockBody();
    this.checkMatch("until", "repeat", line);
    const condition = this.parseExpression();
    this.scope.leaveBlock();
    this.scope.leaveBlock();
    return { kind: "repeat", block, condition, line, firstLocal };
  }

  #parseFor(line: number): Statement {
    this.body.hasLoop = true;
    const firstLocal = this.nextLocal;
    this.scope.enterBlock(true);
    this.lexer.next();
    const name = this.parseName();
    let statement: Statement;
    switch (this.lexer.token) {
      case "=":
        statement = this.#parseNumericFor(name, line, firstLocal);
        break;
      case ",":
      case "in":
        statement = this.#parseGenericFor(name, line, firstLocal);
        break;
      default:
        this.lexer.failHere("'=' or 'in' expected");
    }
    this.checkMatch("end", "for", line);
    this.scope.leaveBlock();
    return statement!;
  }

  #parseNumericFor(name: string, line: number, firstLocal: number): Statement {
    this.#declareHidden();
    this.scope.checkLocals(3);
    this.lexer.next();
    const start = this.parseExpression();
    this.expect(",");
    const limit = this.parseExpression();
    const step = this.accept(",") ? this.parseExpression() : null;
    const local = this.makeLocal(name);
    local.values.push(ANY_NUMBER);
    const block = this.#parseForBlock([local]);
    return { kind: "numericFor", local, start, limit, step, block, line, firstLocal };
  }

  #parseGenericFor(firstName: string, line: number, firstLocal: number): Statement {
    this.#declareHidden();
    this.scope.checkLocals(3);
    const locals = [this.makeLocal(firstName)];
    while (this.accept(",")) {
      this.scope.checkLocals(3 + locals.length);
      locals.push(this.makeLocal(this.parseName()));
    }
    for (const local of locals) local.values.push(null);
    this.expect("in");
    const values = this.parseExpressions();
    const block = this.#parseForBlock(locals);
    return { kind: "genericFor", locals, values, block, line, firstLocal };
  }

  /** The three variables that Lua keeps for itself in a `for`. */
  #declareHidden(): void {
    for (let i = 0; i < 3; i++) this.scope.checkLocals(i);
  }

  #parseForBlock(locals: Local[]): Statement[] {
    for (let i = 0; i < 3; i++) this.scope.locals.push(this.makeLocal("(for)"));
    this.expect("do");
    this.scope.enterBlock(false);
    this.scope.locals.push(...locals);
    const block = this.parseBlockBody();
    this.scope.leaveBlock();
    return block;
  }

  #parseFunction(line: number): Statement {
    this.lexer.next();
    let target = this.parseVariable();
    let isMethod = false;
    while (this.lexer.token === "." || this.lexer.token === ":") {
      isMethod = this.lexer.token === ":";
      this.lexer.next();
      const key: Expression = { kind: "string", value: this.parseName() };
      target = { kind: "index", object: target, key, line: this.lexer.lastLine, spine: 0 };
      if (isMethod) break;
    }
    const body = this.parseFunctionBody(isMethod, line);
    this.noteAssignment(target, { kind: "function", body });
    return { kind: "assign", targets: [target], values: [{ kind: "function", body }], line };
  }

  #parseLocalFunction(): Statement {
    const name = this.parseName();
    this.scope.checkLocals(0);
    const local = this.makeLocal(name);
    this.scope.locals.push(local);
    const body = this.parseFunctionBody(false, this.lexer.line);
    local.values.push({ kind: "function", body });
    return { kind: "localFunction", local, body };
  }

  #parseLocal(): Statement {
    const names: string[] = [];
    do {
      const name = this.parseName();
      this.scope.checkLocals(names.length);
      names.push(name);
    } while (this.accept(","));
    const values = this.accept("=") ? this.parseExpressions() : [];
    const locals = names.map((name) => this.makeLocal(name));
    const isSingle = names.length === 1 && values.length === 1;
    locals.forEach((local, i) => {
      const value = valueFor(values, i);
      // The code of a function is known only where it is declared by itself.
      local.values.push(isSingle || value?.kind !== "function" ? value : null);
    });
    this.scope.locals.push(...locals);
    this.scope.checkRegisters(0);
    return { kind: "local", locals, values };
  }

  #parseReturn(): Statement {
    this.lexer.next();
    const values = this.atBlockEnd() || this.lexer.token === ";" ? [] : this.parseExpressions();
    if (values.length > 1) this.scope.checkRegisters(values.length);
    return { kind: "return", values, line: this.lexer.lastLine };
  }

  #parseExpressionStatement(): Statement {
    const first = this.parsePrimary();
    if (first.kind === "call" || first.kind === "method") return { kind: "call", call: first };
    const targets: Expression[] = [];
    this.#parseAssignment(first, targets);
    const values = this.#assigned!;
    targets.forEach((target, i) => this.noteAssignment(target, valueFor(values, i)));
    return { kind: "assign", targets, values, line: this.lexer.lastLine };
  }

  #assigned: Expression[] | null = null;

  #parseAssignment(first: Expression, targets: Expression[]): void {
    let target = first;
    for (;;) {
      if (target.kind !== "local" && target.kind !== "global" && target.kind !== "index") {
        this.lexer.failHere("syntax error");
      }
      targets.push(target);
      if (!this.accept(",")) break;
      target = this.parsePrimary();
      this.scope.check(targets.length, 200 - this.level, "variables in assignment");
    }
    this.expect("=");
    this.#assigned = this.parseExpressions();
  }

  /** Whether the current token ends a block. */
  atBlockEnd(): boolean {
    switch (this.lexer.token) {
      case "else":
      case "elseif":
      case "end":
      case "until":
      case END:
        return true;
      default:
        return false;
    }
  }

  /** The name at the current token. */
  parseName(): string {
    this.check(NAME);
    const name = this.lexer.value as string;
    this.lexer.next();
    return name;
  }
}

/** The expression whose one value goes to variable `i`; null if it is not known. */
function valueFor(values: readonly Expression[], i: number): Expression | null {
  if (i >= values.length) return null;
  const value = values[i];
  const isMultiple = value.kind === "call" || value.kind === "method" || value.kind === "vararg";
  return isMultiple ? null : value;
}
