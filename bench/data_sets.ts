/** What servers are filled with when their memory is measured. */

import { encodeCommand } from "./raw_connection.ts";
import { benchmarkKey } from "./throughput.ts";

/** Data of one shape. */
export interface DataSet {
  readonly name: string;
  /** How many commands it takes. */
  readonly commands: number;
  readonly command: (i: number) => string;
  /** How many lines each is replied with. */
  readonly replyLines: number;
}

const MEMBERS_AT_ONCE = 100;

/** So many arguments or pairs of them. */
function list(count: number, element: (i: number) => string | readonly string[]): string[] {
  return Array.from({ length: count }, (_, i) => element(i)).flat();
}

export const STRINGS: DataSet = {
  name: "1,000,000 keys",
  commands: 1_000_000,
  command: (i) => encodeCommand("SET", benchmarkKey(i), "v".repeat(32)),
  replyLines: 1,
};

export const SMALL_HASHES: DataSet = {
  name: "100,000 hashes of 10 fields",
  commands: 100_000,
  command: (i) =>
    encodeCommand("HSET", benchmarkKey(i), ...list(10, (f) => [`field:${f}`, `value:${i + f}`])),
  replyLines: 1,
};

export const SORTED_SET: DataSet = {
  name: "a sorted set of 1,000,000",
  commands: 1_000_000 / MEMBERS_AT_ONCE,
  command: (at) =>
    encodeCommand(
      "ZADD",
      "board",
      ...list(MEMBERS_AT_ONCE, (n) => {
        const i = at * MEMBERS_AT_ONCE + n;
        return [String(i * 7919 % 1_000_000), benchmarkKey(i)];
      }),
    ),
  replyLines: 1,
};

/** Data of all types, small, middle-sized and large. */
export const ALL_TYPES: readonly DataSet[] = [
  STRINGS,
  {
    name: "500,000 counters with a time to live",
    commands: 500_000,
    command: (i) => encodeCommand("SET", benchmarkKey(i), String(i * 1000), "EX", "100000"),
    replyLines: 1,
  },
  {
    name: "2,000 values of 100 KB",
    commands: 2000,
    command: (i) => encodeCommand("SET", benchmarkKey(i), "v".repeat(100_000)),
    replyLines: 1,
  },
  SMALL_HASHES,
  {
    name: "10,000 hashes of 300 fields",
    commands: 10_000,
    command: (i) =>
      encodeCommand("HSET", benchmarkKey(i), ...list(300, (f) => [`field:${f}`, `value:${i + f}`])),
    replyLines: 1,
  },
  {
    name: "20,000 sets of 200 members",
    commands: 20_000,
    command: (i) => encodeCommand("SADD", benchmarkKey(i), ...list(200, (m) => `member:${i + m}`)),
    replyLines: 1,
  },
  SORTED_SET,
  {
    name: "20,000 sorted sets of 200",
    commands: 20_000,
    command: (i) =>
      encodeCommand(
        "ZADD",
        benchmarkKey(i),
        ...list(200, (m) => [String(m * 7919 % 1000), `member:${i + m}`]),
      ),
    replyLines: 1,
  },
  {
    name: "100,000 lists of 20 elements",
    commands: 100_000,
    command: (i) => encodeCommand("RPUSH", benchmarkKey(i), ...list(20, (e) => `element:${i + e}`)),
    replyLines: 1,
  },
  {
    name: "40,000 streams of 10 entries",
    commands: 400_000,
    command: (i) =>
      encodeCommand(
        "XADD",
        benchmarkKey(Math.floor(i / 10)),
        "*",
        "temperature",
        `${i}`,
        "humidity",
        "60",
      ),
    replyLines: 2,
  },
];
