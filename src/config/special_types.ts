/** The types that belong to one directive or two, each with a grammar of its own. */

import { untilNul } from "../base/c_string.ts";
import { toLowerAscii } from "../base/ascii.ts";
import { parseDouble } from "../base/numbers.ts";
import { bytesOf } from "../base/span.ts";
import { quoteArgument } from "../base/split_arguments.ts";
import { NOT_OPENABLE, systemErrorText, ValueError } from "./errors.ts";
import { absolutePath, bytePath, isOpenable, systemPath } from "./paths.ts";
import {
  findName,
  parseMemory,
  type RewriteLine,
  type ValueType,
  writeMemory,
} from "./value_type.ts";

/** A rule of `save`: a snapshot is due after `seconds` if there were at least `changes`. */
export interface SaveRule {
  readonly seconds: number;
  readonly changes: number;
}

const INT64_MAX = 9223372036854775807n;

/** What C's `strtoll` makes of a whole word, or undefined; the empty word is 0. */
function looseInteger(word: string): bigint | undefined {
  const match = /^[ \t\n\v\f\r]*([+-]?)([0-9]+)$/.exec(word);
  if (match === null) return word === "" ? 0n : undefined;
  const size = BigInt(match[2]);
  if (match[1] === "-") return size > INT64_MAX ? -INT64_MAX - 1n : -size;
  return size > INT64_MAX ? INT64_MAX : size;
}

/** Whether the words are a single empty one, which stands for none in a file. */
function isEmpty(words: readonly string[]): boolean {
  return words.length === 0 || words.length === 1 && words[0] === "";
}

/** `save`: pairs of seconds and changes. In a file, each further line adds to the ones before. */
export const SAVE_RULES: ValueType<readonly SaveRule[]> = {
  placeholder: "<seconds> <changes> ...",
  manyWords: true,
  parse(words, { current, currentText, repeated }) {
    if (isEmpty(words)) return { value: [], text: "" };
    if (words.length % 2 === 1) throw new ValueError("Invalid save parameters");
    const value = repeated ? [...current] : [];
    const texts = value.length > 0 ? [currentText] : [];
    for (let at = 0; at < words.length; at += 2) {
      const seconds = looseInteger(words[at]), changes = looseInteger(words[at + 1]);
      if (seconds === undefined || seconds < 1n || changes === undefined || changes < 0n) {
        throw new ValueError("Invalid save parameters");
      }
      const stored = BigInt.asIntN(32, changes);
      value.push({ seconds: Number(seconds), changes: Number(stored) });
      texts.push(`${seconds} ${stored}`);
    }
    return { value, text: texts.join(" ") };
  },
  format: (rules) => rules.map(({ seconds, changes }) => `${seconds} ${changes}`).join(" "),
  rewrite({ text }) {
    if (text === "") return [{ words: '""', needed: true }];
    const pairs = text.match(/\S+ \S+/g) ?? [];
    return pairs.map((words) => ({ words, needed: true }));
  },
};

const MAX_BIND_ADDRESSES = 16;

/** `bind`: addresses; one that begins with "-" may be missing on this machine. */
export const ADDRESSES: ValueType<readonly string[]> = {
  placeholder: "<address> ...",
  manyWords: true,
  // A word of NUL alone is an address, which nothing has, where an empty one stands for none.
  holdsNul: true,
  parse(words) {
    if (words.length > MAX_BIND_ADDRESSES) {
      throw new ValueError("Too many bind addresses specified.");
    }
    const value = isEmpty(words) ? [] : words.map(untilNul);
    return { value, text: value.join(" ") };
  },
  format: (value) => value.join(" "),
  // As in Redis, the default leaves no line.
  rewrite({ text }, initial) {
    return text === initial.text ? [] : [{ words: text === "" ? '""' : text, needed: true }];
  },
};

/** How much unsent output a client may have: 0 is no limit. */
export interface OutputBufferLimit {
  /** Bytes at which the client is closed at once. */
  readonly hard: number;
  /** Bytes at which it is closed when it stays above them for `seconds`. */
  readonly soft: number;
  readonly seconds: number;
}

/** `client-output-buffer-limit`, by class of client. */
export interface OutputBufferLimits {
  readonly normal: OutputBufferLimit;
  readonly replica: OutputBufferLimit;
  readonly pubsub: OutputBufferLimit;
}

const CLIENT_CLASSES = ["normal", "replica", "pubsub"] as const;

function findClientClass(word: string): (typeof CLIENT_CLASSES)[number] | undefined {
  const lower = toLowerAscii(word);
  return CLIENT_CLASSES.find((name) => name === (lower === "slave" ? "replica" : lower));
}

