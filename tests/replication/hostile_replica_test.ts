/** A primary whose replica lies, asks for what is not there or never reads stays well. */

import { assert, assertEquals } from "@std/assert";
import { megabytes, residentMemory } from "../support/process_figures.ts";
import { waitFor } from "../support/wait_for.ts";
import { FakeReplica, type Sync } from "./fake_replica.ts";
import { Member, roleTest } from "./topology.ts";

const HISTORY = "0123456789abcdef0123456789abcdef01234567";

/** Connects and asks for a part of a history. */
async function ask(primary: Member, id: string, offset: string | number): Promise<Sync["kind"]> {
  using replica = await FakeReplica.connect(primary.port);
  await replica.introduce();
  return (await replica.psync(id, Number(offset))).kind;
}

/** Acknowledges a snapshot that was read, until the primary sends the stream. */
async function beginStream(primary: Member, replica: FakeReplica): Promise<void> {
  await replica.acknowledge(0);
  await primary.waitForInfo("slave0", (line) => line?.includes("state=online") ?? false);
  // One that comes before the primary has seen its snapshot's process end does not begin the stream.
  await replica.acknowledge(0);
}

roleTest("primary", "a primary sends all where a part of a history is not there", async (one) => {
  await using primary = await Member.start(one);
  using first = await FakeReplica.connect(primary.port);
  await first.introduce();
  const sync = await first.psync();
  if (sync.kind !== "full") throw new Error(JSON.stringify(sync));
  await first.readSnapshot();
  await primary.texts("SET", "k", "v");
  const end = await primary.offset();
  const start = await primary.infoNumber("repl_backlog_first_byte_offset");
  assertEquals(await ask(primary, sync.id, start), "partial");
  assertEquals(await ask(primary, sync.id, end + 1), "partial");
  for (const offset of [end + 2, end + 1000, 0, -5, 2 ** 52]) {
    assertEquals(await ask(primary, sync.id, offset), "full", String(offset));
  }
  for (const id of [HISTORY, "?", "short", "x".repeat(10_000)]) {
    assertEquals(await ask(primary, id, end), "full", id.slice(0, 50));
  }
  assertEquals(await primary.texts("PING"), ["PONG"]);
});

roleTest("primary", "a primary refuses an offset that is no number", async (one) => {
  await using primary = await Member.start(one);
  using replica = await FakeReplica.connect(primary.port);
  await replica.introduce();
  const line = await replica.call("PSYNC", HISTORY, "many");
  assertEquals(line, "-ERR value is not an integer or out of range");
});

roleTest(
  "primary",
  "a replica that acknowledges more than there is makes WAIT count it",
  async (one) => {
    await using primary = await Member.start(one);
    using replica = await FakeReplica.connect(primary.port);
    await replica.introduce();
    await replica.psync();
    await replica.readSnapshot();
    await beginStream(primary, replica);
    await primary.texts("SET", "k", "v");
    assertEquals(await primary.texts("WAIT", "1", "50"), ["0"]);
    await replica.acknowledge(1_000_000_000);
    assertEquals(await primary.texts("WAIT", "1", "60000"), ["1"]);
    // What it has said it does not take back.
    for (const wrong of ["5", "-1", "0"]) await replica.send("REPLCONF", "ACK", wrong);
    assertEquals(await primary.texts("WAIT", "1", "50"), ["1"]);
    assertEquals(await primary.infoNumber("connected_slaves"), 1);
  },
);

roleTest(
  "primary",
  "a primary answers no acknowledgement, and begins the stream with SELECT",
  async (one) => {
    await using primary = await Member.start(one);
    using replica = await FakeReplica.connect(primary.port);
    assertEquals(await replica.call("REPLCONF", "listening-port"), "-ERR syntax error");
    assertEquals(
      await replica.call("REPLCONF", "nosuch", "1"),
      "-ERR Unrecognized REPLCONF option: nosuch",
    );
    await replica.introduce();
    await replica.psync();
    await replica.readSnapshot();
    await beginStream(primary, replica);
    // An acknowledgement is not answered, whatever it is.
    await replica.send("REPLCONF", "ACK", "abc");
    await primary.texts("SET", "k", "v");
    const expected = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
    assertEquals(await replica.read(expected.length), expected);
    assertEquals(await primary.texts("PING"), ["PONG"]);
  },
);

roleTest("primary", "a primary cuts off a replica that never reads", async (one) => {
  await using primary = await Member.start(one, {
    "client-output-buffer-limit": "replica 8mb 0 0",
    "repl-backlog-size": "1mb",
  });
  using replica = await FakeReplica.connect(primary.port);
  await replica.introduce();
  await replica.psync();
  await replica.readSnapshot();
  await beginStream(primary, replica);
  const before = residentMemory(primary.server.pid);
  const value = "x".repeat(1_000_000);
  for (let i = 0; i < 60; i++) await primary.texts("SET", "k", value);
  await primary.waitForInfo("connected_slaves", (count) => count === "0");
  const grown = residentMemory(primary.server.pid) - before;
  assert(grown < megabytes(200), `${grown} bytes`);
});

roleTest("primary", "a primary gives up a replica that never reads its snapshot", async (one) => {
  await using primary = await Member.start(one, {
    "repl-timeout": "2",
    "rdbcompression": "no",
  });
  await primary.texts("DEBUG", "POPULATE", "20000", "key", "1000");
  using replica = await FakeReplica.connect(primary.port);
  await replica.introduce();
  const sync = await replica.psync();
  assertEquals(sync.kind, "full");
  await primary.waitForInfo("connected_slaves", (count) => count === "0");
  await primary.waitForInfo("rdb_bgsave_in_progress", (now) => now === "0", "persistence");
  // Another one is served.
  using other = await FakeReplica.connect(primary.port);
  await other.introduce();
  await other.psync();
  assert((await other.readSnapshot()).rdb.length > 20_000_000);
});

roleTest(
  "primary",
  "replicas that leave in the middle of the handshake leave nothing behind",
  async (one) => {
    await using primary = await Member.start(one);
    for (let i = 0; i < 30; i++) {
      using replica = await FakeReplica.connect(primary.port);
      if (i % 3 > 0) await replica.introduce();
      if (i % 3 > 1) await replica.send("PSYNC", "?", "-1");
    }
    await waitFor(
      "the primary to notice",
      async () => (await primary.infoNumber("connected_slaves")) === 0,
    );
    await primary.waitForInfo("connected_clients", (count) => count === "1", "clients");
    await primary.waitForInfo("rdb_bgsave_in_progress", (now) => now === "0", "persistence");
  },
);
