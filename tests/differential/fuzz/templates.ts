/** Calls of commands that COMMAND DOCS does not describe, or whose arguments must not be any. */

import type { Random } from "../../support/random.ts";
import { ALL_KEYS, element } from "../random/values.ts";
import { extreme } from "./extremes.ts";

/** Directives that hold numbers, none of which ends a server or a connection whatever it is. */
const NUMERIC_DIRECTIVES = [
  "acllog-max-len",
  "active-expire-effort",
  "auto-aof-rewrite-min-size",
  "cluster-node-timeout",
  "hash-max-listpack-entries",
  "hash-max-listpack-value",
  "hash-max-ziplist-entries",
  "hll-sparse-max-bytes",
  "hz",
  "latency-monitor-threshold",
  "lfu-decay-time",
  "lfu-log-factor",
  "list-max-listpack-size",
  "list-max-ziplist-size",
  "maxmemory-eviction-tenacity",
  "maxmemory-samples",
  "min-replicas-max-lag",
  "repl-backlog-size",
  "repl-backlog-ttl",
  "repl-timeout",
  "set-max-intset-entries",
  "slowlog-log-slower-than",
  "slowlog-max-len",
  "stream-node-max-entries",
  "tracking-table-max-keys",
  "zset-max-listpack-entries",
  "zset-max-listpack-value",
  "zset-max-ziplist-entries",
];

const SIZES = ["b", "k", "kb", "m", "mb", "g", "gb", "GB", "x", "%"];

/** Ports that nobody listens at, in one way or another. */
const DEAD_PORTS = ["1", "0", "-1", "65536", "99999999999999999999", "abc", "", "1.5"];

/** A number that names no connection of the harness. */
function foreignId(random: Random): string {
  const id = extreme(random);
  return /^\+?\d{1,6}$/.test(id.trim()) ? "1000000000" : id;
}

type Template = (random: Random) => string[];

const key: (random: Random) => string = (random) => random.pick(ALL_KEYS);

const TEMPLATES: readonly Template[] = [
  (random) => {
    const number = extreme(random);
    const value = random.chance(0.3) ? number + random.pick(SIZES) : number;
    return ["CONFIG", "SET", random.pick(NUMERIC_DIRECTIVES), value];
  },
  (random) => ["CONFIG", "SET", "proto-max-bulk-len", random.pick(["1mb", "0", "-1", "1048575"])],
  (random) => ["CONFIG", "SET", "client-output-buffer-limit", `replica ${extreme(random)} 0 0`],
  (random) => ["CONFIG", "SET", "latency-tracking-info-percentiles", extreme(random)],
  (random) => ["CONFIG", "SET", "oom-score-adj-values", `${extreme(random)} 1 2`],
  (random) => ["CONFIG", "GET", random.pick(["*max*", "hash-*", "", "[", "slowlog-max-len"])],
  (random) => ["CLIENT", "KILL", "ID", foreignId(random)],
  (random) => ["CLIENT", "KILL", "SKIPME", "yes", "ID", foreignId(random)],
  (random) => ["CLIENT", "KILL", random.pick(["127.0.0.1:1", "", "x", "ADDR"])],
  (random) => ["CLIENT", "KILL", "LADDR", random.pick(["127.0.0.1:1", "x:0"]), "USER", "nobody"],
  (random) => ["CLIENT", "PAUSE", random.pick(["-1", "abc", "", "1.5", "9223372036854775808"])],
  (random) => ["CLIENT", "LIST", "ID", foreignId(random), foreignId(random)],
  (random) => [
    ...["MIGRATE", "127.0.0.1", random.pick(DEAD_PORTS), random.pick([key(random), "", "none"])],
    ...[extreme(random), random.pick(["-1", "0", "10", "abc", "9223372036854775808", "1.5"])],
    ...random.pick([[], ["COPY"], ["REPLACE"], ["AUTH"], ["AUTH2", "a"], ["KEYS", "none"]]),
  ],
  (
    random,
  ) => [
    "DEBUG",
    "SLEEP",
    random.pick(["0", "-1", "nan", "abc", "", "0.001", "-inf", "inf", "1e300"]),
  ],
  (random) => ["DEBUG", "OBJECT", key(random)],
  (random) => ["DEBUG", "LISTPACK", key(random)],
  (random) => ["DEBUG", "QUICKLIST", key(random), extreme(random)],
  (random) => ["DEBUG", "DIGEST-VALUE", key(random), key(random)],
  () => ["DEBUG", "DIGEST"],
  (random) => ["DEBUG", "ERROR", element(random)],
  (random) => ["DEBUG", "QUICKLIST-PACKED-THRESHOLD", extreme(random)],
  (random) => ["DEBUG", "REPLYBUFFER", "PEAK-RESET-TIME", extreme(random)],
  (random) => ["DEBUG", "REPLYBUFFER", "RESIZING", extreme(random)],
  (random) => ["DEBUG", "SET-ACTIVE-EXPIRE", extreme(random)],
  (random) => ["DEBUG", "PROTOCOL", random.pick(["integer", "double", "bignum", "null", "x"])],
  (random) => [
    ...["DEBUG", "POPULATE", random.pick(["0", "-1", "3", "abc", "", "9223372036854775808"]), "k"],
    ...random.pick([[], ["0"], ["10"], ["-1"], ["abc"], ["9223372036854775808"], ["1.5"]]),
  ],
  (random) => ["PFDEBUG", random.pick(["GETREG", "DECODE", "ENCODING", "TODENSE"]), key(random)],
  (random) => ["LOLWUT", "VERSION", extreme(random), extreme(random), extreme(random)],
  (random) => ["LOLWUT", "VERSION", random.pick(["5", "6"]), extreme(random), extreme(random)],
  (
    random,
  ) => ["ACL", "SETUSER", "u1", random.pick(["on", "off", ">p", "~*", "+get", "+@all", "x"])],
  (random) => ["CLUSTER", "KEYSLOT", element(random)],
  (
    random,
  ) => ["RESTORE", key(random), extreme(random), element(random), "IDLETIME", extreme(random)],
];

/** One of these calls. */
export function fromTemplate(random: Random): string[] {
  return random.pick(TEMPLATES)(random);
}