/** Limits per class; a class that isn't named keeps its limits. */
export const OUTPUT_BUFFER_LIMITS: ValueType<OutputBufferLimits> = {
  placeholder: "<class> <hard bytes> <soft bytes> <soft seconds> ...",
  manyWords: true,
  parse(words, { current, currentText }) {
    if (words.length % 4 !== 0) {
      throw new ValueError("Wrong number of arguments in buffer limit configuration.");
    }
    const value = { ...current }, texts = limitTexts(currentText);
    for (let at = 0; at < words.length; at += 4) {
      const name = findClientClass(words[at]);
      if (name === undefined) {
        throw new ValueError("Invalid client class specified in buffer limit configuration.");
      }
      const hard = parseMemory(words[at + 1]), soft = parseMemory(words[at + 2]);
      const loose = looseInteger(words[at + 3]);
      const seconds = loose === undefined ? -1 : Number(BigInt.asIntN(32, loose));
      if (hard === undefined || soft === undefined || seconds < 0) {
        throw new ValueError(
          "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
        );
      }
      value[name] = { hard: Number(hard), soft: Number(soft), seconds };
      texts[CLIENT_CLASSES.indexOf(name)] = `${hard} ${soft} ${seconds}`;
    }
    return { value, text: joinLimits(texts) };
  },
  format(value) {
    return joinLimits(CLIENT_CLASSES.map((name) => {
      const { hard, soft, seconds } = value[name];
      return `${hard} ${soft} ${seconds}`;
    }));
  },
  rewrite(setting, initial) {
    const texts = limitTexts(setting.text), before = limitTexts(initial.text);
    return CLIENT_CLASSES.map((name, at): RewriteLine => {
      const [hard, soft, seconds] = texts[at].split(" ");
      return {
        words: `${name} ${writeMemory(hard)} ${writeMemory(soft)} ${seconds}`,
        needed: texts[at] !== before[at],
      };
    });
  },
};

/** The limits of each class, `hard soft seconds`, from the text of CONFIG GET. */
function limitTexts(text: string): string[] {
  return text.match(/\d+ \d+ \d+/g) ?? [];
}

/** The text of CONFIG GET, which has the replicas' older name. */
function joinLimits([normal, replica, pubsub]: readonly string[]): string {
  return `normal ${normal} slave ${replica} pubsub ${pubsub}`;
}

/** `latency-tracking-info-percentiles`: numbers from 0 to 100. */
export const PERCENTILES: ValueType<readonly number[]> = {
  placeholder: "<percentile> ...",
  manyWords: true,
  holdsNul: true,
  parse(words) {
    const value: number[] = [];
    for (const word of isEmpty(words) ? [] : words) {
      const number = parseDouble(bytesOf(word), 0, word.length);
      if (number === undefined) {
        throw new ValueError("Invalid latency-tracking-info-percentiles parameters");
      }
      if (number < 0 || number > 100) {
        throw new ValueError(
          "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
        );
      }
      value.push(number);
    }
    return { value, text: this.format(value) };
  },
  format: (value) =>
    value.map((number) => Object.is(number, -0) ? "-0" : String(Number(number.toFixed(6)))).join(
      " ",
    ),
  // Redis writes this one whether or not it was changed.
  rewrite: ({ text }) => [{ words: text === "" ? '""' : text, needed: true }],
};

/** `oom-score-adj-values`: for a primary, a replica and background work. */
export const OOM_SCORES: ValueType<readonly [number, number, number]> = {
  placeholder: "<primary> <replica> <background>",
  manyWords: true,
  parse(words) {
    if (words.length !== 3) throw new ValueError("wrong number of arguments");
    const [primary, replica, background] = words.map((word) => {
      const score = looseInteger(word);
      if (score === undefined || score < -2000n || score > 2000n) {
        throw new ValueError(
          "Invalid oom-score-adj-values, elements must be between -2000 and 2000.",
        );
      }
      return Number(score);
    });
    const value = [primary, replica, background] as const;
    return { value, text: value.join(" ") };
  },
  format: (value) => value.join(" "),
  rewrite: (setting, initial) => [{ words: setting.text, needed: setting.text !== initial.text }],
};

/** What SIGTERM or SIGINT asks of SHUTDOWN. None is Redis' default. */
export type ShutdownOption = "save" | "nosave" | "now" | "force";

const SHUTDOWN_NAMES = ["default", "save", "nosave", "now", "force"] as const;

