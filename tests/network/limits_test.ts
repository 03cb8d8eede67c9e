/** More clients than the server may have, or can have. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startServer } from "../../src/mod.ts";
import { miniredisCommand, startMiniredis } from "../support/miniredis_process.ts";
import { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { ServerProcess } from "../support/server_process.ts";
import { waitFor } from "../support/wait_for.ts";
import { infoNumber, openDescriptors } from "../support/process_figures.ts";

/**
 * Fills a server that takes four clients, one of which is `observer`; returns what the fifth is told and
 * waits until all are gone.
 */
async function fillUp(port: number, observer: RawClient): Promise<string> {
  const isAlone = async () => await infoNumber(observer, "connected_clients") === 1;
  await waitFor("other clients to be gone", isAlone);
  const clients = await Promise.all([1, 2, 3].map(() => RawClient.connect(port)));
  for (const client of clients) assertEquals(await client.texts("PING"), ["PONG"]);
  const refused = await RawClient.connect(port);
  assert(await refused.waitForClose());
  for (const client of clients) {
    assertEquals(await client.texts("PING"), ["PONG"]);
    await client.close();
  }
  await refused.close();
  await waitFor("the clients to be gone", isAlone);
  return refused.unread;
}

Deno.test("a server refuses the client above maxclients and takes others when there is room", async () => {
  await using server = await startServer({ directives: { maxclients: "4" } });
  const observer = await RawClient.connect(server.port);
  for (let round = 1; round < 3; round++) {
    assertEquals(await fillUp(server.port, observer), "-ERR max number of clients reached\r\n");
    assertEquals(await infoNumber(observer, "rejected_connections"), round);
  }
  assertEquals(await observer.texts("CONFIG", "SET", "maxclients", "100"), ["OK"]);
  const others = await Promise.all(
    Array.from({ length: 50 }, () => RawClient.connect(server.port)),
  );
  for (const other of others) assertEquals(await other.texts("PING"), ["PONG"]);
  for (const other of [...others, observer]) await other.close();
});

referenceTest("redis-server says the same to the client above maxclients", async () => {
  await using server = await startReference({ directives: { maxclients: "4" } });
  const observer = await server.connect();
  assertEquals(await fillUp(server.port, observer), "-ERR max number of clients reached\r\n");
});

Deno.test("maxclients is lowered to what the limit of open files allows, and the log says so", async () => {
  const command = ["sh", "-c", 'ulimit -n 128 && exec "$@"', "sh", ...miniredisCommand()];
  await using server = await ServerProcess.start(command);
  const client = await server.connect();
  assertEquals(await client.texts("CONFIG", "GET", "maxclients"), ["maxclients", "96"]);
  assertStringIncludes(server.log, "maxclients has been reduced to 96");
});

Deno.test("a server that runs out of descriptors goes on serving and accepts again when it has some", async () => {
  await using server = await startMiniredis();
  const first = await server.connect();
  assertEquals(await first.texts("PING"), ["PONG"]);
  const limit = openDescriptors(server.pid) + 8;
  const { success } = await new Deno.Command("prlimit", {
    args: ["--pid", String(server.pid), `--nofile=${limit}:${limit}`],
  }).output();
  assert(success, "prlimit failed");

  for (let round = 0; round < 2; round++) {
    const crowd = await Promise.all(
      Array.from({ length: 30 }, () => RawClient.connect(server.port)),
    );
    await waitFor("accepting to fail", () => server.log.includes("Error accepting"));
    for (const client of crowd) await client.send("PING");
    const served = () => crowd.filter(({ unread }) => unread === "+PONG\r\n").length;
    await waitFor("all that were accepted to be served", async () => {
      const accepted = await infoNumber(first, "connected_clients") - 1;
      return accepted > 0 && served() === accepted;
    });
    assert(served() < crowd.length, `${served()} of ${crowd.length} were served`);
    assertEquals(await first.texts("PING"), ["PONG"]);
    for (const client of crowd) await client.close();
    const next = await RawClient.connect(server.port);
    assertEquals(await next.texts("PING"), ["PONG"]);
    await next.close();
  }
});
