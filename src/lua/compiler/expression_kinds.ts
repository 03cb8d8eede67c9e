/** What can be told from an expression by its looks. */

import { ANY_NUMBER, type Expression, type Local } from "./ast.ts";

/** The part of an expression on which its spine goes on. */
export function leftOf(expression: Expression): Expression | null {
  switch (expression.kind) {
    case "binary":
      return expression.left;
    case "index":
    case "method":
      return expression.object;
    case "call":
      return expression.callee;
    default:
      return null;
  }
}

/** Whether a value of this kind is equal to another only if JavaScript says so. */
export function isScalar({ kind }: Expression): boolean {
  return kind === "nil" || kind === "true" || kind === "false" || kind === "number" ||
    kind === "string";
}

/** Whether the code of an expression is a boolean of JavaScript. */
export function isBoolean(expression: Expression): boolean {
  switch (expression.kind) {
    case "true":
    case "false":
      return true;
    case "unary":
      return expression.operator === "not";
    case "binary":
      return ["==", "~=", "<", ">", "<=", ">="].includes(expression.operator);
    default:
      return false;
  }
}

/** The expression that gave a local its one value, also through other locals; undefined where that is not known. */
export function originOf(local: Local): Expression | undefined {
  for (;;) {
    const { assigned, values: [value] } = local;
    if (assigned || value === null || value === ANY_NUMBER) return undefined;
    if (value.kind !== "local") return value;
    local = value.local;
  }
}

/** The string or number that a local always holds; not 0, whose sign depends on the function. */
export function constantOf(local: Local): string | number | undefined {
  const origin = originOf(local);
  if (origin?.kind === "string") return origin.value;
  return origin?.kind === "number" && origin.value !== 0 ? origin.value : undefined;
}

/** Whether code is nothing but a name. */
export function isName(code: string): boolean {
  return /^[a-z0-9]+$/.test(code);
}
