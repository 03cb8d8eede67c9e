/** Statements and functions to JavaScript. */

import { hashString } from "../runtime/string_hash.ts";
import {
  type Expression,
  type FunctionBody,
  isMultiple,
  type Local,
  type Statement,
} from "./ast.ts";
import { CallEmitter } from "./call_emitter.ts";
import { quote } from "./quote.ts";

/** Longer chains of `elseif` are written one after the other, for the parser of JavaScript. */
const MAX_NESTED_BRANCHES = 20;

/** The body of a generic `for` is written twice if it is not longer. */
const MAX_REPEATED_BODY = 2000;

type Of<Kind extends Statement["kind"]> = Extract<Statement, { kind: Kind }>;

/** Makes the code of a whole function. */
export class StatementEmitter extends CallEmitter {
  #labels = 0;

  /** The code of the function as an expression: an arrow function or a generator function. */
  emitCode(): string {
    const { body } = this;
    const parameters = body.parameters.map(({ id }) => `l${id}`);
    if (this.paced) parameters.unshift("d");
    if (body.isVararg) parameters.push("...v");
    let code = "";
    if (body.arg !== null) {
      code += `let l${body.arg.id}`;
      code += body.usesVararg ? ";" : `=${this.helper("argTable")}(v);`;
    }
    if (this.paced && body.parent !== null) code += this.#tick(body.line);
    code += this.#emitBlock(body.block);
    const last = body.block[body.block.length - 1];
    if (last === undefined || last.kind !== "return") code += `return ${this.helper("NOTHING")};`;
    if (this.usesSites) {
      code = `try{${code}}catch(x){throw ${this.helper("unwind")}(x,C,$)}`;
    }
    code = this.declarations() + code;
    return this.paced ? `function*(${parameters}){${code}}` : `(${parameters})=>{${code}}`;
  }

  override emitFunction(body: FunctionBody): string {
    const inner = new StatementEmitter(this.parts, body);
    let code = inner.emitCode();
    if (this.parts.analysis.isClosed(body)) {
      this.parts.addFunction(body, code, inner.paced);
      code = `F${body.id}`;
    }
    const forms = inner.paced ? `null,${code}` : `${code},null`;
    return `new ${this.helper("LuaFunction")}(${forms})`;
  }

