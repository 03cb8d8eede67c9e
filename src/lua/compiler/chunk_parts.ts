/** What the functions of one chunk share while code is made of them: sites, constants, names of helpers. */

import type { LuaFunction } from "../runtime/function.ts";
import { Analysis } from "./analysis.ts";
import type { FunctionBody } from "./ast.ts";
import type { KnownFunction, Library } from "./library.ts";
import { quote, quoteNumber } from "./quote.ts";

/** How many strings and numbers of a chunk have names. */
const MOST_LITERALS = 200;

/** Collected while the code of a chunk is made. */
export class ChunkParts {
  readonly analysis: Analysis;
  readonly lines: number[] = [];
  readonly names: string[] = [];
  readonly constants: LuaFunction[] = [];
  /** The code of closed functions; see `Analysis.isClosed`. */
  readonly #functions = new Map<FunctionBody, string>();
  /** Strings and numbers that the code refers to by names: chunks that differ in nothing else share their code. */
  readonly literals: (string | number)[] = [];
  readonly #literalNames = new Map<string | number, string>();
  readonly #helpers = new Set<string>();

  constructor(readonly library: Library) {
    this.analysis = new Analysis(library);
  }

  /** A new site; see `ChunkSites`. */
  addSite(line: number, names: string): number {
    this.lines.push(line);
    this.names.push(names);
    return this.lines.length - 1;
  }

  /** The name of a helper of the runtime, which the chunk's code then declares. */
  helper(name: string): string {
    this.#helpers.add(name);
    return name;
  }

  /** The name of a known function in the code. */
  constant({ value }: KnownFunction): string {
    let at = this.constants.indexOf(value);
    if (at < 0) at = this.constants.push(value) - 1;
    return `k${at}`;
  }

  /** A string or a number in the code: a name, while there are few. Not for 0, whose sign a name would lose. */
  literal(value: string | number): string {
    let name = this.#literalNames.get(value);
    if (name === undefined) {
      if (this.literals.length === MOST_LITERALS) {
        return typeof value === "string" ? quote(value) : quoteNumber(value);
      }
      name = `y${this.literals.push(value) - 1}`;
      this.#literalNames.set(value, name);
    }
    return name;
  }

  /** Adds the code of a closed function, which is `F1` and so on from now on. */
  addFunction(body: FunctionBody, code: string, isPaced: boolean): void {
    const { id } = body, value = `V${id}=new ${this.helper("LuaFunction")}(null,F${id})`;
    this.#functions.set(body, `F${id}=${code}` + (isPaced ? `,${value}` : ""));
  }

  /** Declarations of all helpers, constants, literals and closed functions. */
  declarations(): string {
    const helpers = this.#helpers.size === 0 ? "" : `const{${[...this.#helpers].join(",")}}=H;`;
    const constants = this.constants.map(({ plain }, at) =>
      `k${at}=K[${at}]` + (plain === null ? "" : `,k${at}p=k${at}.plain`)
    );
    const names = [
      ...constants,
      ...this.literals.map((_, at) => `y${at}=L[${at}]`),
      ...this.#functions.values(),
    ];
    return helpers + (names.length === 0 ? "" : `const ${names.join(",")};`);
  }
}
