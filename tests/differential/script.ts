/** The language of the differential scripts; README.md beside this file is its manual. */

import { splitArguments } from "../support/quoting.ts";

/** A mask with its argument text and the part of the reply that it applies to. */
export interface Mask {
  readonly name: string;
  readonly argument: string;
  /** Child positions; `*` is every child. Empty for the whole reply. */
  readonly path: readonly string[];
}

/** What one line of a script does. */
export type Action =
  | { readonly kind: "command"; readonly args: readonly string[]; readonly repeat: number }
  | { readonly kind: "send"; readonly args: readonly string[] }
  | { readonly kind: "read" }
  | { readonly kind: "closed" }
  | { readonly kind: "half-close" }
  | { readonly kind: "raw"; readonly bytes: string }
  | { readonly kind: "scan"; readonly args: readonly string[] }
  | { readonly kind: "wait-for"; readonly reply: string; readonly args: readonly string[] }
  | {
    readonly kind: "wait-with";
    readonly words: readonly string[];
    readonly args: readonly string[];
  }
  | { readonly kind: "wait-blocked"; readonly clients: number }
  | { readonly kind: "hold-background"; readonly holds: boolean }
  | { readonly kind: "sleep"; readonly milliseconds: number };

/** One line of a script. */
export interface Step {
  readonly line: number;
  readonly source: string;
  readonly connection: number;
  readonly masks: readonly Mask[];
  readonly capture?: string;
  readonly action: Action;
}

/** `multi`: MULTI and EXEC around commands; `order`: the order of the commands. */
export type AofMask = "multi" | "order";

/** What a script asks for before it begins. */
export interface Settings {
  readonly requires: readonly string[];
  readonly config: readonly (readonly [string, string])[];
  readonly start: Readonly<Record<string, string>>;
  readonly protocols: readonly (2 | 3)[];
  readonly skipAof?: string;
  /** What the comparison of the AOFs leaves out of account. */
  readonly aofMasks: readonly AofMask[];
  readonly skipKeyspace?: string;
}

/** One script: the lines from `===` to the next. */
export interface Script {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly settings: Settings;
  readonly steps: readonly Step[];
}

const MASK_NAMES = new Set([
  "within",
  "number",
  "one-of",
  "words",
  "distinct",
  "unordered",
  "pairs",
  "fields",
  "error-code",
  "help",
  "monitor",
  "type",
]);

/** Parses a script file. Throws with `file:line` on anything that the language doesn't have. */
export function parseScripts(file: string, text: string): Script[] {
  const scripts: Script[] = [];
  let common = emptySettings();
  let current: { line: number; name: string; settings: Settings; steps: Step[] } | undefined;
  const finish = () => {
    if (current) scripts.push({ file, ...current });
  };
  text.split("\n").forEach((source, index) => {
    const line = index + 1;
    const trimmed = source.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return;
    try {
      if (trimmed.startsWith("===")) {
        finish();
        current = { line, name: trimmed.slice(3).trim(), settings: common, steps: [] };
        return;
      }
      const settings = parseSetting(trimmed, current?.settings ?? common);
      if (settings && !current) common = settings;
      else if (settings && current!.steps.length > 0) {
        throw new Error("this directive must stand before the first command");
      } else if (settings) current!.settings = settings;
      else if (!current) throw new Error("a script begins with ===");
      else current.steps.push(parseStep(trimmed, line));
    } catch (error) {
      throw new Error(`${file}:${line}: ${(error as Error).message}`, { cause: error });
    }
  });
  finish();
  return scripts;
}

function emptySettings(): Settings {
  return { requires: [], config: [], start: {}, protocols: [2, 3], aofMasks: [] };
}

