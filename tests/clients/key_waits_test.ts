/** Clients that wait for keys. */

import { assert, assertEquals } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { bytesOf, Span } from "../../src/base/span.ts";
import type { BlockingRequest } from "../../src/commands/views/blocking.ts";
import { BLPOP } from "../../src/commands/list/blocking.ts";
import { Command } from "../../src/commands/registry.ts";
import { ValueType } from "../../src/data/value.ts";
import { Keyspace } from "../../src/keyspace/keyspace.ts";
import { Statistics } from "../../src/observe/statistics.ts";
import { Frame } from "../../src/resp/frame.ts";
import { KeyWaits } from "../../src/clients/key_waits.ts";
import { Waiting } from "../../src/clients/waiting.ts";
import type { Client } from "../../src/clients/client.ts";
import { type RawClient } from "../support/raw_client.ts";
import { leaves } from "../support/reply.ts";
import { waitFor } from "../support/wait_for.ts";
import { type EmbeddedParts, startEmbedded } from "../support/embedded.ts";

/** Has clients wait, one after the other, with the same command. */
async function haveWait(
  parts: EmbeddedParts,
  count: number,
  ...args: string[]
): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  const before = parts.server.waiting.count;
  for (let i = 1; i <= count; i++) {
    const client = await parts.connect();
    await client.send(...args);
    await waitFor("the client to wait", () => parts.server.waiting.count === before + i);
    clients.push(client);
  }
  return clients;
}

Deno.test("KeyWaits serves clients in the order in which they came", async () => {
  await using parts = await startEmbedded();
  const waiting = await haveWait(parts, 3, "BLPOP", "list", "other", "0");
  const client = await parts.connect();
  await client.texts("RPUSH", "list", "a", "b");
  assertEquals(leaves(await waiting[0].read()), ["list", "a"]);
  assertEquals(leaves(await waiting[1].read()), ["list", "b"]);
  assertEquals(parts.server.waiting.count, 1);
  await client.texts("RPUSH", "other", "c");
  assertEquals(leaves(await waiting[2].read()), ["other", "c"]);
  assertEquals(parts.server.waiting.count, 0);
  assertEquals(await client.texts("EXISTS", "list", "other"), ["0"]);
});

Deno.test("KeyWaits serves after a transaction has ended, and not within it", async () => {
  await using parts = await startEmbedded();
  const [waiting] = await haveWait(parts, 1, "BLPOP", "list", "0");
  const client = await parts.connect();
  const unit = [["MULTI"], ["RPUSH", "list", "a", "b"], ["LPOP", "list"], ["LLEN", "list"], [
    "EXEC",
  ]];
  const replies = await client.pipeline(unit);
  assertEquals(leaves(replies[4]), ["2", "a", "1"]);
  assertEquals(leaves(await waiting.read()), ["list", "b"]);
});

Deno.test("KeyWaits ends a wait when its time is over, by the server's clock", async () => {
  await using parts = await startEmbedded();
  const [short] = await haveWait(parts, 1, "BLPOP", "list", "0.5");
  const [long] = await haveWait(parts, 1, "BLPOP", "list", "100");
  parts.clock.advance(499);
  assertEquals(parts.server.waiting.count, 2);
  parts.clock.advance(1);
  assertEquals((await short.read()).raw, "*-1\r\n");
  assertEquals(parts.server.waiting.count, 1);
  // Whoever waited is an ordinary client again.
  assertEquals(await short.texts("RPUSH", "list", "x"), ["1"]);
  assertEquals(leaves(await long.read()), ["list", "x"]);
  parts.clock.advance(1_000_000);
  assertEquals(await long.texts("PING"), ["PONG"]);
});

Deno.test("KeyWaits ends waits that CLIENT UNBLOCK names", async () => {
  await using parts = await startEmbedded();
  const [first, second] = await haveWait(parts, 2, "BLPOP", "list", "0");
  const client = await parts.connect();
  const ids = [...parts.server.clients].filter(({ isWaiting }) => isWaiting).map(({ id }) =>
    String(id)
  );
  assertEquals(await client.texts("CLIENT", "UNBLOCK", ids[0]), ["1"]);
  assertEquals((await first.read()).raw, "*-1\r\n");
  assertEquals(await client.texts("CLIENT", "UNBLOCK", ids[1], "ERROR"), ["1"]);
  assertEquals((await second.read()).text, "UNBLOCKED client unblocked via CLIENT UNBLOCK");
  assertEquals(await client.texts("CLIENT", "UNBLOCK", ids[0]), ["0"]);
  assertEquals(await first.texts("PING"), ["PONG"]);
});

