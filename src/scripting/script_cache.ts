/** The scripts that are kept: by their texts and by their SHA-1. */

import { toLowerAscii } from "../base/ascii.ts";
import { hexOf } from "../base/hex.ts";
import { sha1 } from "../base/sha1.ts";
import { bytesOf } from "../base/span.ts";
import { ScriptFlag } from "./script_flags.ts";
import type { Runnable } from "./script_runner.ts";

/** What a script takes beside its text, about, in bytes. */
const SCRIPT_COST = 100;

/** The SHA-1 of a script's text. */
export function shaOf(text: string): string {
  return hexOf(sha1(bytesOf(text)));
}

/** All that are kept. */
export class ScriptCache {
  readonly #byText = new Map<string, Runnable>();
  readonly #bySha = new Map<string, Runnable>();
  #bytes = 0;
  #declaredCount = 0;

  /** How many there are. */
  get size(): number {
    return this.#bySha.size;
  }

  /** What they take, about, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there are any that say something of themselves. */
  get hasDeclared(): boolean {
    return this.#declaredCount > 0;
  }

  ofText(text: string): Runnable | undefined {
    return this.#byText.get(text);
  }

  /** The script with a SHA-1, whose digits may be in any case. */
  ofSha(sha: string): Runnable | undefined {
    return this.#bySha.get(sha) ?? this.#bySha.get(toLowerAscii(sha));
  }

  add(text: string, script: Runnable): void {
    this.#byText.set(text, script);
    this.#bySha.set(script.name, script);
    this.#bytes += text.length + SCRIPT_COST;
    if ((script.flags & ScriptFlag.Undeclared) === 0) this.#declaredCount++;
  }

  clear(): void {
    this.#byText.clear();
    this.#bySha.clear();
    this.#bytes = this.#declaredCount = 0;
  }
}