  /** The budget's step of a loop or a function. */
  #tick(line: number): string {
    this.yields++;
    return `if(--M.units<0&&M.refill()){$=${this.site(line)};yield}`;
  }

  #emitBlock(statements: readonly Statement[]): string {
    let code = "";
    for (const statement of statements) {
      const mark = this.mark;
      code += this.#emitStatement(statement);
      this.release(mark);
    }
    return code;
  }

  #emitLoopBlock(statements: readonly Statement[]): string {
    this.loops++;
    const code = this.#emitBlock(statements);
    this.loops--;
    return code;
  }

  #emitStatement(statement: Statement): string {
    switch (statement.kind) {
      case "local":
        return this.#emitLocal(statement);
      case "localFunction":
        return this.#emitLocalFunction(statement.local, statement.body);
      case "assign":
        return this.#emitAssign(statement);
      case "call":
        return `${this.emitResults(statement.call)};`;
      case "do":
        return `{${this.#emitBlock(statement.block)}}`;
      case "while":
        return this.#emitWhile(statement);
      case "repeat":
        return this.#emitRepeat(statement);
      case "if":
        return this.#emitIf(statement);
      case "numericFor":
        return this.#emitNumericFor(statement);
      case "genericFor":
        return this.#emitGenericFor(statement);
      case "return":
        return this.#emitReturn(statement.values);
      case "break":
        return "break;";
    }
  }

  #emitLocal({ locals, values }: Of<"local">): string {
    if (locals.length === 1 && values.length === 1) {
      const [value] = values;
      const body = value.kind === "function" ? value.body : null;
      if (body !== null && !locals[0].assigned) return this.#emitLocalFunction(locals[0], body);
      return `let l${locals[0].id}=${this.emit(value)};`;
    }
    const [setup, codes] = this.#emitValues(values, locals.length);
    const declared = locals.map(({ id }, i) => codes[i] === "" ? `l${id}` : `l${id}=${codes[i]}`);
    return `${setup}let ${declared.join(",")};`;
  }

  #emitLocalFunction(local: Local, body: FunctionBody): string {
    const { analysis } = this.parts, { id } = local;
    if (local.assigned) return `let l${id};l${id}=${this.emitFunction(body)};`;
    if (analysis.isClosed(body)) {
      const value = this.emitFunction(body);
      // Calls know its code.
      return local.uses === 0 ? "" : `const l${id}=${value};`;
    }
    if (analysis.isPaced(body)) return `const l${id}=${this.emitFunction(body)};`;
    const code = new StatementEmitter(this.parts, body).emitCode();
    const value = `new ${this.helper("LuaFunction")}(p${id},null)`;
    return `const p${id}=${code}` + (local.uses === 0 ? ";" : `,l${id}=${value};`);
  }

  /**
   * Values for so many variables: statements that evaluate what needs it, and the codes of the values, which
   * only read temporaries where there is more than one; "" for nil.
   */
  #emitValues(values: readonly Expression[], count: number): [string, string[]] {
    let setup = "";
    const codes: string[] = [];
    values.forEach((value, i) => {
      const isLast = i === values.length - 1;
      if (isLast && isMultiple(value) && count > values.length) {
        const all = value.kind === "vararg" ? "v" : this.temporary();
        if (value.kind !== "vararg") {
          setup += `${all}=${this.helper("all")}(${this.emitResults(value)});`;
        }
        for (let at = 0; codes.length < count; at++) codes.push(`${all}[${at}]`);
      } else if (i >= count) {
        setup += isMultiple(value) ? `${this.emitResults(value)};` : `(${this.emit(value)});`;
      } else {
        const temporary = this.temporary();
        setup += `${temporary}=${this.emit(value)};`;
        codes.push(temporary);
      }
    });
    while (codes.length < count) codes.push("");
    return [setup, codes];
  }

  #emitAssign({ targets, values, line }: Of<"assign">): string {
    if (targets.length === 1 && values.length === 1) {
      return this.#emitSingleAssign(targets[0], values[0], line);
    }
    let setup = "";
    const assigned = targets.filter(({ kind }) => kind === "local");
    const keep = (expression: Expression): string => {
      const isAssigned = expression.kind === "local" &&
        assigned.some((target) => target.kind === "local" && target.local === expression.local);
      if (this.isStable(expression) && !isAssigned) return this.emit(expression);
      const temporary = this.temporary();
      setup += `${temporary}=${this.emit(expression)};`;
      return temporary;
    };
    const stores = targets.map((target) => {
      if (target.kind !== "index") return (code: string) => this.#store(target, code, line);
      const object = keep(target.object), key = keep(target.key);
      return (code: string) => this.#storeIndex(target, object, key, code, line);
    });
    const [evaluate, codes] = this.#emitValues(values, targets.length);
    setup += evaluate;
    for (let i = targets.length - 1; i >= 0; i--) setup += stores[i](codes[i] || "undefined");
    return setup;
  }

  #emitSingleAssign(target: Expression, value: Expression, line: number): string {
    if (target.kind !== "index") return this.#store(target, this.emit(value), line);
    const { object, key } = target;
    const isLate = this.isReadLate(object) && !(this.isStable(key) && this.isStable(value)) ||
      this.isReadLate(key) && !this.isStable(value);
    if (!isLate) {
      const objectCode = this.emit(object), keyCode = this.emit(key);
      return this.#storeIndex(target, objectCode, keyCode, this.emit(value), line);
    }
    const temporaries = [object, key, value].map((part) => {
      if (part !== value && (this.isReadLate(part) || this.isStable(part))) return null;
      const temporary = this.temporary();
      return `${temporary}=${this.emit(part)};`;
    });
    const setup = temporaries.filter((code) => code !== null).join("");
    const codes = temporaries.map((code, i) =>
      code === null ? this.emit([object, key, value][i]) : code.slice(0, code.indexOf("="))
    );
    return setup + this.#storeIndex(target, codes[0], codes[1], codes[2], line);
  }

  #store(target: Expression, code: string, line: number): string {
    if (target.kind === "local") return `l${target.local.id}=${code};`;
    if (target.kind !== "global") throw new Error("not a variable");
    const { name } = target;
    const hash = hashString(name);
    return `${this.helper("setName")}(G,${quote(name)},${hash},${code},${this.site(line)});`;
  }

  #storeIndex(
    target: Extract<Expression, { kind: "index" }>,
    object: string,
    key: string,
    code: string,
    line: number,
  ): string {
    const site = this.site(line, target.object);
    if (target.key.kind === "string") {
      const hash = hashString(target.key.value);
      return `${this.helper("setName")}(${object},${key},${hash},${code},${site});`;
    }
    return `${this.helper("setIndex")}(${object},${key},${code},${site});`;
  }

  /**
   * A loop around `body`, whose header is `for(setup;test;next)`. If nothing in it can pause but its own
   * step, it is a loop without `yield` inside of one that pauses: V8 keeps numbers unboxed only in loops
   * that it does not enter from a pause.
   */
  #emitLoop(
    { line, firstLocal }: { line: number; firstLocal: number },
    setup: string,
    make: () => { test: string; next: string; body: string },
    counters: readonly string[] = [],
  ): string {
    const outer = this.usedNumbers;
    this.usedNumbers = new Set();
    const { yields } = this;
    const { test, next, body } = make();
    const numbers = [...this.usedNumbers].filter(({ id }) => id < firstLocal);
    this.usedNumbers = outer;
    for (const local of numbers) outer.add(local);
    if (this.yields > yields) {
      return `{${setup}for(;${test};${next}){${this.#tick(line)}${body}}}`;
    }
    this.yields++;
    const coerce = [...numbers.map(({ id }) => `l${id}`), ...counters]
      .map((name) => `${name}=+${name};`).join("");
    return `{${setup}let w=false;for(;;){${coerce}for(;${test};${next}){` +
      `if(--M.units<0&&M.refill()){w=true;break}${body}}` +
      `if(!w)break;w=false;$=${this.site(line)};yield}}`;
  }

  #emitWhile(statement: Of<"while">): string {
    return this.#emitLoop(statement, "", () => {
      this.loops++;
      const condition = this.emitCondition(statement.condition);
      this.loops--;
      const body = `if(!${condition})break;${this.#emitLoopBlock(statement.block)}`;
      return { test: "", next: "", body };
    });
  }

  #emitRepeat(statement: Of<"repeat">): string {
    return this.#emitLoop(statement, "", () => {
      let body = this.#emitLoopBlock(statement.block);
      const last = statement.block[statement.block.length - 1];
      // After these, JavaScript would not reach the condition either.
      if (last === undefined || (last.kind !== "break" && last.kind !== "return")) {
        this.loops++;
        body += `if(${this.emitCondition(statement.condition)})break;`;
        this.loops--;
      }
      return { test: "", next: "", body };
    });
  }

  #emitIf({ branches, otherwise }: Of<"if">): string {
    if (branches.length > MAX_NESTED_BRANCHES) {
      const label = `L${++this.#labels}`;
      const codes = branches.map(({ condition, block }) =>
        `if(${this.emitCondition(condition)}){${this.#emitBlock(block)}break ${label};}`
      );
      const rest = otherwise === null ? "" : this.#emitBlock(otherwise);
      return `${label}:{${codes.join("")}{${rest}}}`;
    }
    const codes = branches.map(({ condition, block }) =>
      `if(${this.emitCondition(condition)}){${this.#emitBlock(block)}}`
    );
    if (otherwise !== null) codes.push(`{${this.#emitBlock(otherwise)}}`);
    return codes.join("else ");
  }

  #emitNumericFor(statement: Of<"numericFor">): string {
    const { local, start, limit, step, block, line } = statement;
    const { id } = local;
    const { analysis } = this.parts;
    const names = [`a${id}`, `b${id}`, `c${id}`];
    const parts = step === null ? [start, limit] : [start, limit, step];
    const isKnown = parts.every((part) => analysis.isNumber(part));
    let setup = parts.map((part, i) => `${names[i]}=${this.emit(part)}`).join(",");
    setup = `let ${setup};`;
    if (!isKnown) {
      const site = this.site(line);
      parts.forEach((part, i) => {
        if (analysis.isNumber(part)) return;
        setup += `${names[i]}=${this.helper("loopNumber")}(${names[i]},${i},${site});`;
      });
    }
    const isCopied = local.captured || local.assigned;
    const counter = isCopied ? `i${id}` : `l${id}`;
    const stepValue = step === null ? 1 : step.kind === "number" ? step.value : undefined;
    let test = `${names[2]}>0?${counter}<=${names[1]}:${counter}>=${names[1]}`;
    if (stepValue !== undefined) test = `${counter}${stepValue > 0 ? "<=" : ">="}${names[1]}`;
    const next = step === null ? `${counter}++` : `${counter}+=${names[2]}`;
    // Lua goes back by a step before the first turn, which shows where numbers are rounded.
    const back = step === null ? "1" : names[2];
    setup += `let ${counter}=${names[0]}-${back}+${back};`;
    return this.#emitLoop(statement, setup, () => {
      const body = (isCopied ? `let l${id}=${counter};` : "") + this.#emitLoopBlock(block);
      return { test, next, body };
    }, [counter, ...names.slice(1, parts.length)]);
  }

  #emitGenericFor(statement: Of<"genericFor">): string {
    const { locals, values, block, line } = statement;
    const { id } = locals[0];
    const [f, s, c, r, result] = ["f", "s", "c", "r", "q"].map((letter) => letter + id);
    const [setup, codes] = this.#emitValues(values, 3);
    const [iterator, state, control] = codes.map((code) => code || "undefined");
    const site = this.site(line);
    this.usesDepth = true;
    const declared = `let ${locals.map(({ id }) => `l${id}`).join(",")};$=${site};`;
    const head = `${setup}$=${site};let ${f}=${iterator},${s}=${state},${c}=${control};` +
      `const ${r}=${this.helper("cursorFor")}(${f},${s},${c});`;
    let advance = `if(!${r}.advance())break;l${id}=${r}.key;`;
    if (locals.length > 1) advance += `l${locals[1].id}=${r}.value;`;
    const { yields } = this;
    let body = "";
    const fast = this.#emitLoop(statement, "", () => {
      body = this.#emitLoopBlock(block);
      return { test: "", next: "", body: declared + advance + body };
    });
    const canSplit = this.yields === yields + 1 && body.length < MAX_REPEATED_BODY;
    let call = `${f}=${this.helper("callee")}(${f});`;
    call += `const ${result}=${f}.paced===null?${f}.plain(${s},${c}):`;
    call += this.delegate(`${this.helper("callIterator")}(e,${f},${s},${c})`) + ";";
    call += `if(${result} instanceof ${this.helper("Array")}){`;
    call += locals.map(({ id }, i) => `l${id}=${result}[${i}];`).join("");
    call += `}else l${id}=${result};`;
    call += `if(l${id}===undefined)break;${c}=l${id};`;
    const step = this.#tick(line);
    if (canSplit) {
      return `{${head}if(${r}!==null)${fast}else for(;;){${step}${declared}${call}${body}}}`;
    }
    return `{${head}for(;;){${step}${declared}if(${r}!==null){${advance}}else{${call}}${body}}}`;
  }

  #emitReturn(values: readonly Expression[]): string {
    if (values.length === 0) return `return ${this.helper("NOTHING")};`;
    if (values.length > 1) return `return[${this.emitList(values)}];`;
    const [value] = values;
    if (value.kind === "call" || value.kind === "method") {
      return `return ${this.emitTailCall(value)};`;
    }
    return `return ${this.emitResults(value)};`;
  }
}
