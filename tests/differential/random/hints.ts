/** What COMMAND DOCS doesn't say about arguments: which values make a call worth making. */

import type { Argument } from "../command_docs.ts";
import type { Random } from "../../support/random.ts";
import { DATABASES_USED, element, float, integer, KEYS, small, text } from "./values.ts";

/** What the arguments of one call have to agree on. */
export interface Call {
  /** Lower case; of a sub-command `xgroup|create`. */
  readonly command: string;
  readonly random: Random;
  /** The first key, once it is written. */
  key?: string;
  /** How many keys the call has been given. */
  keys: number;
  /** The last stream entry that was asked for, by key: it makes ids that exist likely. */
  readonly streamIds: Map<string, number>;
  /** What ZRANGE's limits are. */
  readonly range: "index" | "score" | "lex";
}

type Hint = (call: Call, argument: Argument) => string;

const index: Hint = ({ random }) =>
  random.chance(0.05) ? integer(random) : small(random, -12, random.chance(0.8) ? 12 : 120);

/** Relative times lie far from each other and from the absolute ones, so that GT and LT are certain. */
const seconds: Hint = ({ random }) =>
  random.chance(0.06)
    ? random.pick(["0", "-1", "abc", "9223372036854775807", "-9223372036854775808", "1.5"])
    : String(10_000 + 100 * random.below(10_000_000));
const milliseconds: Hint = (call, argument) => {
  const value = seconds(call, argument);
  return /^\d{5}/.test(value) && value.length < 12 ? `${value}000` : value;
};
const unixTime: Hint = ({ random, command }, { name }) => {
  if (random.chance(0.06)) {
    return random.pick(["0", "-1", "1", "abc", "9223372036854775807", "-9223372036854775808"]);
  }
  const time = 4_000_000_000 + 1000 * random.below(1_000_000);
  return name.includes("milliseconds") || command.startsWith("p") ? `${time}000` : String(time);
};

const database: Hint = ({ random }) =>
  random.chance(0.06)
    ? random.pick(["16", "-1", "abc", "9223372036854775808"])
    : String(random.below(DATABASES_USED));

const count: Hint = ({ random, command }) => {
  // A scan that stops in the middle says nothing that two servers must agree on.
  if (command.endsWith("scan")) return random.chance(0.8) ? "1000000" : small(random, 0, 20);
  // Redis gives as many elements as a negative count asks for.
  if (command.endsWith("randmember") || command === "hrandfield") {
    return random.chance(0.3) ? "1000" : small(random, -10, 12);
  }
  if (command === "spop") return random.chance(0.4) ? "1000" : small(random, -1, 6);
  return random.chance(0.1) ? small(random, -2, 1000) : small(random, 0, 8);
};

const offset: Hint = ({ random, command }) => {
  const distance = String(random.chance(0.9) ? random.below(80) : random.below(6000));
  switch (command) {
    case "setrange":
      return random.chance(0.9)
        ? distance
        : random.pick(["-1", "536870912", "9223372036854775807"]);
    case "setbit":
    case "getbit":
      return random.chance(0.9) ? distance : random.pick(["-1", "4294967296", "abc", ""]);
    case "bitfield":
    case "bitfield_ro":
      if (random.chance(0.9)) return (random.chance(0.3) ? "#" : "") + distance;
      return random.pick(["-1", "#-1", "#", "4294967296", "abc", "9223372036854775807"]);
    default:
      return random.chance(0.05) ? integer(random) : small(random, -2, 6);
  }
};

const score: Hint = ({ random }) => float(random, 0.1);
const scoreLimit: Hint = ({ random }) => {
  if (random.chance(0.3)) return random.pick(["-inf", "+inf", "inf", "(inf", "-inf"]);
  return (random.chance(0.25) ? "(" : "") + float(random, 0.05);
};
const lexLimit: Hint = ({ random }) => {
  if (random.chance(0.3)) return random.pick(["-", "+"]);
  if (random.chance(0.04)) return element(random);
  return random.pick(["[", "("]) + element(random);
};
const rangeLimit: Hint = (call, argument) => {
  if (call.range === "lex") return lexLimit(call, argument);
  return (call.range === "score" ? scoreLimit : index)(call, argument);
};

