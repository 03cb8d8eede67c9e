/** Directives about databases, memory, the encodings of values, and what is observed of commands. */

import {
  directive,
  INT_MAX,
  INT_MIN,
  integer,
  LONG_MAX,
  memory,
  oneOf,
  ULONG_MAX,
  yesNo,
} from "./directive.ts";
import { EVENT_CLASSES, PERCENTILES } from "./special_types.ts";

const MB = 1024 * 1024;

/** Redis' bounds for `hz`. */
const HZ_MIN = 1, HZ_MAX = 500;

const NO_FREEING = "letting go of a value takes the same short time, whatever its size";
const NO_DEPRECATED = "scripts have none of the deprecated functions here";
const NO_DEFRAG = "memory is the JavaScript engine's to arrange";

/** See `DIRECTIVES`. */
export const DATA_DIRECTIVES = {
  "databases": integer(16, 1, INT_MAX, { immutable: true }),
  "hz": integer(10, 0, INT_MAX, { adjust: (hz) => Math.min(Math.max(hz, HZ_MIN), HZ_MAX) }),
  "dynamic-hz": yesNo("yes", {
    meaningless: "the cron's rate does not depend on how many clients there are",
  }),
  "active-expire-effort": integer(1, 1, 10),
  "activerehashing": yesNo("yes", { meaningless: "tables grow a little with every write" }),

  "maxmemory": memory(0, 0, ULONG_MAX),
  "maxmemory-policy": oneOf(
    [
      "volatile-lru",
      "volatile-lfu",
      "volatile-random",
      "volatile-ttl",
      "allkeys-lru",
      "allkeys-lfu",
      "allkeys-random",
      "noeviction",
    ],
    "noeviction",
  ),
  "maxmemory-samples": integer(5, 1, INT_MAX),
  "maxmemory-eviction-tenacity": integer(10, 0, 100),
  "lfu-log-factor": integer(10, 0, INT_MAX),
  "lfu-decay-time": integer(1, 0, INT_MAX),
  "lazyfree-lazy-eviction": yesNo("no"),
  "lazyfree-lazy-expire": yesNo("no"),
  "lazyfree-lazy-server-del": yesNo("no", { meaningless: NO_FREEING }),
  "lazyfree-lazy-user-del": yesNo("no", { meaningless: NO_FREEING }),
  "lazyfree-lazy-user-flush": yesNo("no", { meaningless: NO_FREEING }),
  "activedefrag": yesNo("no", { meaningless: NO_DEFRAG }),
  "active-defrag-ignore-bytes": memory(100 * MB, 1, LONG_MAX, { meaningless: NO_DEFRAG }),
  "active-defrag-threshold-lower": integer(10, 0, 1000, { meaningless: NO_DEFRAG }),
  "active-defrag-threshold-upper": integer(100, 0, 1000, { meaningless: NO_DEFRAG }),
  "active-defrag-cycle-min": integer(1, 1, 99, { meaningless: NO_DEFRAG }),
  "active-defrag-cycle-max": integer(25, 1, 99, { meaningless: NO_DEFRAG }),
  "active-defrag-max-scan-fields": integer(1000, 1, LONG_MAX, { meaningless: NO_DEFRAG }),

  "hash-max-listpack-entries": integer(512, 0, LONG_MAX, { alias: "hash-max-ziplist-entries" }),
  "hash-max-listpack-value": memory(64, 0, LONG_MAX, { alias: "hash-max-ziplist-value" }),
  "list-max-listpack-size": integer(-2, INT_MIN, INT_MAX, { alias: "list-max-ziplist-size" }),
  "list-compress-depth": integer(0, 0, INT_MAX, {
    meaningless: "lists are not compressed in memory",
  }),
  "set-max-intset-entries": integer(512, 0, LONG_MAX),
  "zset-max-listpack-entries": integer(128, 0, LONG_MAX, { alias: "zset-max-ziplist-entries" }),
  "zset-max-listpack-value": memory(64, 0, LONG_MAX, { alias: "zset-max-ziplist-value" }),
  "hll-sparse-max-bytes": memory(3000, 0, LONG_MAX),
  "stream-node-max-bytes": memory(4096, 0, LONG_MAX),
  "stream-node-max-entries": integer(100, 0, LONG_MAX),

  "notify-keyspace-events": directive(EVENT_CLASSES, 0),
  "slowlog-log-slower-than": integer(10000, -1, LONG_MAX),
  "slowlog-max-len": integer(128, 0, LONG_MAX),
  "latency-monitor-threshold": integer(0, 0, LONG_MAX),
  "latency-tracking": yesNo("yes"),
  "latency-tracking-info-percentiles": directive(PERCENTILES, [50, 99, 99.9]),
  "busy-reply-threshold": integer(5000, 0, LONG_MAX, { alias: "lua-time-limit" }),
  "lua-enable-deprecated-api": yesNo("no", {
    immutable: true,
    hidden: true,
    meaningless: NO_DEPRECATED,
  }),
} as const;
