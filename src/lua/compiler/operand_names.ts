/** How errors name operands: what Lua finds by looking at the instructions before the one that failed. */

import { untilNul } from "../../base/c_string.ts";
import type { BinaryExpression, Expression } from "./ast.ts";
import { foldedNumber } from "./folding.ts";

/** Gives the name of the value that a jump leads to; null if it leads to the operation itself. */
type Target = (() => string) | null;

/** How an error names an operand, such as "local x"; "" if it can't. */
export function nameOf(expression: Expression): string {
  switch (expression.kind) {
    case "local":
      return `${expression.isUpvalue ? "upvalue" : "local"} ${expression.local.name}`;
    case "global":
      return `global ${expression.name}`;
    case "index":
      return `field ${expression.key.kind === "string" ? untilNul(expression.key.value) : "?"}`;
    case "paren":
      return nameOf(expression.inner);
    case "binary":
      return isLogical(expression) ? nameOfLogical(expression, null, null, nameOf) : "";
    default:
      return "";
  }
}

function isLogical(expression: Expression): expression is BinaryExpression {
  return expression.kind === "binary" &&
    (expression.operator === "and" || expression.operator === "or");
}

function strip(expression: Expression): Expression {
  while (expression.kind === "paren") expression = expression.inner;
  return expression;
}

/**
 * Lua goes through the instructions from the beginning and takes every jump forward, so that it finds the
 * first value that is tested, unless the jump leads to another one. `last` names the operand that is reached
 * last, which in the left operand of another operator is tested too.
 */
function nameOfLogical(
  expression: BinaryExpression,
  onFalse: Target,
  onTrue: Target,
  last: (operand: Expression) => string,
): string {
  // Longer chains are not worth the way.
  if (expression.spine > 50) return "";
  const isAnd = expression.operator === "and";
  const left = strip(expression.left), right = strip(expression.right);
  const goOn = () => isLogical(right) ? nameOfLogical(right, onFalse, onTrue, last) : last(right);
  const test = (operand: Expression) => {
    if (isAnd ? isAlwaysTrue(operand) : isAlwaysFalse(operand)) return goOn();
    const target = isAnd ? onFalse : onTrue;
    // The test of a value counts as the instruction that makes it, and has no name.
    return target === null ? "" : target();
  };
  if (!isLogical(left)) return test(left);
  return isAnd ? nameOfLogical(left, onFalse, goOn, test) : nameOfLogical(left, goOn, onTrue, test);
}

function isAlwaysTrue(expression: Expression): boolean {
  const { kind } = expression;
  return kind === "string" || kind === "true" || foldedNumber(expression) !== undefined;
}

function isAlwaysFalse({ kind }: Expression): boolean {
  return kind === "nil" || kind === "false";
}