/** A pattern over keys and members; SORT's have one `*` that an element replaces. */
const pattern: Hint = ({ random, command }, { token }) => {
  if (!command.startsWith("sort")) {
    return random.pick([
      "*",
      "*",
      "m*",
      "?",
      "?1",
      "[a-d]*",
      "h[^1]",
      "\\*",
      "*1*",
      "",
      "[",
      "m[0-3]?",
    ]);
  }
  const by = token === "BY" ? "nosort" : "#";
  return random.pick([by, "s*", "*", "h1->*", "h*->a", "h*->1", "z*", "*->b", "x", "s*->", "p*1"]);
};

const streamId: Hint = (call) => {
  const { random } = call;
  if (random.chance(0.05)) {
    return random.pick(["abc", "", "-1", "1-", "0-0", "18446744073709551616", "1-1-1"]);
  }
  const last = call.streamIds.get(call.key ?? "") ?? 1;
  const id = String(Math.max(0, last - random.below(12) + random.below(3)));
  return random.chance(0.5) ? id : `${id}-${random.below(4)}`;
};
const streamLimit: Hint = (call, argument) => {
  const { random } = call;
  if (random.chance(0.4)) return random.pick(["-", "+"]);
  return (random.chance(0.2) ? "(" : "") + streamId(call, argument);
};
/** Never `*`: an id of the server's clock. */
const newStreamId: Hint = (call, argument) => {
  const { random, streamIds, key = "" } = call;
  if (random.chance(0.08)) return streamId(call, argument);
  const next = (streamIds.get(key) ?? 0) + (random.chance(0.7) ? 1 : 0);
  streamIds.set(key, next);
  if (random.chance(0.4)) return `${next}-*`;
  return random.chance(0.5) ? String(next) : `${next}-${random.below(5)}`;
};
/** Idle times differ by so much that the moment of the call doesn't decide. */
const idle: Hint = ({ random }) =>
  random.chance(0.04) ? random.pick(["abc", "-1", ""]) : random.pick(["0", "0", "0", "3600000"]);

const PLACES = ["a", "b", "c", "d", "Palermo"];
/** Some way off the given degrees: places at the same distance are few. */
function near(random: Random, degrees: number): string {
  return (degrees + random.between(-5000, 5000) / 10_000).toFixed(random.between(2, 6));
}
const longitude: Hint = ({ random }) =>
  random.chance(0.06)
    ? random.pick(["-180", "180", "180.1", "0", float(random, 0.5)])
    : near(random, random.pick([13.361389, 15.087269, 2.3522, 139.6917, -179.5]));
const latitude: Hint = ({ random }) =>
  random.chance(0.06)
    ? random.pick(["-85.05112878", "85.05112878", "86", "0", float(random, 0.5)])
    : near(random, random.pick([38.115556, 37.502669, 48.8566, -33.8, 84.5]));
const distance: Hint = ({ random }) =>
  random.chance(0.08)
    ? float(random, 0.5)
    : random.pick(["0", "1", "100", "200.5", "1000", "5000", "200000", "20000000"]);

/** The name of a consumer group: the third mostly doesn't exist. */
const group: Hint = ({ random }) => random.pick(["g1", "g1", "g1", "g1", "g2", "g3"]);
const consumer: Hint = ({ random }) => random.pick(["c1", "c1", "c2", "c3"]);