function parseSetting(line: string, before: Settings): Settings | undefined {
  const [name, ...values] = line.startsWith("!") ? splitArguments(line) : [""];
  switch (name) {
    case "!requires":
      return { ...before, requires: [...before.requires, ...values.map((v) => v.toLowerCase())] };
    case "!config":
      if (values.length !== 2) throw new Error("!config name value");
      return { ...before, config: [...before.config, [values[0], values[1]]] };
    case "!start":
      if (values.length !== 2) throw new Error("!start name value");
      return { ...before, start: { ...before.start, [values[0]]: values[1] } };
    case "!resp2-only":
      return { ...before, protocols: [2] };
    case "!resp3-only":
      return { ...before, protocols: [3] };
    case "!no-aof":
      if (values.length === 0) throw new Error("!no-aof needs a reason");
      return { ...before, skipAof: values.join(" ") };
    case "!aof-mask": {
      const [mask, ...reason] = values;
      if (mask !== "multi" && mask !== "order") throw new Error("!aof-mask multi|order reason");
      if (reason.length === 0) throw new Error("!aof-mask needs a reason");
      return { ...before, aofMasks: [...before.aofMasks, mask] };
    }
    case "!no-keyspace":
      if (values.length === 0) throw new Error("!no-keyspace needs a reason");
      return { ...before, skipKeyspace: values.join(" ") };
    default:
      return undefined;
  }
}

function parseStep(source: string, line: number): Step {
  let rest = source;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const match = pattern.exec(rest);
    if (match) rest = rest.slice(match[0].length);
    return match;
  };
  const connection = Number(take(/^@(\d+)\s+/)?.[1] ?? 1);
  const masks: Mask[] = [];
  for (;;) {
    const match = take(/^~([a-z-]+)(?:\(([^)]*)\))?(?:\/(\S+))?\s+/);
    if (!match) break;
    if (!MASK_NAMES.has(match[1])) throw new Error(`no mask is called ${match[1]}`);
    masks.push({ name: match[1], argument: match[2] ?? "", path: match[3]?.split("/") ?? [] });
  }
  const capture = take(/^=(\w+)\s+/)?.[1];
  return { line, source, connection, masks, capture, action: parseAction(rest) };
}

function parseAction(rest: string): Action {
  if (rest === "<") return { kind: "read" };
  if (rest === "<closed") return { kind: "closed" };
  if (rest.startsWith("& ")) return { kind: "send", args: some(splitArguments(rest.slice(2))) };
  const words = splitArguments(rest);
  if (words.length === 0) throw new Error("a command is missing");
  const [name, ...values] = words;
  switch (name) {
    case "!repeat":
      return { kind: "command", repeat: count(values[0]), args: some(values.slice(1)) };
    case "!scan":
      return { kind: "scan", args: some(values) };
    case "!wait-for":
      return { kind: "wait-for", reply: values[0], args: some(values.slice(1)) };
    case "!wait-with":
      return { kind: "wait-with", words: values[0].split(" "), args: some(values.slice(1)) };
    case "!wait-blocked":
      return { kind: "wait-blocked", clients: count(values[0]) };
    case "!raw":
      if (values.length !== 1) throw new Error("!raw takes one argument");
      return { kind: "raw", bytes: values[0] };
    case "!hold-background":
      return { kind: "hold-background", holds: true };
    case "!release-background":
      return { kind: "hold-background", holds: false };
    case "!half-close":
      return { kind: "half-close" };
    case "!sleep":
      return { kind: "sleep", milliseconds: count(values[0]) };
  }
  if (name.startsWith("!")) throw new Error(`no directive is called ${name}`);
  return { kind: "command", repeat: 1, args: words };
}

function some(args: string[]): string[] {
  if (args.length === 0) throw new Error("a command is missing");
  return args;
}

function count(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text)) throw new Error("a number is missing");
  return Number(text);
}

/** What placeholders in arguments stand for. */
export interface Placeholders {
  /** What `=name` kept on this server. */
  readonly captured: ReadonlyMap<string, string>;
  /** The counter of `!repeat`. */
  readonly index: number;
  /** The time of the line in ms, the same for both servers. */
  readonly now: number;
}

/** Replaces the placeholders in an argument; braces that are none stay as they are. */
export function expand(argument: string, values: Placeholders): string {
  if (!argument.includes("{")) return argument;
  return argument.replace(/\{([^{}]*)\}/g, (whole, inner: string) => {
    const repeated = /^([^]+)\*(\d+)$/.exec(inner);
    if (repeated) return repeated[1].repeat(Number(repeated[2]));
    const time = /^now(ms)?([+-]\d+)?$/.exec(inner);
    if (time) {
      const now = time[1] ? values.now : Math.floor(values.now / 1000);
      return String(now + Number(time[2] ?? 0));
    }
    const counter = /^i(?:%(\d+))?$/.exec(inner);
    if (counter) return String(counter[1] ? values.index % Number(counter[1]) : values.index);
    return values.captured.get(inner) ?? whole;
  });
}
