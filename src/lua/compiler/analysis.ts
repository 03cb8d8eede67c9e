/** What can be known about a chunk before it runs: which functions may pause, which locals hold numbers. */

import type { CallExpression, Expression, FunctionBody, Local, MethodExpression } from "./ast.ts";
import { constantOf } from "./expression_kinds.ts";
import type { Library } from "./library.ts";

/** A plain function may call others that are plain, but not so many that it takes long. */
const MAX_PLAIN_COST = 2000;

/** The cost of a function that can pause. */
const PACED = Infinity;

/** Answers questions about the tree of one chunk. */
export class Analysis {
  readonly #library: Library;
  readonly #costs = new Map<FunctionBody, number>();
  readonly #numbers = new Map<Local, boolean>();
  readonly #closed = new Map<FunctionBody, boolean>();

  constructor(library: Library) {
    this.#library = library;
  }

  /**
   * Whether a function becomes a generator, which can pause: one that has loops, or calls what is not known
   * to end at once. All others are plain functions.
   */
  isPaced(body: FunctionBody): boolean {
    return this.#cost(body) === PACED;
  }

  #cost(body: FunctionBody): number {
    const known = this.#costs.get(body);
    if (known !== undefined) return known;
    // A function that calls itself finds this.
    this.#costs.set(body, PACED);
    let cost = body.hasLoop ? PACED : 1;
    for (const call of body.calls) {
      if (cost === PACED) break;
      cost += this.#costOfCall(call);
    }
    if (cost > MAX_PLAIN_COST) cost = PACED;
    this.#costs.set(body, cost);
    return cost;
  }

  #costOfCall(call: CallExpression | MethodExpression): number {
    if (call.kind === "method") return PACED;
    const constant = this.#library.resolve(call.callee);
    if (constant !== undefined) return constant.value.paced === null ? 1 : PACED;
    const body = this.knownFunction(call.callee);
    return body === null ? PACED : this.#cost(body);
  }

  /** The function that a local variable always holds; null if there is no such function. */
  knownFunction(expression: Expression): FunctionBody | null {
    return expression.kind === "local" ? this.#functionOf(expression.local) : null;
  }

  #functionOf(local: Local): FunctionBody | null {
    if (local.assigned || local.values.length !== 1) return null;
    const value = local.values[0];
    return value !== null && value.kind === "function" ? value.body : null;
  }

  /**
   * Whether a function needs nothing of the functions around it but what is the same each time: constants, known
   * functions, and calls of others such. Its code can then be made once for the chunk.
   */
  isClosed(body: FunctionBody): boolean {
    const known = this.#closed.get(body);
    if (known !== undefined) return known;
    // A function that calls itself finds this.
    this.#closed.set(body, true);
    const isClosed = body.parent !== null &&
      [...body.upvalues].every(([local, uses]) => this.#isSame(local, uses));
    this.#closed.set(body, isClosed);
    return isClosed;
  }

  #isSame(local: Local, uses: number): boolean {
    if (constantOf(local) !== undefined) return true;
    if (this.#library.resolve({ kind: "local", local, isUpvalue: true }) !== undefined) return true;
    if (uses > 0) return false;
    const body = this.#functionOf(local);
    return body !== null && this.isClosed(body);
  }

  /** Whether an expression has a number as its value, whenever it has one. */
  isNumber(expression: Expression): boolean {
    switch (expression.kind) {
      case "number":
        return true;
      case "local":
        return this.#holdsNumbers(expression.local);
      case "paren":
        return this.isNumber(expression.inner);
      case "unary":
        return expression.operator === "-" && this.isNumber(expression.operand);
      case "binary":
        return "+-*/%^".includes(expression.operator) && this.#isNumberSpine(expression);
      default:
        return false;
    }
  }

  #isNumberSpine(expression: Expression): boolean {
    let left = expression;
    while (left.kind === "binary" && "+-*/%^".includes(left.operator)) {
      if (!this.isNumber(left.right)) return false;
      left = left.left;
    }
    return this.isNumber(left);
  }

  /** Assumes that a local holds numbers and looks whether all that it is given is one under this assumption. */
  #holdsNumbers(local: Local): boolean {
    const known = this.#numbers.get(local);
    if (known !== undefined) return known;
    const group = new Set<Local>();
    if (!this.#tryNumbers(local, group)) return false;
    for (const member of group) this.#numbers.set(member, true);
    return true;
  }

  #tryNumbers(local: Local, group: Set<Local>): boolean {
    group.add(local);
    for (const value of local.values) {
      if (value === null || !this.#tryNumber(value, group)) {
        this.#numbers.set(local, false);
        return false;
      }
    }
    return true;
  }

  #tryNumber(expression: Expression, group: Set<Local>): boolean {
    let at = expression;
    for (;;) {
      switch (at.kind) {
        case "number":
          return true;
        case "paren":
          at = at.inner;
          continue;
        case "unary":
          if (at.operator !== "-") return false;
          at = at.operand;
          continue;
        case "local": {
          const known = this.#numbers.get(at.local);
          return known ?? (group.has(at.local) || this.#tryNumbers(at.local, group));
        }
        case "binary":
          if (!"+-*/%^".includes(at.operator)) return false;
          if (!this.#tryNumber(at.right, group)) return false;
          at = at.left;
          continue;
        default:
          return false;
      }
    }
  }
}
