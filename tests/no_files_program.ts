/**
 * A program that embeds a server without a directory, and may do nothing but listen and connect: prints the
 * replies to some commands as JSON. Run by mod_test.ts.
 */

import { startServer } from "../src/mod.ts";
import { RawClient } from "./support/raw_client.ts";

await using server = await startServer();
const client = await RawClient.connect(server.port);
const replies: Record<string, string> = {};
for (
  const command of [
    ["SET", "key", "value"],
    ["DBSIZE"],
    ["SAVE"],
    ["BGSAVE"],
    ["BGREWRITEAOF"],
    ["CONFIG", "SET", "appendonly", "yes"],
    ["CONFIG", "SET", "save", "900 1"],
    ["CONFIG", "GET", "dir"],
    ["INFO"],
    ["MEMORY", "STATS"],
    ["GET", "key"],
  ]
) {
  const { raw, text } = await client.call(...command);
  replies[command.join(" ")] = text ?? raw;
}
await client.close();
console.log(JSON.stringify(replies));
