/** Constants that Lua calculates while it compiles. */

import { moduloNumbers, powerNumbers } from "../runtime/arithmetic.ts";
import type { Expression } from "./ast.ts";

/** The number that Lua calculates while it compiles, or undefined. */
export function foldedNumber(expression: Expression): number | undefined {
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "paren":
      return foldedNumber(expression.inner);
    case "unary": {
      const value = foldedNumber(expression.operand);
      return expression.operator === "-" && value !== undefined ? -value : undefined;
    }
    case "binary": {
      if (expression.spine > 50) return undefined;
      const left = foldedNumber(expression.left), right = foldedNumber(expression.right);
      if (left === undefined || right === undefined) return undefined;
      const result = foldBinary(expression.operator, left, right);
      return result === result ? result : undefined;
    }
    default:
      return undefined;
  }
}

function foldBinary(operator: string, left: number, right: number): number | undefined {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return right === 0 ? undefined : left / right;
    case "%":
      return right === 0 ? undefined : moduloNumbers(left, right);
    case "^":
      return powerNumbers(left, right);
    default:
      return undefined;
  }
}
