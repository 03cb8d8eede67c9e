/** DUMP payloads between redis-server and us: each takes what the other gives, for every encoding. */

import { assert, assertEquals } from "@std/assert";
import { startMiniredis } from "../support/miniredis_process.ts";
import type { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { readingCalls, type Sample, SAMPLES } from "./rdb_samples.ts";

/** All that can be read of a key, as one text. */
async function listing(client: RawClient, key: string): Promise<string> {
  const type = (await client.texts("TYPE", key))[0];
  const texts = [type, (await client.texts("OBJECT", "ENCODING", key))[0]];
  for (const call of readingCalls(type, key)) {
    const reply = await client.texts(...call);
    // Tables have no order.
    texts.push((type === "set" || type === "hash" ? reply.sort() : reply).join(" "));
  }
  if (type === "stream") {
    const full = await client.texts("XINFO", "STREAM", key, "FULL", "COUNT", "0");
    texts.push(full.filter((_, i) => !/^radix-tree/.test(full[i - 1] ?? "")).join(" "));
  }
  return texts.join("\n");
}

async function dump(client: RawClient, key: string): Promise<string> {
  return (await client.texts("DUMP", key))[0];
}

async function create(client: RawClient, { commands }: Sample): Promise<void> {
  await client.texts("FLUSHALL");
  for (const reply of await client.pipeline(commands)) assert(reply.type !== "-", reply.raw);
}

referenceTest("DUMP payloads of both servers are taken by the other", async (t) => {
  await using reference = await startReference({ directives: { "sanitize-dump-payload": "yes" } });
  await using server = await startMiniredis();
  const theirs = await reference.connect(), ours = await server.connect();
  for (const sample of SAMPLES) {
    await t.step(sample.name, async () => {
      await create(theirs, sample);
      await create(ours, sample);
      if (sample.same) assertEquals(await dump(ours, "key"), await dump(theirs, "key"));
      for (const [from, to] of [[theirs, ours], [ours, theirs]]) {
        const payload = await dump(from, "key");
        assertEquals(await to.texts("RESTORE", "copy", "0", payload), ["OK"]);
        const original = await listing(from, "key");
        assertEquals(original.split("\n")[1], sample.encoding);
        assertEquals(await listing(to, "copy"), original);
        // What was restored can be given on, and says the same.
        assertEquals(await from.texts("RESTORE", "back", "0", await dump(to, "copy")), ["OK"]);
        assertEquals(await listing(from, "back"), original);
        await from.texts("DEL", "back");
        await to.texts("DEL", "copy");
      }
    });
  }
  await theirs.close();
  await ours.close();
});
