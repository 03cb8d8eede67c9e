/** The scripts that are kept: by their texts and by their SHA-1. */

import { toLowerAscii } from "../base/ascii.ts";
import { hexOf } from "../base/hex.ts";
import { sha1 } from "../base/sha1.ts";
import { bytesOf } from "../base/span.ts";
import { ScriptFlag } from "./script_flags.ts";
import type { Runnable } from "./script_runner.ts";

/** What a script takes beside its text, about, in bytes. */
const SCRIPT_COST = 100;
/** How many scripts that are called again and again are kept compiled, each of which takes some 8 KB, at most. */
const MOST_COMPILED = 1000;
/**
 * How many new ones are kept compiled until they are called again, which most texts that programs put values into
 * never are: few enough for what was compiled to be gone before the collector moves it to where it stays for long.
 */
const MOST_NEW = 64;

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
  /** How often it was called since others were last looked for that are not. */
  calls: number;
  /** Whether it was compiled before. */
  isKnown: boolean;
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
  /** Those that were compiled for the first time, the oldest at `#oldestNew`, while they are new. */
  #new: Script[] = [];
  #oldestNew = 0;
  #bytes = 0;
  #declaredCount = 0;

  /** How many there are. */
  get size(): number {
    return this.#bySha.size;
  }

  /** How many of them are compiled. */
  get compiledCount(): number {
    return this.#compiled.length + this.#new.length;
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

  /** A script that is kept was compiled: ones that were not called of late give way. */
  setRunnable(script: Script, runnable: Runnable): void {
    script.runnable = runnable;
    if (script.isKnown) this.#keepCompiled(script);
    else this.#addNew(script);
    script.isKnown = true;
  }

  #addNew(script: Script): void {
    if (this.#new.length < MOST_NEW) {
      this.#new.push(script);
      return;
    }
    const oldest = this.#new[this.#oldestNew];
    this.#new[this.#oldestNew] = script;
    this.#oldestNew = (this.#oldestNew + 1) % MOST_NEW;
    if (oldest.calls > 1) this.#keepCompiled(oldest);
    else oldest.runnable = null;
  }

  #keepCompiled(script: Script): void {
    if (this.#compiled.length >= MOST_COMPILED) this.#giveWay();
    this.#compiled.push(script);
  }

  #giveWay(): void {
    const used = this.#compiled.filter(({ calls }) => calls > 0);
    // Where all are in use the older half gives way: few enough are compiled again for each new one.
    const kept = new Set(used.slice(Math.max(0, used.length - MOST_COMPILED / 2)));
    for (const script of this.#compiled) {
      if (!kept.has(script)) script.runnable = null;
      script.calls = 0;
    }
    this.#compiled = [...kept];
  }

  clear(): void {
    this.#byText.clear();
    this.#bySha.clear();
    this.#compiled = [];
    this.#new = [];
    this.#oldestNew = 0;
    this.#bytes = this.#declaredCount = 0;
  }
}
