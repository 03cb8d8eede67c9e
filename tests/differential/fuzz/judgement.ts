/** What both servers must agree on when calls are wild. */

import { isError, type Reply } from "../../support/reply.ts";
import { type Difference, differenceOf, type Step, stepOf } from "../random/comparison.ts";

/**
 * Replies that tell of the process, the machine or the time, by command: "type" where they are of one shape,
 * "free" where not even that; errors are compared all the same.
 */
const OF_THEIR_OWN: Readonly<Record<string, "type" | "free">> = {
  "info": "type",
  "time": "type",
  "lastsave": "type",
  "lolwut": "type",
  "hello": "type",
  "command": "free",
  "command|count": "type",
  "command|docs": "free",
  "command|info": "free",
  "command|list": "free",
  "client|id": "type",
  "client|info": "type",
  "client|list": "type",
  "config|get": "free",
  "acl|cat": "free",
  "acl|genpass": "type",
  "acl|log": "free",
  // Keys whose time has come count until somebody meets them.
  "debug|digest": "type",
  "debug|digest-value": "type",
  "debug|object": "type",
  "debug|protocol": "type",
  "latency|doctor": "free",
  "latency|graph": "free",
  "latency|histogram": "free",
  "latency|history": "free",
  "latency|latest": "free",
  "latency|reset": "type",
  "memory|doctor": "type",
  "memory|malloc-stats": "type",
  "memory|stats": "free",
  "memory|usage": "type",
  "slowlog|get": "free",
  "slowlog|len": "type",
};

const INTERNAL_ERROR = /internal error/;

/** The command with what has to be sent around it. */
export function fuzzStepOf(args: readonly string[]): Step {
  if (args[0].startsWith("!") || wayOf(args) !== undefined) return { args, before: [], after: [] };
  switch (args[0].toUpperCase()) {
    case "DUMP":
      return { args, before: [["OBJECT", "ENCODING", args[1] ?? ""]], after: [] };
    case "RESTORE":
      return { args, before: [], after: args.length > 3 ? useOf(args[1]) : [] };
    default:
      return stepOf(args);
  }
}

/**
 * Calls that look into and change whatever a payload has become. Then it goes: what miniredis refuses and
 * the reference does not, which says little of a payload that is damaged, must not be a difference later.
 */
function useOf(key: string): string[][] {
  return [
    ["TYPE", key],
    ["OBJECT", "ENCODING", key],
    ["DEBUG", "DIGEST-VALUE", key],
    ["STRLEN", key],
    ["LRANGE", key, "0", "-1"],
    ["ZRANGE", key, "0", "-1", "WITHSCORES"],
    ["ZRANGEBYSCORE", key, "(1", "+inf"],
    ["XRANGE", key, "-", "+"],
    ["XREVRANGE", key, "+", "-"],
    ["XINFO", "STREAM", key, "FULL"],
    ["XADD", key, "18446744073709551615-18446744073709551614", "f", "v"],
    ["XREADGROUP", "GROUP", "g1", "c1", "STREAMS", key, ">"],
    ["XAUTOCLAIM", key, "g1", "c2", "0", "-"],
    ["XPENDING", key, "g1"],
    ["XDEL", key, "1-1", "5-0"],
    ["XTRIM", key, "MAXLEN", "1"],
    ["XINFO", "GROUPS", key],
    ["HINCRBYFLOAT", key, "f", "1.5"],
    ["HDEL", key, "g"],
    ["LPUSH", key, "x"],
    ["LINSERT", key, "BEFORE", "x", "y"],
    ["RPOP", key, "2"],
    ["LRANGE", key, "0", "-1"],
    ["SADD", key, "5", "x"],
    ["SREM", key, "1"],
    ["SCARD", key],
    ["ZADD", key, "1.5", "x"],
    ["ZINCRBY", key, "inf", "b"],
    ["ZRANGE", key, "0", "-1", "WITHSCORES"],
    ["BITCOUNT", key],
    ["PFCOUNT", key, key],
    ["SETRANGE", key, "15", "\x80"],
    ["PFCOUNT", key],
    ["INCRBY", key, "9223372036854775807"],
    ["APPEND", key, "z"],
    ["DEBUG", "DIGEST-VALUE", key],
    ["DEL", key],
  ];
}

function wayOf(args: readonly string[]): "type" | "free" | undefined {
  const name = args[0].toLowerCase(), subcommand = args[1]?.toLowerCase();
  if (subcommand === "help" && args.length === 2) return "free";
  return OF_THEIR_OWN[`${name}|${subcommand}`] ??
    (name === "command" && args.length > 1 ? undefined : OF_THEIR_OWN[name]);
}

/** As `differenceOf` of the random run; `sound` are the payloads that must not be refused. */
export function fuzzDifferenceOf(
  sound: ReadonlySet<string>,
  step: Step,
  expected: readonly Reply[],
  actual: readonly Reply[],
): Difference | undefined {
  const differs = (position: number, what: string): Difference => ({
    position,
    args: step.args,
    masks: "",
    what,
    expected: expected[position].raw,
    actual: actual[position].raw,
  });
  const internal = actual.findIndex(({ raw }) => INTERNAL_ERROR.test(raw));
  if (internal >= 0) return differs(internal, "an error of the server's own");
  const way = step.isQueued ? undefined : wayOf(step.args);
  if (way === undefined) {
    if (step.isQueued) return differenceOf(step, expected, actual);
    if (isOrderFree(step, expected) || isRefused(sound, step, expected, actual)) {
      return undefined;
    }
    // What there is besides was not made of the payload.
    const used = isRestored(step, expected) ? step : { ...step, after: [] };
    return differenceOf(used, expected, actual);
  }
  const at = step.before.length;
  const [left, right] = [expected[at], actual[at]];
  if (isError(left) || isError(right)) {
    return left.raw === right.raw ? undefined : differs(at, "the errors differ");
  }
  if (way === "type" && left.type !== right.type) return differs(at, "the types differ");
  return undefined;
}

/**
 * Whether a payload is of a table, whose order is the server's own, or of a list, whose nodes keep in Redis
 * the size that was configured when it was made, or of a stream, whose consumers were seen at some time.
 */
function isOrderFree({ args }: Step, [encoding]: readonly Reply[]): boolean {
  return /^dump$/i.test(args[0]) && /^(hashtable|quicklist|stream)$/.test(encoding.text ?? "");
}

function isRestored({ args }: Step, [reply]: readonly Reply[]): boolean {
  return !/^restore$/i.test(args[0]) || !isError(reply);
}

/** Whether miniredis looked at a damaged payload more closely than the reference. */
function isRefused(
  sound: ReadonlySet<string>,
  { args }: Step,
  [expected]: readonly Reply[],
  [actual]: readonly Reply[],
): boolean {
  return /^restore$/i.test(args[0]) && !sound.has(args[3]) && expected.raw === "+OK\r\n" &&
    actual.raw === "-ERR Bad data format\r\n";
}
