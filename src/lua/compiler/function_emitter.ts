/** The frame of a function in the generated code: its temporaries, its sites, its last call. */

import type { Expression, FunctionBody, Local } from "./ast.ts";
import type { ChunkParts } from "./chunk_parts.ts";
import { nameOf } from "./operand_names.ts";

/*
 * Names in the generated code, none of which comes from the script:
 *   H K G C M    the chunk's surroundings: helpers, known functions, globals, sites, the machine
 *   l1 l2 …      local variables        p1 …  the plain code of a local function
 *   t1 t2 …      temporaries            $     the site of the last call
 *   d e          the depth of a paced function, and that of what it calls
 *   v            the array of `...`
 *   g s          the generator that a call made, and its first step
 *   w            whether a loop is left in order to pause
 */

/** Makes the code of one function. */
export abstract class FunctionEmitter {
  readonly paced: boolean;
  /** How many loops are around the code that is made: in loops, fast paths are written out. */
  loops = 0;
  usesDepth = false;
  usesSites = false;
  /** How many places the code has where it can pause. */
  yields = 0;
  /** Locals that hold numbers and were used since somebody asked. */
  usedNumbers = new Set<Local>();
  /** The constant 0 of the function, which has one sign. */
  zero: number | undefined;
  #usesSteps = false;
  #temporaries = 0;
  #maxTemporaries = 0;

  constructor(readonly parts: ChunkParts, readonly body: FunctionBody) {
    this.paced = parts.analysis.isPaced(body);
  }

  /** A temporary; given back by `release`. */
  temporary(): string {
    this.#maxTemporaries = Math.max(this.#maxTemporaries, ++this.#temporaries);
    return `t${this.#temporaries}`;
  }

  /** How many temporaries are in use, for `release`. */
  get mark(): number {
    return this.#temporaries;
  }

  /** Gives back all temporaries taken since `mark`. */
  release(mark: number): void {
    this.#temporaries = mark;
  }

  /** A new site in a line, with the names of its operands. */
  site(line: number, ...operands: Expression[]): number {
    this.usesSites = true;
    let names = "";
    if (operands.some((operand) => nameOf(operand) !== "")) names = operands.map(nameOf).join("\0");
    return this.parts.addSite(line, names);
  }

  /** The name of a helper of the runtime. */
  helper(name: string): string {
    return this.parts.helper(name);
  }

  /** Declarations for the beginning of the function, once its code is made. */
  declarations(): string {
    let code = this.usesDepth ? "const e=d<0?d+129:d+1;" : "";
    const variables = this.usesSites ? ["$=0"] : [];
    if (this.#usesSteps) variables.push("g", "s");
    for (let i = 1; i <= this.#maxTemporaries; i++) variables.push(`t${i}`);
    if (variables.length > 0) code += `let ${variables.join(",")};`;
    return code;
  }

  /**
   * Runs paced code inside of this function's. Its first step is made directly, since `yield*` costs more
   * than most functions, which end with their first step.
   */
  delegate(paced: string): string {
    this.yields++;
    this.#usesSteps = true;
    return `(g=${paced},s=g.next()).done?s.value:yield*${this.helper("goOn")}(g,s,C,$)`;
  }

  /** Whether an expression can be evaluated at any later time, and twice: nothing can change it. */
  isStable(expression: Expression): boolean {
    switch (expression.kind) {
      case "nil":
      case "true":
      case "false":
      case "number":
      case "string":
        return true;
      case "local":
        return !isShared(expression.local);
      case "paren":
        return this.isStable(expression.inner);
      default:
        return this.parts.library.resolve(expression) !== undefined;
    }
  }

  /**
   * Whether an expression is a local that a called function may change. Lua reads the registers of its
   * operands when it operates, not when it evaluates them.
   */
  isReadLate(expression: Expression): boolean {
    return expression.kind === "local" && !expression.isUpvalue && isShared(expression.local);
  }
}

function isShared(local: Local): boolean {
  return local.captured && local.assigned;
}
