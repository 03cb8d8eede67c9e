/** The command line: `miniredis [redis.conf] [--directive value ...] [-]`, in Redis' grammar. */

// @std/cli, named in full: a program that imports src/mod.ts needs no import map for it.
// deno-lint-ignore no-import-prefix
import { toLowerAscii } from "../base/ascii.ts";
import { parseArgs } from "npm:deno-std@1.4.0/cli/parse_args.js";
import { RUNTIME } from "../base/runtime.ts";
import { byteString } from "../base/span.ts";
import { quoteArgument } from "../base/split_arguments.ts";
import { Configuration } from "./configuration.ts";
import { DIRECTIVE_NAMES, directiveOf } from "./directives.ts";
import { COMMAND_LINE, ConfigError } from "./errors.ts";

/** The version of Redis that this server is taken for. */
export const REDIS_VERSION = "7.0.15";

/** Our own version. */
export const MINIREDIS_VERSION = "0.1.0";

/** What a command line asks for. */
export interface CommandLine {
  /** The redis.conf to load; null without one. */
  readonly configFile: string | null;
  /** Whether more configuration is to be read from the standard input. */
  readonly readsStandardInput: boolean;
  /** The flags, as lines of redis.conf. */
  readonly lines: readonly string[];
  readonly help: boolean;
  readonly version: boolean;
  /** Which file is to be checked, and how, where that is all that is asked for. */
  readonly check: FileCheck | null;
}

/** A check of a file: what `redis-check-aof` and `redis-check-rdb` do. */
export interface FileCheck {
  readonly kind: "aof" | "rdb";
  /** The arguments behind the flag, as byte strings. */
  readonly words: readonly string[];
}

/** The flags that ask for checks; they come first. */
const CHECKS: ReadonlyMap<string, FileCheck["kind"]> = new Map([
  ["--check-aof", "aof"],
  ["--check-rdb", "rdb"],
]);

/** Options of redis-server that are no directives and that we don't have. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["test-memory", "testing the machine's memory is not supported"],
  ["check-system", "checking the system is not supported"],
  ["sentinel", "Sentinel is not supported"],
]);

/**
 * Reads the arguments. Every directive is a flag, followed by as many values as it takes; a value may
 * begin with a minus. `--help`, `--version`, `-h` and `-v` count where a flag can stand. Throws ConfigError; whether directives and values are good is found out by loading them.
 *
 * @example
 * parseCommandLine(["my.conf", "--port", "7000", "--save", "900", "1"]).lines;
 * // ['port "7000"', 'save "900" "1"']
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  let configFile: string | null = null, readsStandardInput = false;
  const lines: string[] = [];
  const bytes = args.map((arg) => byteString(new TextEncoder().encode(arg)));
  const kind = CHECKS.get(bytes[0]);
  if (kind !== undefined) {
    const check = { kind, words: bytes.slice(1) };
    return { configFile, readsStandardInput, lines, help: false, version: false, check };
  }
  const found: { help?: unknown; version?: unknown } = parseArgs(joinValues(bytes), {
    boolean: ["help", "version"],
    alias: { help: "h", version: "v" },
    // Directives are no options to parseArgs: only so they are seen in order, and as often as they come.
    unknown(arg: string, directive?: string, value?: unknown): boolean {
      if (arg === "-") readsStandardInput = true;
      else if (directive === undefined) configFile = arg;
      else lines.push(toLine(directive, String(value)));
      return false;
    },
  });
  const help = found.help === true, version = found.version === true;
  return { configFile, readsStandardInput, lines, help, version, check: null };
}

function toLine(directive: string, values: string): string {
  const refused = REFUSED.get(toLowerAscii(directive));
  if (refused !== undefined) throw wrong(`--${directive}`, refused);
  return `${directive} ${values.trim()}`;
}

function wrong(argument: string, reason: string): ConfigError {
  return new ConfigError({ file: COMMAND_LINE, line: 0 }, argument, reason);
}

/**
 * The arguments with every flag and its values as one word, `--save= "900" "1"`, the form in which parseArgs
 * neither takes a value for a flag nor a flag for a value. Redis' rule: the word after a flag is its value
 * whatever it looks like, further ones are values until one begins with "--"; only `save` may do without.
 */
function joinValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  let wantsValue = false, isFlag = false;
  for (const [at, arg] of args.entries()) {
    const isFirst = at === 0, isLast = at === args.length - 1;
    if (isFirst && !arg.startsWith("-") || arg === "-" && (isFirst || isLast)) {
      joined.push(arg);
    } else if (!wantsValue && (arg === "--help" || arg === "--version")) {
      return [arg];
    } else if (!wantsValue && (arg === "-h" || arg === "-v") && (isFirst || endsHere(args, at))) {
      return [arg];
    } else if (!wantsValue && arg.startsWith("--")) {
      isFlag = true;
      const flag = joinFlag(arg, isLast || args[at + 1].startsWith("--"));
      if (flag === undefined) continue;
      joined.push(flag.word);
      wantsValue = flag.wantsValue;
    } else {
      if (!isFlag) throw wrong(arg, `directives are given as '--name value'${hint(args, at)}`);
      joined[joined.length - 1] += ` ${quoteArgument(arg)}`;
      wantsValue = false;
    }
  }
  return joined;
}

