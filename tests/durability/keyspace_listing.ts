/** Everything that a server holds, as text that can be compared. */

import type { RawClient } from "../support/raw_client.ts";
import { READ_COMMANDS } from "../support/read_commands.ts";

/** A line for each key of the first `databases` databases: database, name, type, expiry and content. */
export async function listKeyspace(client: RawClient, databases = 16): Promise<string[]> {
  const lines: string[] = [];
  for (let database = 0; database < databases; database++) {
    await client.texts("SELECT", String(database));
    for (const key of (await client.texts("KEYS", "*")).sort()) {
      const [type] = await client.texts("TYPE", key);
      const [expiry] = await client.texts("PEXPIRETIME", key);
      const content = await client.texts(...READ_COMMANDS[type](key));
      lines.push(JSON.stringify([database, key, type, expiry, ...ordered(type, content)]));
    }
  }
  await client.texts("SELECT", "0");
  return lines;
}

/** Fields and members in an order that doesn't depend on where they are stored. */
function ordered(type: string, content: string[]): string[] {
  if (type === "set") return content.sort();
  if (type !== "hash") return content;
  const pairs: string[] = [];
  for (let i = 0; i < content.length; i += 2) {
    pairs.push(JSON.stringify([content[i], content[i + 1]]));
  }
  return pairs.sort();
}

const BINARY = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");

/** Commands that leave data of every type in several databases, propagated in all sorts of ways. */
export const SAMPLE_COMMANDS: readonly (readonly string[])[] = [
  ["SET", "plain", "value"],
  ["SET", "empty", ""],
  ["SET", BINARY, BINARY],
  ["SET", "long", "x".repeat(200_000)],
  ["SET", "number", "-9223372036854775808"],
  ["SET", "with seconds", "v", "EX", "100000"],
  ["SETEX", "with setex", "100000", "v"],
  ["SET", "with milliseconds", "v", "PX", "100000000"],
  ["SET", "gone", "v", "PX", "1"],
  ["SET", "kept", "v", "EX", "100000"],
  ["SET", "kept", "w", "KEEPTTL"],
  ["APPEND", "appended", "one"],
  ["APPEND", "appended", " two"],
  ["SETRANGE", "ranged", "5", "text"],
  ["INCRBYFLOAT", "float", "10.5"],
  ["INCRBYFLOAT", "float", "1e-5"],
  ["INCRBY", "counter", "41"],
  ["INCR", "counter"],
  ["MSET", "many:1", "1", "many:2", "2"],
  ["SET", "taken", "v"],
  ["GETDEL", "taken"],
  ["SET", "persistent", "v", "EX", "100000"],
  ["GETEX", "persistent", "PERSIST"],
  ["RPUSH", "list", "a", "12", "", BINARY],
  ["LPOP", "list"],
  ["RPUSH", "large list", ...Array.from({ length: 600 }, (_, i) => `element ${i}`)],
  ["SADD", "numbers", "1", "2", "3"],
  ["SADD", "set", "1", "two", BINARY],
  ["SPOP", "numbers"],
  ["SADD", "large set", ...Array.from({ length: 600 }, (_, i) => `member ${i}`)],
  ["ZADD", "sorted set", "1.5", "one", "-inf", BINARY, "2", "two"],
  ["ZINCRBY", "sorted set", "0.1", "two"],
  ["ZREM", "sorted set", "one"],
  ["ZADD", "large sorted set", ...Array.from({ length: 600 }, (_, i) => [`${i}`, `m${i}`]).flat()],
  ["GEOADD", "places", "13.361389", "38.115556", "Palermo"],
  ["DEL", "stream"],
  ["XADD", "stream", "1-1", "field", "value", "binary", BINARY],
  ["XADD", "stream", "MAXLEN", "~", "1000", "2-*", "field", "value"],
  ["XADD", "stream", "*", "field", "value"],
  ["XDEL", "stream", "1-1"],
  ["XGROUP", "CREATE", "stream", "group", "0"],
  ["XREADGROUP", "GROUP", "group", "consumer", "COUNT", "1", "STREAMS", "stream", ">"],
  ["PFADD", "log", "a", "b", "c"],
  ["SETBIT", "bits", "1000", "1"],
  ["SELECT", "3"],
  ["HSET", "hash", "field", "value", "number", "12", "", "", BINARY, BINARY],
  ["EXPIRE", "hash", "100000"],
  ["HINCRBY", "hash", "number", "30"],
  ["HINCRBYFLOAT", "hash", "float", "0.1"],
  ["HDEL", "hash", "field"],
  ...Array.from({ length: 700 }, (_, i) => ["HSET", "large hash", `field ${i}`, `value ${i}`]),
  ["HSET", "wide hash", "field", "y".repeat(1000)],
  ["MULTI"],
  ["SET", "in transaction", "1"],
  ["SELECT", "15"],
  ["HSET", "in transaction", "a", "1"],
  ["PEXPIRE", "in transaction", "100000000"],
  ["EXEC"],
  ["RENAME", "in transaction", "renamed"],
  ["MULTI"],
  ["EXEC"],
  ["SELECT", "0"],
  ["COPY", "plain", "copied"],
  ["MOVE", "copied", "7"],
  ["SET", "swapped", "0"],
  ["SWAPDB", "0", "9"],
  ["SET", "after swap", "v"],
  ["UNLINK", "number", "nothing"],
];