/** By argument name, or by command and argument name where a name means several things. */
const HINTS: Readonly<Record<string, Hint>> = {
  "start": index,
  "stop": index,
  "end": index,
  "index": index,
  "offset": offset,
  "count": count,
  "db": database,
  "destination-db": database,
  "index1": database,
  "index2": database,
  "seconds": seconds,
  "milliseconds": milliseconds,
  "cursor": ({ random }) =>
    random.chance(0.9) ? "0" : random.pick(["1", "17", "abc", "-1", "18446744073709551616", ""]),
  "increment": ({ random, command }) =>
    command.includes("float") || command === "zincrby" ? float(random) : integer(random, 0.3),
  "decrement": ({ random }) => integer(random, 0.3),
  "numkeys": ({ random }) => random.pick(["0", "-1", "2", "3", "abc", "9223372036854775807"]),
  "rank": ({ random }) => small(random, -3, 3),
  "num-matches": ({ random }) => small(random, -1, 4),
  "len": ({ random }) => small(random, -1, 12),
  "limit": ({ random }) => small(random, -1, 6),
  "bit": ({ random }) => small(random, 0, 2),
  "weight": ({ random }) => float(random, 0.08),
  "score": score,
  "zrange start": rangeLimit,
  "zrange stop": rangeLimit,
  "zrangestore min": rangeLimit,
  "zrangestore max": rangeLimit,
  "zremrangebylex min": lexLimit,
  "zremrangebylex max": lexLimit,
  "zrangebylex min": lexLimit,
  "zrangebylex max": lexLimit,
  "zrevrangebylex min": lexLimit,
  "zrevrangebylex max": lexLimit,
  "zlexcount min": lexLimit,
  "zlexcount max": lexLimit,
  "min": scoreLimit,
  "max": scoreLimit,
  "value": ({ random }) => text(random),
  "hset value": ({ random }) => text(random),
  "setbit value": ({ random }) => small(random, 0, 1),
  "bitfield value": ({ random }) => integer(random, 0.3),
  "bitfield increment": ({ random }) => integer(random, 0.3),
  "encoding": ({ random }) =>
    random.chance(0.07)
      ? random.pick(["u64", "i65", "u0", "x8", "8", "", "i"])
      : random.pick(["u", "i"]) + random.pick([1, 2, 4, 7, 8, 13, 16, 31, 32, 33, 62, 63]),
  "bitop operation": ({ random }) => random.pick(["AND", "or", "XOR", "NOT", "NOT", "NAND"]),
  "scan type": ({ random }) =>
    random.pick(["string", "hash", "list", "set", "ZSET", "stream", "nothing"]),
  "member": ({ random, command }) =>
    command.startsWith("geo") && random.chance(0.8) ? random.pick(PLACES) : element(random),
  "longitude": longitude,
  "latitude": latitude,
  "radius": distance,
  "width": distance,
  "height": distance,
  "group": group,
  "groupname": group,
  "consumer": consumer,
  "consumername": consumer,
  "id": streamId,
  "xadd id": newStreamId,
  "xread id": (call, argument) => call.random.chance(0.1) ? "$" : streamId(call, argument),
  "xreadgroup id": (call, argument) => call.random.chance(0.6) ? ">" : streamId(call, argument),
  "xrange start": streamLimit,
  "xrange end": streamLimit,
  "xrevrange start": streamLimit,
  "xrevrange end": streamLimit,
  "xpending start": streamLimit,
  "xpending end": streamLimit,
  "xautoclaim start": streamLimit,
  "xpending count": ({ random }) => small(random, 0, 10),
  "xautoclaim count": ({ random }) => small(random, 0, 10),
  "min-idle-time": idle,
  "ms": ({ random }) => random.pick(["0", "7200000", "-1", "abc"]),
  "xclaim unix-time-milliseconds": ({ random }) => random.pick(["0", "1000000000000", "-1", "abc"]),
  "threshold": (call, argument) =>
    call.random.chance(0.5) ? small(call.random, -1, 30) : streamId(call, argument),
  "last-id": (call, argument) => {
    const id = newStreamId(call, argument);
    return call.random.chance(0.7) ? id.replace("*", "9") : id;
  },
  "max_deleted_entry_id": streamId,
  "entries_read": ({ random }) => small(random, -1, 12),
  "entries_added": ({ random }) => small(random, -1, 30),
};

const BY_TYPE: Readonly<Record<string, Hint>> = {
  "integer": ({ random }) => integer(random),
  "double": ({ random }) => float(random),
  "pattern": pattern,
  "unix-time": unixTime,
};

/** A value for an argument that is neither a key nor made of others. */
export function valueFor(call: Call, argument: Argument): string {
  const hint = HINTS[`${call.command} ${argument.name}`] ?? HINTS[argument.name] ??
    BY_TYPE[argument.type];
  return hint ? hint(call, argument) : element(call.random);
}

