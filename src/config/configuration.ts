/** The values of all directives: read by the whole server, loaded at start, changed by CONFIG SET. */

import { toLowerAscii } from "../base/ascii.ts";
import { untilNul } from "../base/c_string.ts";
import { LOADING, ReplyError, SYNTAX_ERROR } from "../base/errors.ts";
import { matchGlob } from "../base/glob.ts";
import { Span } from "../base/span.ts";
import { splitArguments } from "../base/split_arguments.ts";
import { DEBUG_DEFAULTS, type DebugSettings } from "./debug_settings.ts";
import {
  DIRECTIVE_NAMES,
  type DirectiveName,
  directiveOf,
  findDirective,
  type Settings,
  type ValueOf,
} from "./directives.ts";
import { COMMAND_LINE, ConfigError, type Place, systemErrorText, ValueError } from "./errors.ts";
import { absolutePath, currentDirectory, readByteString } from "./paths.ts";
import { type ConfigLine, ConfigReader } from "./read_lines.ts";
import { rewriteText } from "./rewrite.ts";
import { nearestDirective } from "./suggestion.ts";
import type { Setting } from "./value_type.ts";

const NO_CONFIG_FILE = new ReplyError("ERR The server is running without a config file");

/**
 * Is told of a change after all values of one CONFIG SET are in place. It refuses by throwing a ValueError
 * (the reason, put into Redis' frame) or a ReplyError (the whole reply): then everything is set back, and
 * the hooks that had run are called again with the old values.
 */
export type ChangeHook<T> = (value: T, previous: T) => void | Promise<void>;

/** Who runs CONFIG SET, as far as it matters. */
export interface ApplyOptions {
  /** The dataset is being loaded: a few directives can't be changed now. */
  readonly loading?: boolean;
  /** The client comes from this machine, for `enable-protected-configs local`. */
  readonly local?: boolean;
}

/** A `rename-command` of a configuration file. */
export interface RenamedCommand {
  readonly from: string;
  /** The new name; "" removes the command. */
  readonly to: string;
  readonly place: Place;
}

/** A `user` line of a configuration file. */
export interface UserLine {
  readonly name: string;
  readonly rules: readonly string[];
  readonly place: Place;
}

/** What there is to say about a directive that was given and does less here than in Redis. */
export interface DirectiveRemark {
  readonly name: DirectiveName;
  readonly text: string;
}

/** Puts the bytes of a rewritten file in place of the old one, atomically. Throws what Deno throws. */
export type FileWriter = (path: string, text: string) => void;

interface Change {
  readonly name: DirectiveName;
  /** The name or alias that was used. */
  readonly lower: string;
  readonly before: Setting<unknown>;
}

/**
 * All directives of one server. `settings` is what other rooms read, as often as they like: it stays the
 * same object with the same properties, so a read is a plain property read.
 *
 * At start: `loadFile`, `loadText` and `loadCommandLine` in that order, later ones overriding earlier ones,
 * then `finishLoading`. All four throw ConfigError.
 *
 * @example
 * const configuration = new Configuration();
 * configuration.loadCommandLine(["port 7000"]);
 * configuration.finishLoading();
 * configuration.settings.port; // 7000
 * configuration.onChange("port", (port) => listenOn(port));
 */
export class Configuration {
  /** The value of every directive, by its (newer) name; and what DEBUG sets. */
  readonly settings: Readonly<Settings & DebugSettings>;
  /** The absolute path of the redis.conf that CONFIG REWRITE writes; null without one. */
  configFile: string | null = null;
  /** What `rename-command` asks for; the command registry has to do it, or to refuse. */
  readonly renamedCommands: RenamedCommand[] = [];
  /** The `user` lines, each of another user; the access rules have to make the users, or to refuse. */
  readonly userLines: UserLine[] = [];

  readonly #values: Record<string, unknown>;
  readonly #texts = new Map<DirectiveName, string>();
  readonly #initial = new Map<DirectiveName, Setting<unknown>>();
  readonly #given = new Map<DirectiveName, { place: Place; written: string }>();
  readonly #hooks = new Map<DirectiveName, ChangeHook<unknown>[]>();

