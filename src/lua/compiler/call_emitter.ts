/** Calls to JavaScript. */

import { hashString } from "../runtime/string_hash.ts";
import type { CallExpression, Expression, FunctionBody, MethodExpression } from "./ast.ts";
import { isMultiple } from "./ast.ts";
import { ExpressionEmitter } from "./expression_emitter.ts";
import { nameOf } from "./operand_names.ts";
import { quote } from "./quote.ts";

/** So many arguments are passed to paced code without an array. */
const DIRECT_ARGUMENTS = 3;

/** Arguments: what is done first, and how they are passed. */
interface Arguments {
  readonly setup: string[];
  readonly list: string[];
  readonly isOpen: boolean;
}

/** The part of an emitter that makes calls. */
export abstract class CallEmitter extends ExpressionEmitter {
  override emitResults(expression: Expression, callee?: string): string {
    switch (expression.kind) {
      case "vararg":
        return "v";
      case "call":
        return this.#emitCall(expression, false, callee);
      case "method":
        return this.#emitMethod(expression, false, callee);
      default:
        return this.emit(expression);
    }
  }

  /** The results of a call that are all that the function returns. */
  emitTailCall(expression: CallExpression | MethodExpression): string {
    return expression.kind === "call"
      ? this.#emitCall(expression, true)
      : this.#emitMethod(expression, true);
  }

  #emitCall(expression: CallExpression, isTail: boolean, calleeCode?: string): string {
    const { callee, args, line } = expression;
    const known = this.parts.library.resolve(callee);
    if (known !== undefined && known.value.paced === null) {
      const site = this.#callSite(line, known.name);
      return this.#emitPlain(`${this.parts.constant(known)}p`, args, site);
    }
    const body = this.parts.analysis.knownFunction(callee);
    const site = this.#callSite(isTail ? -line : line, nameOf(callee));
    if (body !== null && callee.kind === "local") {
      const { analysis } = this.parts;
      const isClosed = analysis.isClosed(body);
      if (!analysis.isPaced(body)) {
        return this.#emitPlain(isClosed ? `F${body.id}` : `p${callee.local.id}`, args, site);
      }
      if (isClosed) return this.#emitClosed(body, args, site, isTail);
    }
    const target = this.temporary();
    const pieces = [`${target}=${calleeCode ?? this.emit(callee)}`];
    const { setup, list, isOpen } = this.#emitArguments(args);
    pieces.push(...setup);
    return this.#emitUnknown(pieces, target, list, isOpen, site, isTail);
  }

  #emitMethod(expression: MethodExpression, isTail: boolean, objectCode?: string): string {
    const { object, name, args, nameLine, line } = expression;
    const self = this.temporary();
    const target = this.temporary();
    const index = this.site(nameLine, object);
    const hash = hashString(name);
    const pieces = [
      `${self}=${objectCode ?? this.emit(object)}`,
      `${target}=${this.helper("indexName")}(${self},${quote(name)},${hash},${index})`,
    ];
    const { setup, list, isOpen } = this.#emitArguments(args);
    pieces.push(...setup);
    const site = this.#callSite(isTail ? -line : line, `method ${name}`);
    return this.#emitUnknown(pieces, target, [self, ...list], isOpen, site, isTail);
  }

  #callSite(line: number, name: string): number {
    this.usesSites = true;
    return this.parts.addSite(line, name);
  }

  /** A call of plain code that is known. */
  #emitPlain(code: string, args: readonly Expression[], site: number): string {
    const mark = this.mark;
    const list = this.emitList(args);
    // A call among the arguments would leave its own site behind.
    if (!list.some((argument) => argument.includes("$="))) {
      return `($=${site},${code}(${list}))`;
    }
    this.release(mark);
    const { setup, list: names } = this.#emitArguments(args);
    return `(${[...setup, `$=${site}`].join(",")},${code}(${names}))`;
  }

  /** A call of a closed function that is paced. */
  #emitClosed(
    body: FunctionBody,
    args: readonly Expression[],
    site: number,
    isTail: boolean,
  ): string {
    const { setup, list, isOpen } = this.#emitArguments(args);
    const paced = this.#emitPaced(`V${body.id}`, list, isOpen, isTail);
    return `(${[...setup, `$=${site}`].join(",")},${this.delegate(paced)})`;
  }

  /** Paced code that runs. */
  #emitPaced(callee: string, list: readonly string[], isOpen: boolean, isTail: boolean): string {
    if (isTail) return `${this.helper("enterTail")}(d,${callee},[${list}])`;
    this.usesDepth = true;
    return isOpen || list.length > DIRECT_ARGUMENTS
      ? `${this.helper("enter")}(e,${callee},[${list}])`
      : `${this.helper(`enter${list.length}`)}(${["e", callee, ...list].join(",")})`;
  }

  /** A call of what may be any value. */
  #emitUnknown(
    pieces: string[],
    target: string,
    list: readonly string[],
    isOpen: boolean,
    site: number,
    isTail: boolean,
  ): string {
    const test = `(${target}=${this.helper("callee")}(${target})).paced===null`;
    pieces.push(`$=${site}`);
    const paced = this.#emitPaced(target, list, isOpen, isTail);
    return `(${pieces.join(",")},${test}?${target}.plain(${list}):${this.delegate(paced)})`;
  }

  #emitArguments(args: readonly Expression[]): Arguments {
    const setup: string[] = [], list: string[] = [];
    let isOpen = false;
    args.forEach((argument, i) => {
      if (this.isStable(argument)) {
        list.push(this.emitPassed(argument));
      } else if (i < args.length - 1 || !isMultiple(argument)) {
        const temporary = this.temporary();
        setup.push(`${temporary}=${this.emit(argument)}`);
        list.push(temporary);
      } else if (argument.kind === "vararg") {
        isOpen = true;
        list.push("...v");
      } else {
        isOpen = true;
        const temporary = this.temporary();
        const mark = this.mark;
        setup.push(`${temporary}=${this.helper("all")}(${this.emitResults(argument)})`);
        this.release(mark);
        list.push(`...${temporary}`);
      }
    });
    return { setup, list, isOpen };
  }
}
