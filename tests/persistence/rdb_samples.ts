/** Values in every encoding, and what can be read of them: for tests of DUMP payloads and RDB files. */

/** A value, the commands that make it under the name `key`, and how OBJECT ENCODING calls it. */
export interface Sample {
  readonly name: string;
  readonly commands: readonly (readonly string[])[];
  readonly encoding: string;
  /** Whether the payloads of both servers are the same: nothing hashed or compressed in it. */
  readonly same: boolean;
}

const numbers = (count: number, step = 1) =>
  Array.from({ length: count }, (_, i) => String((i - count / 3 | 0) * step));
const words = (count: number, length = 0) =>
  Array.from({ length: count }, (_, i) => `word:${i}:${"x".repeat(length)}`);
const every = (command: string, ...args: string[]) => [[command, "key", ...args]];
const pairs = (list: string[]) => list.flatMap((text, i) => [text, String(i * 1.25)]);
const scored = (list: string[]) => list.flatMap((text, i) => [String((i % 7) * 0.1), text]);
const binary = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");
// No three bytes come twice: nothing to compress.
const noise = Array.from({ length: 100 }, (_, i) => String.fromCharCode(i, (i * 7) & 255)).join("");

/** Every type in every encoding, small and large. */
export const SAMPLES: readonly Sample[] = [
  ...["0", "-1", "127", "128", "-128", "-129", "32767", "32768", "-32769", "2147483647"].map((
    text,
  ) => ({ name: text, commands: every("SET", text), encoding: "int", same: true })),
  ...["2147483648", "-2147483648", "-2147483649", "9223372036854775807", "-9223372036854775808"]
    .map((text) => ({ name: text, commands: every("SET", text), encoding: "int", same: true })),
  { name: "empty string", commands: every("SET", ""), encoding: "embstr", same: true },
  { name: "no integer", commands: every("SET", "007"), encoding: "embstr", same: true },
  { name: "63 bytes", commands: every("SET", noise.slice(0, 63)), encoding: "raw", same: true },
  { name: "64 bytes", commands: every("SET", noise.slice(0, 64)), encoding: "raw", same: true },
  { name: "binary string", commands: every("SET", binary), encoding: "raw", same: true },
  { name: "long string", commands: every("SET", "ab".repeat(9000)), encoding: "raw", same: false },
  { name: "16384 bytes", commands: every("SET", "z".repeat(16384)), encoding: "raw", same: false },
  {
    name: "intset of 16 bits",
    commands: every("SADD", ...numbers(20)),
    encoding: "intset",
    same: true,
  },
  {
    name: "intset of 32 bits",
    commands: every("SADD", ...numbers(9, 100_000)),
    encoding: "intset",
    same: false,
  },
  {
    name: "intset of 64 bits",
    commands: every("SADD", ...numbers(9, 2 ** 40)),
    encoding: "intset",
    same: false,
  },
  { name: "small set", commands: every("SADD", "a", "1", "c"), encoding: "hashtable", same: false },
  { name: "set", commands: every("SADD", ...words(700)), encoding: "hashtable", same: false },
  {
    name: "short list",
    commands: every("RPUSH", "a", "12", binary),
    encoding: "quicklist",
    same: true,
  },
  {
    name: "list",
    commands: every("RPUSH", ...words(2000, 40)),
    encoding: "quicklist",
    same: false,
  },
  {
    name: "list of large elements",
    commands: every("RPUSH", "y".repeat(20_000), "z", "y".repeat(9000)),
    encoding: "quicklist",
    same: false,
  },
  {
    name: "small hash",
    commands: every("HSET", "a", "1", "b", "x", "c", "-70000"),
    encoding: "listpack",
    same: false,
  },
  {
    name: "hash",
    commands: every("HSET", ...pairs(words(600))),
    encoding: "hashtable",
    same: false,
  },
  {
    name: "hash with a long value",
    commands: every("HSET", "a", "v".repeat(70)),
    encoding: "hashtable",
    same: false,
  },
  {
    name: "small sorted set",
    commands: every("ZADD", "1", "a", "-inf", "b", "0.1", "c", "1e300", "d", "+inf", "e"),
    encoding: "listpack",
    same: false,
  },
  {
    name: "sorted set",
    commands: every("ZADD", ...scored(words(500))),
    encoding: "skiplist",
    same: false,
  },
  {
    name: "stream",
    commands: [
      ...words(250).map((word, i) => ["XADD", "key", `${1000 + i}-${i}`, "f", word]),
      ["XADD", "key", "5000-0", "other", "1", "fields", "2"],
      ["XDEL", "key", "1003-3", "1000-0"],
      ["XGROUP", "CREATE", "key", "g", "1001-0"],
      ["XGROUP", "CREATE", "key", "behind", "0", "ENTRIESREAD", "0"],
      ["XREADGROUP", "GROUP", "g", "alice", "COUNT", "5", "STREAMS", "key", ">"],
      ["XREADGROUP", "GROUP", "g", "bob", "COUNT", "3", "STREAMS", "key", ">"],
      ["XGROUP", "CREATECONSUMER", "key", "g", "idle"],
      ["XACK", "key", "g", "1002-2"],
    ],
    encoding: "stream",
    same: false,
  },
  {
    name: "empty stream",
    commands: [["XADD", "key", "18446744073709551615-18446744073709551615", "f", "v"], [
      "XTRIM",
      "key",
      "MAXLEN",
      "0",
    ]],
    encoding: "stream",
    same: true,
  },
];

/** The commands that read all of a value of this type; the order of the reply means nothing for some. */
export function readingCalls(type: string, key: string): string[][] {
  const calls: Record<string, string[][]> = {
    string: [["GET", key]],
    list: [["LRANGE", key, "0", "-1"]],
    set: [["SMEMBERS", key]],
    hash: [["HGETALL", key]],
    zset: [["ZRANGE", key, "0", "-1", "WITHSCORES"], ["ZREVRANGE", key, "0", "-1"]],
    stream: [["XRANGE", key, "-", "+"], ["XREVRANGE", key, "+", "-", "COUNT", "9"]],
  };
  return calls[type];
}
