/** The scripts that are kept: by their texts and by their SHA-1. */

import { toLowerAscii } from "../base/ascii.ts";
import { hexOf } from "../base/hex.ts";
import { sha1 } from "../base/sha1.ts";
import { bytesOf } from "../base/span.ts";
import { ScriptFlag } from "./script_flags.ts";
import type { Runnable } from "./script_runner.ts";

/** What a script takes beside its text, about, in bytes. */
const SCRIPT_COST = 100;
/** How many scripts are kept compiled, each of which takes some 8 KB, at most. */
const MOST_COMPILED = 1000;

/** A script that is kept. */
export interface Script {
  readonly text: string;
  /** Where its code begins, behind a first line that speaks of it. */
  readonly codeAt: number;
  /** The SHA-1 of the text, in hexadecimal. */
  readonly sha: string;
  /** Bits of `ScriptFlag`. */
  readonly flags: number;
  /** The script, compiled; null where it was not called for long, while many others were. */
  runnable: Runnable | null;
  /** Whether it was called since others were last looked for that are not. */
  isUsed: boolean;
}

/** The SHA-1 of a script's text. */
export function shaOf(text: string): string {
  return hexOf(sha1(bytesOf(text)));
}

/** All that are kept. */
export class ScriptCache {
  readonly #byText = new Map<string, Script>();
  readonly #bySha = new Map<string, Script>();
  #compiled: Script[] = [];
  #bytes = 0;
  #declaredCount = 0;

  /** How many there are. */
  get size(): number {
    return this.#bySha.size;
  }

  /** How many of them are compiled. */
  get compiledCount(): number {
    return this.#compiled.length;
  }

  /** What they take, about, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there are any that say something of themselves. */
  get hasDeclared(): boolean {
    return this.#declaredCount > 0;
  }

  ofText(text: string): Script | undefined {
    return this.#byText.get(text);
  }

  /** The script with a SHA-1, whose digits may be in any case. */
  ofSha(sha: string): Script | undefined {
    return this.#bySha.get(sha) ?? this.#bySha.get(toLowerAscii(sha));
  }

  /** Keeps a script. */
  add(script: Script): void {
    const { text, sha, flags } = script;
    this.#byText.set(text, script);
    this.#bySha.set(sha, script);
    this.#bytes += text.length + SCRIPT_COST;
    if ((flags & ScriptFlag.Undeclared) === 0) this.#declaredCount++;
  }

  /** A script that is kept was compiled: the ones that were not called of late give way. */
  setRunnable(script: Script, runnable: Runnable): void {
    if (this.#compiled.length >= MOST_COMPILED) this.#giveWay();
    script.runnable = runnable;
    this.#compiled.push(script);
  }

  #giveWay(): void {
    const used = this.#compiled.filter(({ isUsed }) => isUsed);
    // Where all are in use the older half gives way: few enough are compiled again for each new one.
    const kept = new Set(used.slice(Math.max(0, used.length - MOST_COMPILED / 2)));
    for (const script of this.#compiled) {
      if (!kept.has(script)) script.runnable = null;
      script.isUsed = false;
    }
    this.#compiled = [...kept];
  }

  clear(): void {
    this.#byText.clear();
    this.#bySha.clear();
    this.#compiled = [];
    this.#bytes = this.#declaredCount = 0;
  }
}
