/** What the functions of one chunk share while code is made of them: sites, constants, names of helpers. */

import type { LuaFunction } from "../runtime/function.ts";
import { Analysis } from "./analysis.ts";
import type { KnownFunction, Library } from "./library.ts";

/** Collected while the code of a chunk is made. */
export class ChunkParts {
  readonly analysis: Analysis;
  readonly lines: number[] = [];
  readonly names: string[] = [];
  readonly constants: LuaFunction[] = [];
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

  /** Declarations of all helpers and constants. */
  declarations(): string {
    const helpers = this.#helpers.size === 0 ? "" : `const{${[...this.#helpers].join(",")}}=H;`;
    const constants = this.constants.map(({ plain }, at) =>
      `k${at}=K[${at}]` + (plain === null ? "" : `,k${at}p=k${at}.plain`)
    );
    return helpers + (constants.length === 0 ? "" : `const ${constants.join(",")};`);
  }
}
