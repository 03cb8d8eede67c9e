/** Slow scripts in an append-only file: loading waits for them, and others have their turn. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { Server } from "../../src/server/server.ts";
import { startEmbedded } from "../support/embedded.ts";
import { FaultyFileSystem } from "../support/faulty_file_system.ts";
import { encodeCommandText, RawClient } from "../support/raw_client.ts";
import { simulateMachine } from "../support/simulated_machine.ts";
import { waitFor } from "../support/wait_for.ts";
import { BUSY, raw, SLOW_AFTER, WAIT } from "./slow_scripts.ts";

const LOADING = "-LOADING Redis is loading the dataset in memory\r\n";
const DIRECTIVES = { ...SLOW_AFTER, "appendonly": "yes", "enable-debug-command": "yes" };

/** A disk with an append-only file that holds these commands. */
function withCommands(...commands: string[][]): FaultyFileSystem {
  const files = new FaultyFileSystem();
  files.mkdirSync("/appendonlydir");
  const name = "appendonly.aof.1.incr.aof";
  files.put("/appendonlydir/appendonly.aof.manifest", `file ${name} seq 1 type i\n`);
  files.put(`/appendonlydir/${name}`, commands.map(encodeCommandText).join(""));
  return files;
}

/** A server that is caught in a slow script of its file. */
async function startSlow(files: FaultyFileSystem) {
  const clock = new ManualClock(1_700_000_000_000);
  const { options, log } = simulateMachine(clock, files, DIRECTIVES);
  let made: Server | undefined;
  const started = Server.start({ ...options, created: (server) => made = server });
  const server = await waitFor("the script to be slow", () => made?.isHalfway ? made : undefined);
  if (server === undefined) throw new Error("there is no server");
  return { server, started, clock, log, client: await RawClient.connect(server.port) };
}

const SCRIPT = `redis.call('incr', KEYS[1]) ${WAIT} redis.call('incr', KEYS[1])`;

Deno.test("a server answers while it loads a slow script, and loads what follows it afterwards", async () => {
  const files = withCommands(
    ["SELECT", "0"],
    ["EVAL", SCRIPT, "1", "a"],
    ["MULTI"],
    ["INCR", "a"],
    ["EVAL", SCRIPT, "1", "a"],
    ["INCR", "a"],
    ["EXEC"],
    ["INCR", "a"],
  );
  const { server, started, clock, log, client } = await startSlow(files);
  assertEquals(await raw(client, "PING"), LOADING);
  assertEquals(await raw(client, "SCRIPT", "KILL"), LOADING);
  assertEquals(await raw(client, "UNWATCH"), "+OK\r\n");
  assertEquals(await raw(client, "INFO"), BUSY);
  assertEquals(await raw(client, "SHUTDOWN"), BUSY);
  assertStringIncludes(log.join("\n"), "Slow script detected");
  const first = server.persistence.loader.progress?.loadedBytes;
  clock.advance(1000);
  await waitFor(
    "the next script",
    () => server.isHalfway && server.persistence.loader.progress?.loadedBytes !== first,
  );
  assertEquals(await raw(client, "PING"), LOADING);
  clock.advance(1000);
  await started;
  assertEquals(await raw(client, "GET", "a"), "$1\r\n7\r\n");
  await client.close();
  await server.stop();
});

Deno.test("SHUTDOWN NOSAVE and a signal end a server that loads a slow script", async () => {
  for (const how of ["SHUTDOWN NOSAVE", "SIGTERM", "stop"]) {
    const { server, started, clock, client } = await startSlow(
      withCommands(["SELECT", "0"], ["EVAL", "while true do end", "0"]),
    );
    if (how === "SIGTERM") {
      server.lifecycle.receive("SIGTERM", () => {});
      clock.advance(200);
    } else if (how === "stop") await server.stop();
    else await client.send(...how.split(" "));
    await started;
    assertEquals(await server.ended, 0, how);
    await client.close();
  }
});

Deno.test("DEBUG LOADAOF runs slow scripts to their end", async () => {
  const files = withCommands(
    ["SELECT", "0"],
    ["EVAL", "for i = 1, 1e8 do end return redis.call('incr', KEYS[1])", "1", "a"],
    ["INCR", "a"],
  );
  await using parts = await startEmbedded(DIRECTIVES, files);
  const client = await parts.connect();
  assertEquals(await raw(client, "GET", "a"), "$1\r\n2\r\n");
  assertEquals(await raw(client, "DEBUG", "LOADAOF"), "+OK\r\n");
  assertEquals(await raw(client, "GET", "a"), "$1\r\n2\r\n");
  assert(!parts.server.isHalfway);
});
