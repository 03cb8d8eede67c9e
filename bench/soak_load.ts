/** Commands of all kinds on a data set that stays the same size. */

import { encodeCommand } from "./raw_connection.ts";

/** Commands that are sent together, and how many replies they have. */
export interface SoakCall {
  readonly text: string;
  readonly replies: number;
}

/** How many blocking clients wait at the lists `queue:0`, `queue:1` …, and subscribers at `channel:0` …. */
export const QUEUES = 10;
export const CHANNELS = 10;

const VALUE = "v".repeat(100);
const BIG_VALUE = "x".repeat(200_000);

function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}

function call(...commands: (readonly (string | number)[])[]): SoakCall {
  const text = commands.map((words) => encodeCommand(...words.map(String))).join("");
  return { text, replies: commands.length };
}

/** What a client may do next, as often as `weight` says. */
const KINDS: readonly (readonly [weight: number, make: () => SoakCall])[] = [
  [20, () => call(["SET", `string:${below(5000)}`, VALUE])],
  [20, () => call(["GET", `string:${below(5000)}`])],
  [5, () => call(["INCR", `counter:${below(100)}`], ["APPEND", `log:${below(10)}`, ""])],
  [5, () => call(["MGET", ...Array.from({ length: 20 }, () => `string:${below(5000)}`)])],
  [8, () => call(["HSET", `hash:${below(100)}`, `field:${below(200)}`, VALUE])],
  [4, () => call(["HGETALL", `hash:${below(100)}`])],
  [6, () => {
    const key = `list:${below(100)}`;
    return call(["LPUSH", key, VALUE], ["LTRIM", key, 0, 99], ["LRANGE", key, 0, 9]);
  }],
  [6, () => call(["SADD", `set:${below(50)}`, below(1000)], ["SPOP", `set:${below(50)}`])],
  [2, () => call(["SINTER", `set:${below(50)}`, `set:${below(50)}`])],
  [8, () => call(["ZADD", `ranking:${below(50)}`, below(10_000), `member:${below(500)}`])],
  [4, () => call(["ZRANGE", `ranking:${below(50)}`, 0, 20, "REV", "WITHSCORES"])],
  [5, () =>
    call(["XADD", `stream:${below(20)}`, "MAXLEN", "~", 500, "*", "field", VALUE], [
      ...["XREVRANGE", `stream:${below(20)}`, "+", "-", "COUNT", 5],
    ])],
  [5, () => call(["PUBLISH", `channel:${below(CHANNELS)}`, VALUE])],
  [5, () => call(["LPUSH", `queue:${below(QUEUES)}`, VALUE])],
  [6, () => {
    const key = `string:${below(5000)}`;
    return call(["MULTI"], ["SET", key, VALUE], ["STRLEN", key], ["INCR", "transactions"], [
      "EXEC",
    ]);
  }],
  [6, () => call(["SET", `expiring:${below(5000)}`, VALUE, "PX", 50 + below(3000)])],
  [1, () => call(["SET", `big:${below(20)}`, BIG_VALUE])],
  [1, () => call(["GET", `big:${below(20)}`])],
  [1, () => call(["SCAN", 0, "COUNT", 100, "MATCH", "string:*9"])],
  [1, () => call(["DEL", `hash:${below(100)}`], ["UNLINK", `list:${below(100)}`])],
];

const TOTAL_WEIGHT = KINDS.reduce((sum, [weight]) => sum + weight, 0);

/** What a client does next. */
export function nextCall(): SoakCall {
  let at = below(TOTAL_WEIGHT);
  for (const [weight, make] of KINDS) {
    if (at < weight) return make();
    at -= weight;
  }
  throw new Error("the weights do not add up");
}
