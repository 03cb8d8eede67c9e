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
      return isLogical(expression) ? nameOfLogical(expression, null, null) : "";
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
 * first value that is tested, unless the jump leads to another one.
 */
function nameOfLogical(expression: BinaryExpression, onFalse: Target, onTrue: Target): string {
  // Longer chains are not worth the way.
  if (expression.spine > 50) return "";
  const isAnd = expression.operator === "and";
  const left = strip(expression.left), right = strip(expression.right);
  const goOn = () => isLogical(right) ? nameOfLogical(right, onFalse, onTrue) : nameOf(right);
  if (isAnd ? isAlwaysTrue(left) : isAlwaysFalse(left)) return goOn();
  if (isLogical(left)) {
    return isAnd ? nameOfLogical(left, onFalse, goOn) : nameOfLogical(left, goOn, onTrue);
  }
  const target = isAnd ? onFalse : onTrue;
  // The test of a value counts as the instruction that makes it, and has no name.
  return target === null ? "" : target();
}

function isAlwaysTrue(expression: Expression): boolean {
  const { kind } = expression;
  return kind === "string" || kind === "true" || foldedNumber(expression) !== undefined;
}

function isAlwaysFalse({ kind }: Expression): boolean {
  return kind === "nil" || kind === "false";
}