Deno.test("KeyWaits forgets a client that goes while it waits", async () => {
  await using parts = await startEmbedded();
  const [first, second] = await haveWait(parts, 2, "BLPOP", "list", "10");
  const client = await parts.connect();
  await first.close();
  await waitFor("the client to be forgotten", () => parts.server.waiting.count === 1);
  await client.texts("RPUSH", "list", "x");
  assertEquals(leaves(await second.read()), ["list", "x"]);
  const [killed] = await haveWait(parts, 1, "BLPOP", "list", "10");
  const [id] = [...parts.server.clients].filter(({ isWaiting }) => isWaiting).map(({ id }) => id);
  assertEquals(await client.texts("CLIENT", "KILL", "ID", String(id)), ["1"]);
  assert(await killed.waitForClose());
  assertEquals(parts.server.waiting.count, 0);
  // A timer that was left would now answer somebody who is gone.
  parts.clock.advance(20_000);
});

Deno.test("KeyWaits propagates what a served client took as the command that takes it", async () => {
  await using parts = await startEmbedded({ appendonly: "yes" });
  await haveWait(parts, 1, "BLPOP", "list", "0");
  const client = await parts.connect();
  await client.texts("RPUSH", "list", "x");
  await client.texts("SET", "last", "1");
  const file = parts.files.text("appendonlydir/appendonly.aof.1.incr.aof") ?? "";
  const commands = file.split(/\*\d+\r\n/).map((text) =>
    text.split("\r\n").filter((_, i) => i % 2 === 1)
  );
  assertEquals(commands.slice(2).map((words) => words.join(" ")), [
    "RPUSH list x",
    "LPOP list",
    "SET last 1",
  ]);
});

Deno.test("KeyWaits counts a wait that CLIENT UNBLOCK ends with an error as one that failed", async () => {
  await using parts = await startEmbedded();
  const [waiting] = await haveWait(parts, 1, "BLPOP", "list", "0");
  const [id] = [...parts.server.clients].filter(({ isWaiting }) => isWaiting).map(({ id }) => id);
  const client = await parts.connect();
  await client.texts("CLIENT", "UNBLOCK", String(id), "ERROR");
  assertEquals(leaves(await waiting.read()), ["UNBLOCKED client unblocked via CLIENT UNBLOCK"]);
  const failed = (await client.texts("INFO", "commandstats"))[0].split("\r\n")
    .filter((line) => line.endsWith("failed_calls=1")).map((line) => line.split(":")[0]);
  // Redis counts the error as one of both commands.
  assertEquals(failed.sort(), ["cmdstat_blpop", "cmdstat_client|unblock"]);
});

Deno.test("KeyWaits wakes clients when a key comes by RENAME, MOVE, COPY or SWAPDB", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect();
  const makers = [
    [["RPUSH", "source", "x"], ["RENAME", "source", "list"]],
    [["RPUSH", "source", "x"], ["COPY", "source", "list"], ["DEL", "source"]],
    [["SELECT", "1"], ["RPUSH", "list", "x"], ["MOVE", "list", "0"], ["SELECT", "0"]],
    [["SELECT", "1"], ["RPUSH", "list", "x"], ["SWAPDB", "0", "1"], ["SELECT", "0"]],
  ];
  for (const maker of makers) {
    const [waiting] = await haveWait(parts, 1, "BLPOP", "list", "0");
    for (const reply of await client.pipeline(maker)) assert(reply.type !== "-", reply.text);
    assertEquals(leaves(await waiting.read()), ["list", "x"], maker.join(" "));
  }
});

Deno.test("KeyWaits tries one client more than it serves, however many wait for a key", () => {
  const clock = new ManualClock(0);
  const keyspace = new Keyspace(clock, 1);
  const waiting = new Waiting({ clock, keyspace, statistics: new Statistics() });
  const waits = new KeyWaits<Client>(waiting);
  const [db] = keyspace.databases;
  const key = Span.ofString("list");
  const command = new Command(BLPOP, () => 0);
  let left = 3;
  const attempts: number[] = [];
  const wait = (type: ValueType, i: number) => {
    const request: BlockingRequest = {
      keys: [bytesOf("list"), bytesOf("list")],
      type,
      timeout: 0,
      attempt: () => {
        attempts.push(i);
        return type === ValueType.List && left-- > 0;
      },
      timedOut() {},
    };
    const frame = Frame.fromStrings(["BLPOP", "list", "list", "0"]);
    // As much of a client as waiting takes.
    waits.begin({ db, wait: null, resume() {} } as unknown as Client, command, frame, request);
  };
  for (let i = 0; i < 10_000; i++) wait(ValueType.List, i);
  for (let i = 0; i < 10_000; i++) wait(ValueType.SortedSet, 10_000 + i);
  waits.keyReady(db, key);
  waits.serveReady((_client, _command, _frame, act) => act());
  assertEquals(attempts, [0, 1, 2, 3, 10_000]);
  assertEquals(waiting.count, 20_000 - 3);
});
