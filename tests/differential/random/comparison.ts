/**
 * What of a reply both servers must agree on. Where that depends on what the key holds, commands are
 * sent before and after (`stepOf`) that tell; replies are then compared under the masks of the script
 * language, so that a mismatch can be written down as a script.
 */

import { isError, leaves, type Reply } from "../../support/reply.ts";
import { repliesMatch, sameMultiset } from "../masks.ts";
import { parseScripts } from "../script.ts";

/** A generated command with what is sent around it to judge its reply. */
export interface Step {
  readonly args: readonly string[];
  readonly before: readonly (readonly string[])[];
  readonly after: readonly (readonly string[])[];
  /** Whether the reply is only that to a command within MULTI. */
  readonly isQueued?: boolean;
}

/** What a rule sees of one server, the reference unless it says otherwise. */
interface Seen {
  readonly args: readonly string[];
  readonly reply: Reply;
  readonly before: readonly Reply[];
  readonly after: readonly Reply[];
}

/** What is special about a command's reply. */
interface Rule {
  readonly before?: (args: readonly string[]) => string[][];
  readonly after?: (args: readonly string[]) => string[][];
  /** The masks for the reply (never for an error, which is compared byte for byte). */
  readonly masks?: (seen: Seen) => string;
  /** Whether the replies to what was sent after tell nothing. */
  readonly ignoresAfter?: (seen: Seen) => boolean;
  /** What else must hold on each server by itself; returns what doesn't. */
  readonly check?: (seen: Seen) => string | undefined;
}

