/** More clients than the server may have, or can have. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startServer } from "../../src/mod.ts";
import {
  miniredisCommand,
  permittedCommand,
  startMiniredis,
} from "../support/miniredis_process.ts";
import { ConnectionClosed, RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
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

const IS_EXECUTABLE = Boolean(Deno.env.get("MINIREDIS_BINARY"));

const LOWERED = "maxclients is lowered to what the limit of open files allows, and the log says so";

if (IS_EXECUTABLE) {
  console.log(`skipped: ${LOWERED}: the executable may not read the limit, and learns of it later`);
} else {
  Deno.test(LOWERED, async () => {
    const command = ["sh", "-c", 'ulimit -n 128 && exec "$@"', "sh", ...miniredisCommand()];
    await using server = await ServerProcess.start(command);
    const client = await server.connect();
    assertEquals(await client.texts("CONFIG", "GET", "maxclients"), ["maxclients", "96"]);
    assertStringIncludes(server.log, "maxclients has been reduced to 96");
  });
}

/**
 * Our program, which may have so many files open. The executable is given a soft limit: it is not Deno's
 * command, which raises that to the hard one.
 */
function limitedCommand(openFiles: number): string[] {
  const kind = IS_EXECUTABLE ? "-Sn" : "-n";
  return ["sh", "-c", `ulimit ${kind} ${openFiles} && exec "$@"`, "sh", ...permittedCommand()];
}

const REFUSED = "-ERR max number of clients reached\r\n";

/** Has very many clients come; returns those that are served, when all others have been refused. */
async function crowd(server: ServerProcess, size: number): Promise<RawClient[]> {
  const clients = await Promise.all(
    Array.from({ length: size }, () => RawClient.connect(server.port)),
  );
  await Promise.all(clients.map((client) =>
    client.send("PING").catch((error) => {
      if (!(error instanceof ConnectionClosed)) throw error;
    })
  ));
  const isServed = ({ unread }: RawClient) => unread === "+PONG\r\n";
  await waitFor("all to be served or refused", () => clients.every((c) => isServed(c) || c.closed));
  const [served, others] = [clients.filter(isServed), clients.filter((c) => !isServed(c))];
  // A reset, as bytes came that nobody read, may overtake the message.
  for (const { unread } of others) assert(unread === REFUSED || unread === "", unread);
  assert(others.some(({ unread }) => unread === REFUSED), server.log);
  assert(served.length > 0, server.log);
  for (const client of others) await client.close();
  return served;
}

for (const limit of [64, 256]) {
  Deno.test(`a server refuses clients and opens its own files when ${limit} files may be open`, async () => {
    const directives = { appendonly: "yes", save: "" };
    await using server = await ServerProcess.start(limitedCommand(limit), { directives });
    const first = await server.connect();
    assertEquals(await first.texts("SET", "key", "value"), ["OK"]);
    for (let round = 1; round < 3; round++) {
      const clients = await crowd(server, limit);
      const [, most] = await first.texts("CONFIG", "GET", "maxclients");
      assertEquals(Number(most), clients.length + 1);
      assertStringIncludes(server.log, `maxclients has been reduced to ${most} to compensate`);
      await first.texts("BGSAVE");
      await waitFor("the snapshot", async () => await infoNumber(first, "rdb_saves") === round);
      await first.texts("BGREWRITEAOF");
      await waitFor(
        "the rewrite",
        async () => {
          return await infoNumber(first, "aof_rewrites") === round &&
            await infoNumber(first, "aof_rewrite_in_progress") === 0;
        },
      );
      assertEquals(await first.texts("SET", "key", "value"), ["OK"]);
      const [info] = await first.texts("INFO", "persistence");
      assertStringIncludes(info, "rdb_last_bgsave_status:ok");
      assertStringIncludes(info, "aof_last_bgrewrite_status:ok");
      // More clients than there are can be had only when some have gone, those among them that were refused
      // and whose connections were still being closed when the limit was met, or the limit is another one.
      assertMatch(
        (await first.call("CONFIG", "SET", "maxclients", "10000")).text ?? "",
        new RegExp(`^OK$|is not able to handle the specified number of clients, try with ${most}$`),
      );
      for (const client of clients) await client.close();
      await waitFor(
        "them to be gone",
        async () => await infoNumber(first, "connected_clients") === 1,
      );
      await waitFor("more to be possible", async () => {
        return (await first.call("CONFIG", "SET", "maxclients", "10000")).text === "OK";
      });
    }
  });
}

Deno.test("the log file says that the limit of open files is met", async () => {
  await using dir = await TempDir.create("limits-");
  const directives = { save: "", logfile: `${dir.path}/log` };
  await using server = await ServerProcess.start(limitedCommand(80), { directives });
  const clients = await crowd(server, 80);
  const log = await Deno.readTextFile(`${dir.path}/log`);
  assertStringIncludes(log, "Error accepting a client connection: Too many open files");
  assertStringIncludes(log, `maxclients has been reduced to ${clients.length} to compensate`);
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
    const clients = await crowd(server, 80);
    assertEquals(await first.texts("PING"), ["PONG"]);
    for (const client of clients) await client.close();
    await waitFor(
      "them to be gone",
      async () => await infoNumber(first, "connected_clients") === 1,
    );
    const next = await RawClient.connect(server.port);
    assertEquals(await next.texts("PING"), ["PONG"]);
    await next.close();
  }
});