/** Whether no further value of a flag follows an argument. */
function endsHere(args: readonly string[], at: number): boolean {
  return at === args.length - 1 || args[at + 1].startsWith("--");
}

/** What short options of other programs are called here. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ["p", "port"],
  ["a", "requirepass"],
  ["s", "unixsocket"],
  ["d", "dir"],
]);

/** What may be meant by an argument that is not a flag where one has to be. */
function hint(args: readonly string[], at: number): string {
  const [, dashes, word] = /^(-?)(.*)$/s.exec(args[at]) ?? ["", "", ""];
  if (dashes === "") return "";
  const wanted = SHORT.get(word) ?? word;
  const name = DIRECTIVE_NAMES.find((one) => one === wanted);
  if (name === undefined) return "";
  const value = at + 1 === args.length || directiveOf(name).sensitive ? "" : ` ${args[at + 1]}`;
  return `; did you mean '--${name}${value}'?`;
}

/** A flag without the values that follow it; undefined for a bare "--", which Redis passes over. */
function joinFlag(
  arg: string,
  nothingFollows: boolean,
): { word: string; wantsValue: boolean } | undefined {
  const [, name, values] = /^--(\S*)\s*(.*)$/s.exec(arg) ?? ["", "", ""];
  if (name === "" && values === "") return undefined;
  if (name === "") throw wrong(arg, "directives are given as '--name value'");
  const equals = name.indexOf("=");
  if (equals >= 0) {
    throw wrong(arg, `give the value as a word of its own: '--${name.replace("=", " ")}'`);
  }
  const isEmptySave = values === "" && nothingFollows && toLowerAscii(name) === "save";
  // parseArgs takes `--no-x=value` for x, and so `--no-no-x=value` for no-x.
  const flag = name.startsWith("no-") ? `no-${name}` : name;
  return {
    // The space makes a value of none, so that parseArgs never looks for one further on.
    word: `--${flag}= ${isEmptySave ? '""' : values}`,
    wantsValue: values === "" && !isEmptySave,
  };
}

/**
 * The configuration that a command line asks for: the defaults, then the file, the standard input and the
 * flags, each overriding what came before. Throws ConfigError.
 */
export function configurationFrom(
  commandLine: CommandLine,
  readStandardInput: () => string = readAllOfStandardInput,
): Configuration {
  const configuration = new Configuration();
  if (commandLine.configFile !== null) configuration.loadFile(commandLine.configFile);
  if (commandLine.readsStandardInput) {
    configuration.loadText(readStandardInput(), "standard input");
  }
  configuration.loadCommandLine(commandLine.lines);
  configuration.finishLoading();
  return configuration;
}

function readAllOfStandardInput(): string {
  const buffer = new Uint8Array(16 * 1024);
  let text = "";
  for (;;) {
    const count = Deno.stdin.readSync(buffer);
    if (count === null) return text;
    text += byteString(buffer, 0, count);
  }
}

/** What --version prints: Redis' line, of which scripts take the third word, and who it really is. */
export function versionText(): string {
  return `Redis server v=${REDIS_VERSION} sha=00000000:0 malloc=libc bits=64 build=0 ` +
    `miniredis=${MINIREDIS_VERSION} ${RUNTIME.name}=${RUNTIME.version}`;
}

/** What --help prints. */
export function helpText(): string {
  return `miniredis, a server that Redis clients take for Redis ${REDIS_VERSION}

Usage: miniredis [/path/to/redis.conf] [--directive value ...] [-]
       miniredis --check-aof [--fix] <file.manifest|file.aof>
       miniredis --check-rdb <file.rdb>

  -                 also read configuration from the standard input
  -h, --help        show this text
  -v, --version     show the version
  --check-aof       say whether an append-only file is right, as redis-check-aof does; with --fix, cut off its end
  --check-rdb       say whether an RDB file is right, as redis-check-rdb does

Examples:
  miniredis --port 7000 --dir ./data --appendonly yes
  miniredis /etc/redis/redis.conf --daemonize no --loglevel verbose
  echo 'maxmemory 128mb' | miniredis -

Every directive of redis.conf is also a flag; flags override the file. With their defaults:

${directiveHelp()}`;
}

function directiveHelp(): string {
  const lines: string[] = [];
  for (const name of DIRECTIVE_NAMES) {
    const { type, initial, hidden, meaningless, fixed } = directiveOf(name);
    if (hidden || meaningless !== undefined || fixed !== undefined) continue;
    const value = name === "dir" ? "where it is started" : type.format(initial);
    lines.push(`  --${name} ${type.placeholder}${value === "" ? "" : `  (${value})`}\n`);
  }
  return lines.join("");
}