/** A reply that differs, with the masks under which it does. */
export interface Difference {
  /** Which of `commandsOf` its step it is. */
  readonly position: number;
  readonly args: readonly string[];
  readonly masks: string;
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

/** A scan with a COUNT as large gets everything at once. */
const WHOLE_SCAN = 100_000;
/** Servers are asked moments, on a busy machine seconds, after each other. */
const SECONDS = "~within(20)", MILLISECONDS = "~within(20000)";

function encoding(args: readonly string[]): string[][] {
  return [["OBJECT", "ENCODING", args[1]]];
}

/** Replies that come in the order of a hash table, if the key is one. */
function inTableOrder(mask: string): Rule {
  return {
    before: encoding,
    masks: ({ before }) => before[0].text === "hashtable" ? mask : "",
  };
}

/**
 * The order of a set made from others is that of the set it was gathered in, which is an intset only if
 * everything that went into it was an integer and not too much.
 */
const SET_ALGEBRA: Rule = {
  before: (args) => [
    ["CONFIG", "GET", "set-max-intset-entries"],
    ["SCARD", args[1]],
    ...args.slice(1).map((key) => ["OBJECT", "ENCODING", key]),
  ],
  masks: ({ reply, before: [limit, cardinality, ...encodings] }) => {
    const most = Number(leaves(limit)[1]);
    const isOrdered = encodings.every(({ text }) => text === undefined || text === "intset") &&
      Number(cardinality.text) <= most && (reply.children?.length ?? 0) <= most;
    return isOrdered ? "" : "~unordered";
  },
};

/**
 * Limits by name mean nothing where scores differ: what a skip list then finds depends on its random
 * levels. So all scores are made the same first.
 */
function sameScores(key: string): string[][] {
  return [["ZUNIONSTORE", key, "1", key, "WEIGHTS", "0"]];
}

const BY_NAME: Rule = { before: (args) => sameScores(args[1]) };

function byNameIfAsked(keyAt: number): Rule {
  return {
    before: (args) => args.some((arg) => /^bylex$/i.test(arg)) ? sameScores(args[keyAt] ?? "") : [],
  };
}

/**
 * Which of several places at the same distance COUNT keeps, and in which order, is left to how the
 * reference's sort goes about its work. The places with all distances are asked for before.
 */
const NEAREST: Rule = {
  before: (args) => hasCount(args) ? [withAllDistances(args)] : [],
  after: (args) => {
    const target = storeTarget(args);
    if (target === undefined) return [];
    const stored = ["ZRANGE", target, "0", "-1"];
    // The last bit of a distance is a matter of the machine's sine and cosine.
    if (storesDistances(args)) return [stored, ["DEL", target]];
    return hasCount(args) ? [[...stored, "WITHSCORES"], ["DEL", target]] : [];
  },
  masks: ({ args, before }) => hasCount(args) && hasEqualDistances(before[0]) ? "~type" : "",
  ignoresAfter: ({ args, before }) => hasCount(args) && hasEqualDistances(before[0]),
};

function hasCount(args: readonly string[]): boolean {
  return args.some((arg) => /^count$/i.test(arg));
}

function hasEqualDistances(places: Reply): boolean {
  const distances = (places.children ?? []).map((place) => place.children?.[1].text);
  return new Set(distances).size < distances.length;
}

function storeTarget(args: readonly string[]): string | undefined {
  if (/^geosearchstore$/i.test(args[0])) return args[1];
  const at = args.findLastIndex((arg) => /^store(dist)?$/i.test(arg));
  return at < 0 ? undefined : args[at + 1];
}

function storesDistances(args: readonly string[]): boolean {
  return args.some((arg) => /^storedist$/i.test(arg));
}

function withAllDistances(args: readonly string[]): string[] {
  const stores = /^geosearchstore$/i.test(args[0]);
  const call = stores
    ? ["GEOSEARCH"]
    : [args[0].toUpperCase().replace(/^(GEORADIUS(BYMEMBER)?)$/, "$1_RO")];
  for (let i = stores ? 2 : 1; i < args.length; i++) {
    const option = args[i].toUpperCase();
    if (option === "COUNT" || (!stores && /^STORE(DIST)?$/.test(option))) i++;
    else if (!/^(ANY|ASC|DESC|STOREDIST|WITHDIST|WITHCOORD|WITHHASH)$/.test(option)) {
      call.push(args[i]);
    }
  }
  return [...call, "WITHDIST"];
}

function scan(mask: string): Rule {
  return {
    before: (args) => /^scan$/i.test(args[0]) ? [] : encoding(args),
    masks: ({ args, before }) => {
      const held = before.length > 0 ? before[0].text : "hashtable";
      if (held !== "hashtable" && held !== "skiplist") return "";
      const cursor = args[before.length > 0 ? 2 : 1];
      const upper = args.map((arg) => arg.toUpperCase());
      const count = Number(args[upper.lastIndexOf("COUNT") + 1]);
      return cursor === "0" && count >= WHOLE_SCAN ? `${mask}/1` : "~type";
    },
  };
}

/** Random elements: as many as asked for, of those that are there. */
function randomElements(members: (key: string) => string[], valueToken?: string): Rule {
  return {
    before: (args) => [members(args[1])],
    masks: () => "~type",
    check: ({ args, reply, before: [there] }) => {
      const withValues = valueToken !== undefined && args[3]?.toUpperCase() === valueToken;
      const width = valueToken === undefined ? 1 : 2;
      const known = rows(leaves(there), width).map((row) =>
        row.slice(0, withValues ? 2 : 1).join()
      );
      const got = reply.children
        ? rows(leaves(reply), withValues ? 2 : 1).map((row) => row.join())
        : reply.text === undefined
        ? []
        : [reply.text];
      const stranger = got.find((one) => !known.includes(one));
      if (stranger !== undefined) return `${JSON.stringify(stranger)} is no element`;
      const mayRepeat = args.length > 2 && args[2].startsWith("-");
      if (!mayRepeat && new Set(got).size !== got.length) return "an element came twice";
      return undefined;
    },
  };
}

function rows(list: readonly string[], width: number): string[][] {
  const result: string[][] = [];
  for (let i = 0; i < list.length; i += width) result.push(list.slice(i, i + width));
  return result;
}

/** Redis' SORT doesn't forget a number that was out of range before; GEORADIUS does it for it. */
const SORT: Rule = {
  before: (args) => [...encoding(args), ["GEORADIUS_RO", "none", "1", "1", "1", "m"]],
  masks: sortMasks,
};

const RULES: Readonly<Record<string, Rule>> = {
  "hgetall": inTableOrder("~pairs"),
  "hkeys": inTableOrder("~unordered"),
  "hvals": inTableOrder("~unordered"),
  "smembers": inTableOrder("~unordered"),
  "zlexcount": BY_NAME,
  "zrangebylex": BY_NAME,
  "zrevrangebylex": BY_NAME,
  "zremrangebylex": BY_NAME,
  "zrange": byNameIfAsked(1),
  "zrangestore": byNameIfAsked(2),
  "sinter": SET_ALGEBRA,
  "sunion": SET_ALGEBRA,
  "sdiff": SET_ALGEBRA,
  "keys": { masks: () => "~unordered" },
  "scan": scan("~unordered"),
  "hscan": scan("~pairs"),
  "sscan": scan("~unordered"),
  "zscan": scan("~pairs"),
  "randomkey": { masks: ({ reply }) => reply.text === undefined ? "" : "~type" },
  "hrandfield": randomElements((key) => ["HGETALL", key], "WITHVALUES"),
  "zrandmember": randomElements((key) => ["ZRANGE", key, "0", "-1", "WITHSCORES"], "WITHSCORES"),
  "srandmember": randomElements((key) => ["SMEMBERS", key]),
  // What is left differs, so it goes too.
  "spop": {
    before: (args) => [["SMEMBERS", args[1]]],
    after: (args) => [["SMEMBERS", args[1]], ["DEL", args[1]]],
    masks: () => "~type",
    ignoresAfter: () => true,
    check: ({ reply, before: [there], after: [left] }) => {
      const popped = reply.children || reply.text !== undefined ? leaves(reply) : [];
      const parts = left.children ? [...popped, ...leaves(left)] : popped;
      if (!there.children) return undefined;
      return sameMultiset(leaves(there), parts) ? undefined : "popped and left are not the set";
    },
  },
  // Its elements are compared as the replies that they are, see `player.ts`.
  "exec": { masks: ({ reply }) => reply.children ? "~type" : "" },
  "sort": SORT,
  "sort_ro": SORT,
  "georadius": NEAREST,
  "georadius_ro": NEAREST,
  "georadiusbymember": NEAREST,
  "georadiusbymember_ro": NEAREST,
  "geosearch": NEAREST,
  "geosearchstore": NEAREST,
  "ttl": { masks: () => SECONDS },
  "pttl": { masks: () => MILLISECONDS },
  "expiretime": { masks: () => SECONDS },
  "pexpiretime": { masks: () => MILLISECONDS },
  // Redis' small integers are shared by all keys: one of them was used when any was.
  "object|idletime": { masks: ({ reply }) => reply.type === ":" ? "~number" : "" },
  // What Redis still has to propagate at the end of a transaction refers to values too, and what COPY
  // made of a shared integer is not shared.
  "object|refcount": { masks: ({ reply }) => reply.type === ":" ? "~number" : "" },
  "xpending": {
    masks: ({ args }) => args.length > 3 ? `${MILLISECONDS}/*/2` : "",
  },
  "xinfo|consumers": { masks: () => `${MILLISECONDS}/*/5` },
  "xinfo|stream": {
    masks: ({ args }) =>
      args.length === 3
        ? ""
        : ["/17/*/11/*/2", "/17/*/13/*/3", "/17/*/13/*/7/*/1"].map((path) => MILLISECONDS + path)
          .join(" "),
  },
};

/** Without a real sort the elements come as the key has them; equal texts under BY as the sort leaves them. */
function sortMasks({ args, reply, before }: Seen): string {
  const upper = args.map((arg) => arg.toUpperCase());
  if (upper.includes("STORE")) return "";
  const by = upper.lastIndexOf("BY", args.length - 2);
  // At 1 it is the key.
  if (by < 2) return "";
  const isNoSort = upper.some((arg, i) => i > 1 && arg === "BY" && !args[i + 1]?.includes("*"));
  const isFree = isNoSort ? before[0].text === "hashtable" : upper.includes("ALPHA");
  if (!isFree) return "";
  const gets = upper.filter((arg) => arg === "GET").length;
  if (upper.includes("LIMIT") || gets > 1) return "~type";
  return reply.children ? "~unordered" : "";
}

function ruleOf(args: readonly string[]): Rule | undefined {
  const name = args[0].toLowerCase();
  return RULES[name] ?? RULES[`${name}|${args[1]?.toLowerCase()}`];
}

/** The command with what has to be sent around it. */
export function stepOf(args: readonly string[]): Step {
  const rule = args.length > 1 ? ruleOf(args) : undefined;
  return { args, before: rule?.before?.(args) ?? [], after: rule?.after?.(args) ?? [] };
}

/** The commands around a step's own that change something. */
export function isChange(command: readonly string[]): boolean {
  return command[0] === "DEL" || command[0] === "ZUNIONSTORE";
}

/** All commands of a step, in order. */
export function commandsOf(step: Step): (readonly string[])[] {
  return [...step.before, step.args, ...step.after];
}

/** The first difference in the replies to a step's commands. */
export function differenceOf(
  step: Step,
  expected: readonly Reply[],
  actual: readonly Reply[],
): Difference | undefined {
  const commands = commandsOf(step);
  const at = step.before.length;
  const rule = step.isQueued ? undefined : ruleOf(step.args);
  const see = (replies: readonly Reply[]): Seen => ({
    args: step.args,
    reply: replies[at],
    before: replies.slice(0, at),
    after: replies.slice(at + 1),
  });
  for (let i = 0; i < commands.length; i++) {
    const difference = (masks: string, what: string): Difference => ({
      position: i,
      args: commands[i],
      masks,
      what,
      expected: expected[i].raw,
      actual: actual[i].raw,
    });
    if (i > at && rule?.ignoresAfter?.(see(expected))) break;
    const masks = i === at ? masksFor(rule, see(expected)) : probeMasks(commands[i], expected[i]);
    if (!matchUnder(masks, expected[i], actual[i])) return difference(masks, "the replies differ");
    if (i !== at || !rule?.check || isError(expected[i])) continue;
    for (const [name, replies] of [["redis-server", expected], ["miniredis", actual]] as const) {
      const wrong = rule.check(see(replies));
      if (wrong) return difference(masks, `${name}: ${wrong}`);
    }
  }
  return undefined;
}

function masksFor(rule: Rule | undefined, seen: Seen): string {
  return rule?.masks && !isError(seen.reply) ? rule.masks(seen) : "";
}

function probeMasks(args: readonly string[], reply: Reply): string {
  if (isError(reply)) return "";
  if (args[0] === "SMEMBERS") return "~unordered";
  return args[0] === "HGETALL" ? "~pairs" : "";
}

const parsedMasks = new Map<string, ReturnType<typeof parseMasks>>();

function matchUnder(masks: string, expected: Reply, actual: Reply): boolean {
  if (masks === "") return expected.raw === actual.raw;
  let parsed = parsedMasks.get(masks);
  if (!parsed) parsedMasks.set(masks, parsed = parseMasks(masks));
  return repliesMatch(expected, actual, parsed);
}

function parseMasks(masks: string) {
  return parseScripts("a rule", `=== masks\n${masks} PING`)[0].steps[0].masks;
}