/** `shutdown-on-sigterm`, `shutdown-on-sigint`. */
export const SHUTDOWN_OPTIONS: ValueType<readonly ShutdownOption[]> = {
  placeholder: "default|save|nosave|now|force ...",
  manyWords: true,
  parse(words) {
    const names: readonly string[] = words.length === 0
      ? [findName(SHUTDOWN_NAMES, "")]
      : words.map((word) => findName(SHUTDOWN_NAMES, word));
    const value = SHUTDOWN_NAMES.filter((name) => name !== "default" && names.includes(name));
    if (value.includes("save") && value.includes("nosave")) {
      throw new ValueError("shutdown options SAVE and NOSAVE can't be used simultaneously");
    }
    return { value: value as ShutdownOption[], text: this.format(value as ShutdownOption[]) };
  },
  format: (value) => value.length === 0 ? "default" : value.join(" "),
  rewrite: (setting, initial) => [{ words: setting.text, needed: setting.text !== initial.text }],
};

const NEW_KEYS = 1 << 14;

/** All classes that the letter A stands for: those of what happened to a key, but for misses and new keys. */
const ALL_EVENTS = 0b0010_0111_1111_1100;

/** The letters of `notify-keyspace-events`, by bit; the bits are those of the keyspace's EventClass. */
const EVENT_LETTERS: ReadonlyMap<string, number> = new Map([
  ["A", ALL_EVENTS],
  ["g", 1 << 2],
  ["$", 1 << 3],
  ["l", 1 << 4],
  ["s", 1 << 5],
  ["h", 1 << 6],
  ["z", 1 << 7],
  ["x", 1 << 8],
  ["e", 1 << 9],
  ["t", 1 << 10],
  ["d", 1 << 13],
  ["n", NEW_KEYS],
  ["K", 1 << 0],
  ["E", 1 << 1],
  ["m", 1 << 11],
]);

/** `notify-keyspace-events`: letters for classes of events; the value is their bits. */
export const EVENT_CLASSES: ValueType<number> = {
  placeholder: "<classes>",
  manyWords: false,
  parse(words) {
    if (words.length !== 1) throw new ValueError("wrong number of arguments");
    let value = 0;
    for (const letter of words[0]) {
      const bits = EVENT_LETTERS.get(letter);
      if (bits === undefined) {
        throw new ValueError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
      }
      value |= bits;
    }
    return { value, text: this.format(value) };
  },
  format(value) {
    const hasAll = (value & ALL_EVENTS) === ALL_EVENTS;
    // Redis doesn't show the n beside an A, although it is not part of it.
    let text = "", rest = hasAll ? value & ~NEW_KEYS : value;
    for (const [letter, bits] of EVENT_LETTERS) {
      if ((rest & bits) !== bits) continue;
      text += letter;
      rest &= ~bits;
    }
    return text;
  },
  rewrite(setting, initial) {
    return [{ words: quoteArgument(setting.text), needed: setting.text !== initial.text }];
  },
};

/** The primary that `replicaof` names. */
export interface PrimaryAddress {
  readonly host: string;
  readonly port: number;
}

/** `replicaof`: host and port, or `no one`. */
export const PRIMARY: ValueType<PrimaryAddress | null> = {
  placeholder: "<host> <port>",
  manyWords: true,
  parse(words) {
    if (words.length !== 2) throw new ValueError("wrong number of arguments");
    const [host, port] = words;
    if (toLowerAscii(host) === "no" && toLowerAscii(port) === "one") {
      return { value: null, text: "" };
    }
    const number = looseInteger(port);
    if (port === "" || number === undefined || number < 0n || number > 65535n) {
      throw new ValueError("Invalid master port");
    }
    const value = { host, port: Number(number) };
    return { value, text: this.format(value) };
  },
  format: (value) => value === null ? "" : `${value.host} ${value.port}`,
  rewrite: ({ text }) => text === "" ? [] : [{ words: text, needed: true }],
};

/**
 * `dir`: a directory that exists; the value is its absolute path without symbolic links. Redis changes its
 * working directory, we keep the path: several servers may share the process.
 */
export const DIRECTORY: ValueType<string> = {
  placeholder: "<directory>",
  manyWords: false,
  parse(words, { directory }) {
    if (words.length !== 1) throw new ValueError("wrong number of arguments");
    const word = words[0];
    if (word === "") throw new ValueError("No such file or directory");
    if (!isOpenable(word)) throw new ValueError(NOT_OPENABLE);
    try {
      const path = Deno.realPathSync(systemPath(absolutePath(word, directory)));
      if (!Deno.statSync(path).isDirectory) throw new ValueError("Not a directory");
      const value = bytePath(path);
      return { value, text: value };
    } catch (error) {
      if (error instanceof ValueError) throw error;
      throw new ValueError(systemErrorText(error));
    }
  },
  format: (value) => value,
  rewrite: ({ text }) => [{ words: quoteArgument(text), needed: true }],
};
