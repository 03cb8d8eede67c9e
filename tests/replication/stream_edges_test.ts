/** What a replica's stream begins with, and that what was said last still leaves. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { waitFor } from "../support/wait_for.ts";
import { FakeReplica } from "./fake_replica.ts";
import { Member, roleTest } from "./topology.ts";

/** A replica that follows, and has been sent the databases that it is in. */
async function startFollower(primary: Member): Promise<FakeReplica> {
  const replica = await FakeReplica.connect(primary.port);
  await replica.introduce();
  await replica.psync();
  await replica.readSnapshot();
  await primary.waitForInfo("slave0", (line) => line?.includes("state=online") === true);
  await replica.acknowledge(0);
  return replica;
}

roleTest(
  "primary",
  "what changes while the data is sent begins with SELECT, whatever others were sent before",
  async (one) => {
    await using primary = await Member.start(one, { "rdb-key-save-delay": "20000" });
    await primary.texts("SELECT", "3");
    using other = await startFollower(primary);
    await primary.texts("SET", "k", "v");
    assertStringIncludes(await other.readSome(), "SELECT");
    await primary.texts("DEBUG", "POPULATE", "50");
    using replica = await FakeReplica.connect(primary.port);
    await replica.introduce();
    const sync = await replica.psync();
    // The snapshot takes a second.
    await primary.texts("SET", "meanwhile", "v");
    assertEquals(await primary.infoNumber("rdb_bgsave_in_progress", "persistence"), 1);
    await replica.readSnapshot();
    await primary.waitForInfo("slave1", (line) => line?.includes("state=online") === true);
    const expected = "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*3\r\n$3\r\nSET\r\n$9\r\nmeanwhile\r\n";
    await replica.acknowledge(sync.kind === "full" ? sync.offset : 0);
    assertEquals(await replica.read(expected.length), expected);
  },
);

roleTest(
  "primary",
  "a replica is sent the last change when SHUTDOWN NOW comes right behind it",
  async (one) => {
    await using primary = await Member.start(one);
    using replica = await startFollower(primary);
    await primary.texts("SET", "first", "v");
    assertStringIncludes(await replica.readSome(), "first");
    const client = await primary.server.connect();
    await Promise.all([client.send("SET", "last", "v"), client.send("SHUTDOWN", "NOSAVE", "NOW")]);
    assertStringIncludes(await replica.readToEnd(), "last");
  },
);

roleTest(
  "primary",
  "a replica is let go when there can be no snapshot for it",
  async (one) => {
    await using primary = await Member.start(one, { "repl-diskless-sync": "no" });
    await Deno.remove(primary.server.dir, { recursive: true });
    using replica = await FakeReplica.connect(primary.port);
    await replica.introduce();
    await replica.send("PSYNC", "?", "-1");
    const said = await replica.readToEnd();
    // redis-server learns of it from its child.
    if (one === "miniredis") {
      assertEquals(said, "-ERR BGSAVE failed, replication can't continue\r\n");
    }
    await waitFor("it to be gone", async () => {
      return await primary.infoNumber("connected_slaves") === 0;
    });
    // Its owner is going to remove it.
    await Deno.mkdir(primary.server.dir);
  },
);
