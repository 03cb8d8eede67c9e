/**
 * Talks to the server with a client from npm, as it would to Redis.
 *
 *     deno run -A examples/library_client.ts [redis://127.0.0.1:6379]
 */

import { createClient } from "redis";
import { findServer } from "./find_server.ts";

await using server = await findServer();
const client = await createClient({ url: server.url.href }).connect();
const keys = ["example:greeting", "example:user", "example:visits"];
await client.del(keys);

console.log("strings:", await client.set("example:greeting", "hello"));
console.log("  GET", await client.get("example:greeting"));
console.log("  SET NX", await client.set("example:greeting", "hi", { condition: "NX" }));
console.log("  INCRBY", await client.incrBy("example:visits", 42));

console.log("hashes:", await client.hSet("example:user", { name: "Ann", born: "1970" }));
console.log("  HGET", await client.hGet("example:user", "name"));
console.log("  HGETALL", { ...await client.hGetAll("example:user") });
console.log("  HINCRBY", await client.hIncrBy("example:user", "born", 10));

console.log("TTLs:", await client.expire("example:greeting", 100));
console.log("  TTL", await client.ttl("example:greeting"));
console.log("  PERSIST", await client.persist("example:greeting"));
console.log("  TTL", await client.ttl("example:greeting"));

// Commands that are not awaited one by one travel together.
const replies = await Promise.all([
  client.incr("example:visits"),
  client.incr("example:greeting").catch((error: Error) => `error: ${error.message}`),
  client.incr("example:visits"),
]);
console.log("pipeline:");
for (const reply of replies) console.log(" ", reply);

const found: string[] = [];
for await (const batch of client.scanIterator({ MATCH: "example:*" })) found.push(...batch);
console.log("scan:", found.sort());

console.log("cleaned up:", await client.del(keys));
await client.close();
