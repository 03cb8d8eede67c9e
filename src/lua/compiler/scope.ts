/** Which names mean which variables while a function is parsed, and how many there may be. */

import type { Expression, FunctionBody, Local } from "./ast.ts";
import type { Lexer } from "./lexer.ts";

const MAX_LOCALS = 200;
const MAX_UPVALUES = 60;
/** The registers of a function less those that Lua keeps free. */
const MAX_REGISTERS = 250;

/** A block whose locals end with it. */
interface Block {
  readonly outer: Block | null;
  readonly first: number;
  readonly isLoop: boolean;
}

/** The scope of one function. */
export class Scope {
  /** The locals that can be seen, the innermost last. */
  readonly locals: Local[] = [];
  #block: Block | null = null;
  /** Values that wait in registers above the locals. */
  pending = 0;

  constructor(
    readonly body: FunctionBody,
    readonly outer: Scope | null,
    readonly lexer: Lexer,
  ) {}

  /** Begins a block. */
  enterBlock(isLoop: boolean): void {
    this.#block = { outer: this.#block, first: this.locals.length, isLoop };
  }

  /** Ends the current block. */
  leaveBlock(): void {
    this.locals.length = this.#block!.first;
    this.#block = this.#block!.outer;
  }

  /** Whether a loop of this function is around. */
  get isInLoop(): boolean {
    for (let block = this.#block; block !== null; block = block.outer) {
      if (block.isLoop) return true;
    }
    return false;
  }

  /** Refuses more locals than there may be, of which `waiting` are declared but can't be seen yet. */
  checkLocals(waiting: number): void {
    this.check(this.locals.length + waiting + 1, MAX_LOCALS, "local variables");
  }

  /** Counts registers for values that wait; the caller subtracts them from `pending` again. */
  reserve(count: number): void {
    this.pending += count;
    this.checkRegisters(0);
  }

  /** Refuses more registers than there are, of which so many more are needed. */
  checkRegisters(more: number): void {
    if (this.locals.length + this.pending + more >= MAX_REGISTERS) {
      this.lexer.failHere("function or expression too complex");
    }
  }

  /** The variable that a name means, as an expression. */
  resolve(name: string, line: number): Expression {
    const local = this.#find(name);
    if (local === null) return { kind: "global", name, line };
    noteUse(local, this.body, 1);
    return { kind: "local", local, isUpvalue: local.owner !== this.body };
  }

  /** What a call calls has been resolved as a value. */
  noteCallee(callee: Expression): void {
    if (callee.kind === "local") noteUse(callee.local, this.body, -1);
  }

  #find(name: string): Local | null {
    for (let i = this.locals.length - 1; i >= 0; i--) {
      if (this.locals[i].name === name) return this.locals[i];
    }
    const found = this.outer === null ? null : this.outer.#find(name);
    if (found !== null) {
      found.captured = true;
      const { upvalues } = this.body;
      if (!upvalues.has(found)) {
        this.check(upvalues.size + 1, MAX_UPVALUES, "upvalues");
        upvalues.set(found, 0);
      }
    }
    return found;
  }

  /** Refuses more of something than a function may have. */
  check(count: number, limit: number, what: string): void {
    if (count <= limit) return;
    const { line } = this.body;
    const where = line === 0 ? "main function" : `function at line ${line}`;
    this.lexer.fail(`${where} has more than ${limit} ${what}`, "");
  }
}

/** Counts a use of a local by a function, and by those around it whose local it is not. */
function noteUse(local: Local, body: FunctionBody, count: number): void {
  local.uses += count;
  for (let user = body; user !== local.owner; user = user.parent!) {
    user.upvalues.set(local, user.upvalues.get(local)! + count);
  }
}