/** Which families of keys a command of a group takes besides any at all. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  "string": ["string"],
  "bitmap": ["bitmap"],
  "hash": ["hash"],
  "list": ["list"],
  "set": ["set"],
  "sorted-set": ["sorted-set", "sorted-set", "geo"],
  "stream": ["stream"],
  "hyperloglog": ["hyperloglog"],
  "geo": ["geo"],
};

/** A key for a command of a group. */
export function keyFor({ command, random, keys }: Call, group: string): string {
  // The inputs of the sorted sets' algebra may be sets.
  const mayBeSet = /^z(union|inter|diff)/.test(command) && keys > 0;
  if (mayBeSet && random.chance(0.15)) return random.pick(KEYS.set);
  if (/^sort/.test(command) && random.chance(0.9)) {
    return random.pick([...KEYS.list, ...KEYS.set, ...KEYS["sorted-set"]]);
  }
  const families = FAMILIES[group];
  if (families && random.chance(0.96)) return random.pick(KEYS[random.pick(families)]);
  // Of a HyperLogLog that was damaged redis-server changes a part before it finds the damage.
  const others = Object.keys(KEYS).filter((family) =>
    family !== "hyperloglog" || (group !== "string" && group !== "bitmap")
  );
  return random.pick(KEYS[random.pick(others)]);
}

/** How often a command comes, where not as often as others (10): what fills keys more, what empties them less. */
export const WEIGHTS: Readonly<Record<string, number>> = {
  "flushall": 0.1,
  "flushdb": 0.3,
  "swapdb": 1,
  "del": 4,
  "unlink": 3,
  "rename": 4,
  "renamenx": 4,
  "move": 3,
  "keys": 3,
  "scan": 5,
  "dbsize": 2,
  "randomkey": 2,
  "set": 25,
  "copy": 4,
  "mset": 5,
  "msetnx": 5,
  "hset": 50,
  "hmset": 10,
  "rpush": 30,
  "lpush": 25,
  "sadd": 50,
  "zadd": 60,
  "xadd": 90,
  "xreadgroup": 40,
  "xgroup|create": 35,
  "xgroup|destroy": 3,
  "xtrim": 5,
  "xdel": 7,
  "geoadd": 40,
  "pfadd": 25,
  "setbit": 20,
  "spop": 4,
  "ltrim": 4,
  "sinterstore": 5,
  "zinterstore": 5,
  "sdiffstore": 5,
  "zdiffstore": 5,
  "zremrangebyrank": 4,
  "zremrangebyscore": 4,
  "zremrangebylex": 4,
};

/** A time that has not come before the run ends, whether in seconds or milliseconds, from now or from 1970. */
const FAR_AWAY = "5000000000000";

/** Makes a call one that both servers must answer alike, and soon. */
export function repair(args: readonly string[]): readonly string[] {
  const upper = args.map((arg) => arg.toUpperCase());
  switch (upper[0]) {
    case "SRANDMEMBER":
    case "ZRANDMEMBER":
    case "HRANDFIELD":
      // As many elements as a negative count asks for, were it quintillions.
      return /^-\d{4}/.test(args[2] ?? "") ? args.with(2, args[2].slice(0, 2)) : args;
    case "EXPIRE":
    case "PEXPIRE":
    case "SETEX":
    case "PSETEX":
      return isSoon(args[2] ?? "") ? args.with(2, FAR_AWAY) : args;
    case "SET":
    case "GETEX":
      return args.map((arg, i) =>
        /^(EX|PX|EXAT|PXAT)$/.test(upper[i - 1] ?? "") && isSoon(arg) ? FAR_AWAY : arg
      );
    case "SORT": {
      const by = upper.indexOf("BY");
      // Elements whose texts under BY are equal are stored in the order in which the sort left them.
      const hasTies = by > 0 && (args[by + 1] ?? "").includes("*") && upper.includes("ALPHA") &&
        upper.includes("STORE");
      return hasTies ? args.filter((_, i) => upper[i] !== "ALPHA") : args;
    }
    default:
      return args;
  }
}

/** Whether a key with this expiry might be gone for one of the servers and not for the other. */
function isSoon(time: string): boolean {
  return /^[1-9]\d{0,5}$/.test(time);
}