  /** With all defaults. `directory` is where relative paths start and what `dir` is at first. */
  constructor(directory: string = currentDirectory()) {
    for (const name of DIRECTIVE_NAMES) {
      const { type, initial } = directiveOf(name);
      const value = name === "dir" ? directory : initial;
      const setting = { value, text: type.format(value) };
      this.#initial.set(name, setting);
      this.#texts.set(name, setting.text);
    }
    // Made in one go, an object of so many properties has a fixed shape; filled one by one, it has not.
    this.#values = Object.fromEntries([
      ...Array.from(this.#initial, ([name, setting]) => [name, setting.value]),
      ...Object.entries(DEBUG_DEFAULTS),
    ]);
    this.settings = this.#values as Readonly<Settings & DebugSettings>;
  }

  /** Reads a redis.conf and remembers it as the file that CONFIG REWRITE writes. */
  loadFile(path: string): void {
    const absolute = absolutePath(path, this.settings.dir);
    let text: string;
    try {
      text = readByteString(absolute);
    } catch (error) {
      throw new ConfigError(
        { file: path, line: 0 },
        "",
        `can't open config file: ${systemErrorText(error)}`,
      );
    }
    this.configFile = absolute;
    this.loadText(text, path);
  }

  /** Reads the text of a redis.conf; `fileName` is for error messages. */
  loadText(text: string, fileName: string): void {
    this.#reader().readText(text, fileName);
  }

  /** Reads directives that were given as flags: lines as redis.conf has them. */
  loadCommandLine(lines: readonly string[]): void {
    const reader = this.#reader();
    for (const line of lines) reader.readLine(line, { file: COMMAND_LINE, line: 0 });
  }

  #reader(): ConfigReader {
    return new ConfigReader({
      directory: () => this.settings.dir,
      set: (line) => this.#load(line),
      renameCommand: (from, to, place) => void this.renamedCommands.push({ from, to, place }),
      addUser: (name, rules, place) => this.#addUser({ name, rules, place }),
    });
  }

  #addUser(line: UserLine): void {
    if (this.userLines.some(({ name }) => name === line.name)) {
      const reason =
        `Error in user declaration '${line.name}': Duplicate user found. A user can only ` +
        "be defined once in config files";
      throw new ConfigError(line.place, "user", reason);
    }
    this.userLines.push(line);
  }

  #load({ written, words, place }: ConfigLine): void {
    const name = findDirective(written);
    if (name === undefined) {
      const meant = nearestDirective(written);
      const hint = meant === undefined ? "" : `; did you mean '${meant}'?`;
      throw new ConfigError(place, written, `Bad directive or wrong number of arguments${hint}`);
    }
    try {
      const one = words.length === 1 && words[0] !== "" && directiveOf(name).type.manyWords;
      const split = one ? splitArguments(words[0]) : words;
      if (split === null) throw new ValueError("Unbalanced quotes in configuration line");
      this.#parse(name, split, this.#given.has(name));
    } catch (error) {
      if (error instanceof ValueError) throw new ConfigError(place, written, error.message);
      throw error;
    }
    this.#given.set(name, { place, written });
  }

  /**
   * To be called when everything is loaded. Throws for values that ask for what this server doesn't do:
   * only now, because a later line or a flag may have taken back an earlier one.
   */
  finishLoading(): void {
    for (const [name, { place, written }] of this.#given) {
      const reason = this.#refusal(name);
      if (reason !== undefined) throw new ConfigError(place, written, reason);
    }
  }

  /** Why the present value of a directive can't be had, if that is so. */
  #refusal(name: DirectiveName): string | undefined {
    const isDefault = this.textOf(name) === this.#initial.get(name)?.text;
    return isDefault ? undefined : directiveOf(name).fixed;
  }

  /** What there is to say of the directives that were given at start, once in the log. */
  remarks(): DirectiveRemark[] {
    return Array.from(this.#given.keys()).flatMap((name) => {
      const text = remarkOn(name);
      return text === null ? [] : [{ name, text }];
    });
  }

  /** Whether the files or flags gave this directive. */
  isGiven(name: DirectiveName): boolean {
    return this.#given.has(name);
  }

  /** Where a directive was given at start; undefined if it wasn't. */
  placeOf(name: DirectiveName): Place | undefined {
    return this.#given.get(name)?.place;
  }

  /** The text that CONFIG GET shows for a directive. */
  textOf(name: DirectiveName): string {
    return this.#texts.get(name) ?? "";
  }

  /** Registers what has to happen when CONFIG SET changes a value. Hooks run in the order of the arguments. */
  onChange<N extends DirectiveName>(name: N, hook: ChangeHook<ValueOf<N>>): void {
    const hooks = this.#hooks.get(name) ?? [];
    hooks.push(hook as ChangeHook<unknown>);
    this.#hooks.set(name, hooks);
  }

  /** Sets a value from inside the server (a limit adapted to the machine, a free port); runs no hooks. */
  assign<N extends DirectiveName>(name: N, value: ValueOf<N>): void {
    this.#store(name, { value, text: directiveOf(name).type.format(value) });
  }

  /** DEBUG: sets a value that is no directive's. */
  assignDebug<N extends keyof DebugSettings>(name: N, value: DebugSettings[N]): void {
    this.#values[name] = value;
  }

  /** CONFIG GET: names and values for patterns, each directive once, under the name that was asked for. */
  get(patterns: readonly string[]): [name: string, value: string][] {
    const found = new Map<string, [string, string]>();
    for (const pattern of patterns) {
      if (!/[*?[]/.test(pattern)) {
        const lower = toLowerAscii(pattern), name = findDirective(lower);
        if (name !== undefined && !found.has(lower)) found.set(lower, [pattern, this.textOf(name)]);
        continue;
      }
      const span = Span.ofString(pattern);
      for (const name of DIRECTIVE_NAMES) {
        const { alias, hidden, own } = directiveOf(name);
        if (hidden || own && this.textOf(name) === this.#initial.get(name)?.text) continue;
        for (const shown of alias === undefined ? [name] : [name, alias]) {
          if (found.has(shown) || !matchGlob(span, Span.ofString(shown), true)) continue;
          found.set(shown, [shown, this.textOf(name)]);
        }
      }
    }
    return Array.from(found.values());
  }

  /**
   * CONFIG SET: sets all pairs or none. `words` are names and values by turns. What is returned, if anything,
   * resolves when they have taken effect. Throws, or rejects with, ReplyError with Redis' text.
   */
  apply(words: readonly string[], options: ApplyOptions = {}): void | Promise<void> {
    if (words.length % 2 === 1) throw SYNTAX_ERROR;
    const targets = this.#checkTargets(words, options);
    const changes: Change[] = [];
    try {
      for (const [at, { name, lower }] of targets.entries()) {
        const before = this.#settingOf(name);
        blaming(lower, () => this.#change(name, words[2 * at + 1]));
        const isChanged = this.textOf(name) !== before.text;
        if (isChanged || directiveOf(name).reapplied) changes.push({ name, lower, before });
      }
    } catch (error) {
      this.#restore(changes);
      throw error;
    }
    return this.#runHooks(changes);
  }

  #checkTargets(
    words: readonly string[],
    options: ApplyOptions,
  ): { name: DirectiveName; lower: string }[] {
    const targets: { name: DirectiveName; lower: string }[] = [];
    for (let at = 0; at < words.length; at += 2) {
      const written = words[at], lower = toLowerAscii(written), name = findDirective(lower);
      if (name === undefined) {
        throw new ReplyError(
          `ERR Unknown option or number of arguments for CONFIG SET - '${untilNul(written)}'`,
        );
      }
      const { immutable, protected: isProtected, deniedWhileLoading } = directiveOf(name);
      if (immutable) throw failure(written, "can't set immutable config");
      if (isProtected && !this.#mayChangeProtected(options)) {
        throw failure(written, "can't set protected config");
      }
      if (options.loading && deniedWhileLoading) throw LOADING;
      if (targets.some((target) => target.lower === lower)) {
        throw failure(written, "duplicate parameter");
      }
      targets.push({ name, lower });
    }
    return targets;
  }

  #mayChangeProtected(options: ApplyOptions): boolean {
    const allowed = this.settings["enable-protected-configs"];
    return allowed === "yes" || allowed === "local" && options.local === true;
  }

  #change(name: DirectiveName, text: string): void {
    const { type, adjustOnSet } = directiveOf(name);
    // Unlike the words of a file, those of CONFIG SET are separated by exactly one space.
    const words = !type.manyWords ? [text] : text === "" ? [] : text.split(" ");
    const before = this.#settingOf(name);
    this.#parse(name, words, false);
    const reason = this.#refusal(name);
    if (reason !== undefined) {
      this.#store(name, before);
      throw new ValueError(reason);
    }
    if (adjustOnSet !== undefined) this.#adjust(name, adjustOnSet);
  }

  #runHooks(changes: readonly Change[]): void | Promise<void> {
    let count = 0;
    const run = ({ name, lower, before }: Change) => {
      count++;
      return blaming(lower, () => this.#runHooksOf(name, before.value));
    };
    return orElse(() => inOrder(changes, run), (error) => {
      const refused = changes.slice(0, count).map((change) => ({
        ...change,
        value: this.settings[change.name],
      }));
      this.#restore(changes);
      const undo = ({ name, value }: typeof refused[number]) => this.#runHooksOf(name, value);
      const work = inOrder(refused.reverse(), undo);
      if (work === undefined) throw error;
      return work.then(() => {
        throw error;
      });
    });
  }

  #runHooksOf(name: DirectiveName, previous: unknown): void | Promise<void> {
    const hooks = this.#hooks.get(name) ?? [];
    return inOrder(hooks, (hook) => hook(this.settings[name], previous));
  }

  #restore(changes: readonly Change[]): void {
    for (let at = changes.length - 1; at >= 0; at--) {
      this.#store(changes[at].name, changes[at].before);
    }
  }

  #parse(name: DirectiveName, words: readonly string[], repeated: boolean): void {
    const { type, adjust } = directiveOf(name);
    const current = this.settings[name], currentText = this.textOf(name);
    const directory = this.settings.dir;
    const seen = type.holdsNul ? words : words.map(untilNul);
    this.#store(name, type.parse(seen, { current, currentText, repeated, directory }));
    if (adjust !== undefined) this.#adjust(name, adjust);
  }

  #adjust(name: DirectiveName, adjust: (value: unknown) => unknown): void {
    const value = this.settings[name], adjusted = adjust(value);
    if (adjusted === value) return;
    this.#store(name, { value: adjusted, text: directiveOf(name).type.format(adjusted) });
  }

  #store(name: DirectiveName, setting: Setting<unknown>): void {
    this.#values[name] = setting.value;
    this.#texts.set(name, setting.text);
  }

  #settingOf(name: DirectiveName): Setting<unknown> {
    return { value: this.settings[name], text: this.textOf(name) };
  }

  /**
   * Remembers the present values. What is returned sets back those that were changed since, and has the hooks
   * of `onChange` told; it throws what those throw.
   */
  remember(): () => Promise<void> {
    const values = { ...this.#values }, texts = new Map(this.#texts);
    return () => {
      const changes: Change[] = [];
      for (const name of DIRECTIVE_NAMES) {
        const text = texts.get(name) ?? "";
        if (text === this.textOf(name)) continue;
        changes.push({ name, lower: name, before: this.#settingOf(name) });
        this.#store(name, { value: values[name], text });
      }
      for (const name of Object.keys(DEBUG_DEFAULTS)) this.#values[name] = values[name];
      // Each by itself: what takes its time holds nothing up, and what can't be had again takes nothing along.
      const works = changes.map((change) => this.#runHooks([change]));
      return Promise.all(works).then(() => {});
    };
  }

  /**
   * CONFIG REWRITE: the file's present text with the values of now, handed to `write` to be put in place.
   * `userLines` are the access rules' lines ("default on nopass ..."); without them, those of the file stay.
   * Directives with their default values are added only where `everything` is wanted.
   * Throws ReplyError.
   */
  rewrite(write: FileWriter, userLines?: readonly string[], everything = false): void {
    if (this.configFile === null) throw NO_CONFIG_FILE;
    try {
      write(this.configFile, this.#rewritten(this.configFile, userLines, everything));
    } catch (error) {
      throw new ReplyError(`ERR Rewriting config file: ${systemErrorText(error)}`);
    }
  }

  #rewritten(path: string, userLines: readonly string[] | undefined, everything: boolean): string {
    let text = "";
    try {
      text = readByteString(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const linesOf = (name: DirectiveName) => {
      // Whose replica a node of a cluster is, nodes.conf keeps.
      if (name === "replicaof" && this.settings["cluster-enabled"]) return [];
      const initial = this.#initial.get(name) ?? this.#settingOf(name);
      return directiveOf(name).type.rewrite(this.#settingOf(name), initial);
    };
    return rewriteText(text, linesOf, userLines, everything);
  }
}

/** What a user has to be told of a directive that does less here than in Redis; null: nothing. */
export function remarkOn(name: DirectiveName): string | null {
  const { meaningless, partial } = directiveOf(name);
  if (meaningless !== undefined) return `The directive '${name}' has no effect: ${meaningless}`;
  return partial === undefined
    ? null
    : `The directive '${name}' has less effect than in Redis: ${partial}`;
}

function failure(name: string, reason: string): ReplyError {
  return new ReplyError(
    `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`,
  );
}

/** Runs `action` and puts the reason of a ValueError into the error reply that blames `name`. */
function blaming(name: string, action: () => void | Promise<void>): void | Promise<void> {
  return orElse(action, (error) => {
    if (error instanceof ValueError) throw failure(name, error.message);
    throw error;
  });
}

/** Runs `action`, and `failed` where that throws or rejects; what takes no time at all is done on return. */
function orElse(
  action: () => void | Promise<void>,
  failed: (error: unknown) => void | Promise<void>,
): void | Promise<void> {
  try {
    const work = action();
    return work instanceof Promise ? work.catch(failed) : undefined;
  } catch (error) {
    return failed(error);
  }
}

/** Acts on one item after the other; what takes no time at all is done on return. */
function inOrder<T>(
  items: readonly T[],
  act: (item: T) => void | Promise<void>,
): void | Promise<void> {
  for (const [at, item] of items.entries()) {
    const work = act(item);
    // A hook may be a function whose result means nothing.
    if (work instanceof Promise) return work.then(() => inOrder(items.slice(at + 1), act));
  }
}
