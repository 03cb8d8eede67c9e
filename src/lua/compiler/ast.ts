/** Chunks as trees, with their names resolved. */

/** A local variable. */
export interface Local {
  readonly name: string;
  /** A number of its own within the chunk, from which its name in the generated code is made. */
  readonly id: number;
  readonly owner: FunctionBody;
  /** Whether an inner function uses it. */
  captured: boolean;
  /** Whether it is assigned to after its declaration. */
  assigned: boolean;
  /** What it may hold: the expressions that are assigned to it; null for one that is not known. */
  readonly values: (Expression | null)[];
  /** How often it is used otherwise than as what a call calls. */
  uses: number;
}

/** A function, or the chunk itself. */
export interface FunctionBody {
  readonly id: number;
  readonly parent: FunctionBody | null;
  /** 0 for the chunk. */
  readonly line: number;
  readonly parameters: Local[];
  isVararg: boolean;
  /** The table `arg` of a function that has `...` but does not use it; or null. */
  arg: Local | null;
  usesVararg: boolean;
  block: Statement[];
  hasLoop: boolean;
  readonly calls: (CallExpression | MethodExpression)[];
  /** The locals of outer functions that it and its inner functions use; how often otherwise than as what a call calls. */
  readonly upvalues: Map<Local, number>;
}

export interface CallExpression {
  readonly kind: "call";
  readonly callee: Expression;
  readonly args: Expression[];
  readonly line: number;
  readonly spine: number;
}

export interface MethodExpression {
  readonly kind: "method";
  readonly object: Expression;
  readonly name: string;
  readonly args: Expression[];
  readonly nameLine: number;
  readonly line: number;
  readonly spine: number;
}

export interface IndexExpression {
  readonly kind: "index";
  readonly object: Expression;
  readonly key: Expression;
  readonly line: number;
  readonly spine: number;
}

export interface BinaryExpression {
  readonly kind: "binary";
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
  readonly line: number;
  readonly spine: number;
}

export interface TableItem {
  /** null for the next element of the array. */
  readonly key: Expression | null;
  readonly value: Expression;
  readonly line: number;
}

export type Expression =
  | { readonly kind: "nil" | "true" | "false" | "vararg" }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "function"; readonly body: FunctionBody }
  | { readonly kind: "local"; readonly local: Local; readonly isUpvalue: boolean }
  | { readonly kind: "global"; readonly name: string; readonly line: number }
  | { readonly kind: "paren"; readonly inner: Expression }
  | {
    readonly kind: "unary";
    readonly operator: string;
    readonly operand: Expression;
    readonly line: number;
  }
  | { readonly kind: "table"; readonly items: TableItem[]; readonly line: number }
  | CallExpression
  | MethodExpression
  | IndexExpression
  | BinaryExpression;

export type Statement =
  | { readonly kind: "local"; readonly locals: Local[]; readonly values: Expression[] }
  | { readonly kind: "localFunction"; readonly local: Local; readonly body: FunctionBody }
  | {
    readonly kind: "assign";
    readonly targets: Expression[];
    readonly values: Expression[];
    readonly line: number;
  }
  | { readonly kind: "call"; readonly call: CallExpression | MethodExpression }
  | { readonly kind: "do"; readonly block: Statement[] }
  | {
    readonly kind: "while";
    readonly condition: Expression;
    readonly block: Statement[];
    readonly line: number;
    /** Locals of outer scopes have smaller numbers. */
    readonly firstLocal: number;
  }
  | {
    readonly kind: "repeat";
    readonly block: Statement[];
    readonly condition: Expression;
    readonly line: number;
    /** Locals of outer scopes have smaller numbers. */
    readonly firstLocal: number;
  }
  | {
    readonly kind: "if";
    readonly branches: { readonly condition: Expression; readonly block: Statement[] }[];
    readonly otherwise: Statement[] | null;
  }
  | {
    readonly kind: "numericFor";
    readonly local: Local;
    readonly start: Expression;
    readonly limit: Expression;
    readonly step: Expression | null;
    readonly block: Statement[];
    readonly line: number;
    /** Locals of outer scopes have smaller numbers. */
    readonly firstLocal: number;
  }
  | {
    readonly kind: "genericFor";
    readonly locals: Local[];
    readonly values: Expression[];
    readonly block: Statement[];
    readonly line: number;
    /** Locals of outer scopes have smaller numbers. */
    readonly firstLocal: number;
  }
  | { readonly kind: "return"; readonly values: Expression[]; readonly line: number }
  | { readonly kind: "break" };

/** What the variable of a numeric `for` holds. */
export const ANY_NUMBER: Expression = { kind: "number", value: NaN };

/** Whether an expression may have any number of values. */
export function isMultiple(expression: Expression): boolean {
  const { kind } = expression;
  return kind === "call" || kind === "method" || kind === "vararg";
}

/** How many expressions lean on each other on the left side, so that nothing recurses through them. */
export function spineOf(expression: Expression): number {
  return "spine" in expression ? expression.spine : 0;
}
