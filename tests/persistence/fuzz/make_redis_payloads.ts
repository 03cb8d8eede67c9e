/**
 * Writes redis_payloads.json: what DUMP of a real redis-server gives for small values in every encoding.
 *
 *     deno run -A tests/persistence/fuzz/make_redis_payloads.ts
 *     deno fmt tests/persistence/fuzz/redis_payloads.json
 */

import { bytesOf } from "../../../src/base/span.ts";
import { startReference } from "../../support/reference.ts";
import { SAMPLES } from "../rdb_samples.ts";

/** Larger ones are left out: damage to them hits text most of the time. */
const LARGEST = 4000;

/** Limits under which small values have the encodings of large ones. */
const TINY_LIMITS = [
  ["hash-max-listpack-entries", "2"],
  ["zset-max-listpack-entries", "2"],
  ["set-max-intset-entries", "3"],
  ["list-max-listpack-size", "3"],
  ["stream-node-max-entries", "3"],
];

const text = "abcabcabcabcabcabcabcabcabcabc";

const MORE: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  ["string that is compressed", [["SET", "key", text + text]]],
  ["intset of 16 bits", [["SADD", "key", "1", "-5", "300"]]],
  ["intset of 32 bits", [["SADD", "key", "1", "-5", "70000"]]],
  ["intset of 64 bits", [["SADD", "key", "1", "-5", "9223372036854775807"]]],
  ["set", [["SADD", "key", "a", "b", "12", text, "x"]]],
  ["list", [["RPUSH", "key", "a", "b", "12", text, "x", "-70000", "9223372036854775807"]]],
  ["hash", [["HSET", "key", "a", "1", "b", "-70000", "c", text, "d", "", "12", "y"]]],
  ["sorted set", [["ZADD", "key", "1", "a", "-inf", "b", "0.1", "c", "1", "d", "inf", "12"]]],
  ["sorted set of one score", [["ZADD", "key", "0", "a", "0", "b", "0", "c", "0", "d"]]],
  ["places", [["GEOADD", "key", "13.361389", "38.115556", "P", "15.087269", "37.502669", "C"]]],
  [
    "stream",
    [
      ...[1, 2, 3, 4, 5, 6, 7].map((i) => ["XADD", "key", `${i}-${i}`, "field", `value ${i}`]),
      ["XADD", "key", "8-1", "other", "1", "fields", "70000"],
      ["XDEL", "key", "2-2", "6-6"],
      ["XGROUP", "CREATE", "key", "g", "0"],
      ["XGROUP", "CREATE", "key", "none", "$"],
      ["XREADGROUP", "GROUP", "g", "alice", "COUNT", "2", "STREAMS", "key", ">"],
      ["XREADGROUP", "GROUP", "g", "bob", "COUNT", "2", "STREAMS", "key", ">"],
      ["XGROUP", "CREATECONSUMER", "key", "g", "idle"],
      ["XACK", "key", "g", "1-1"],
    ],
  ],
  ["HyperLogLog", [["PFADD", "key", "a", "b", "c"]]],
];

await using reference = await startReference();
const client = await reference.connect();
const payloads: [string, string][] = [];
const seen = new Set<string>();

async function take(name: string, commands: readonly (readonly string[])[]): Promise<void> {
  await client.texts("FLUSHALL");
  for (const command of commands) await client.texts(...command);
  const [payload] = await client.texts("DUMP", "key");
  if (payload.length > LARGEST || seen.has(payload)) return;
  seen.add(payload);
  payloads.push([name, btoa(payload)]);
}

for (const limits of ["usual", "tiny"]) {
  if (limits === "tiny") {
    for (const [name, value] of TINY_LIMITS) await client.texts("CONFIG", "SET", name, value);
    await client.texts("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "20b");
  }
  for (const compression of ["yes", "no"]) {
    await client.texts("CONFIG", "SET", "rdbcompression", compression);
    for (const [name, commands] of MORE) await take(name, commands);
    for (const { name, commands } of SAMPLES) await take(name, commands);
  }
}
await client.close();
const lines = payloads.map(([name, base64]) => `  ${JSON.stringify([name, base64])}`);
const json = bytesOf(`[\n${lines.join(",\n")}\n]\n`);
Deno.writeFileSync(new URL("redis_payloads.json", import.meta.url), json);
console.log(`${payloads.length} payloads, ${json.length} bytes`);
