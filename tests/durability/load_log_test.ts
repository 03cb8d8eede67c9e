/** What the log tells of keys and payloads that are not taken, in redis-server's words. */

import { assert, assertEquals } from "@std/assert";
import { bytesOf } from "../../src/base/span.ts";
import { startEmbedded } from "../support/embedded.ts";
import { FaultyFileSystem } from "../support/faulty_file_system.ts";
import { simulateMachine } from "../support/simulated_machine.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Server } from "../../src/server/server.ts";
import { writeAllSync } from "../../src/persistence/file.ts";

function diskWith(path: string, content: string): FaultyFileSystem {
  const files = new FaultyFileSystem();
  const file = files.openSync(path, "create");
  writeAllSync(file, bytesOf(content));
  file.syncDataSync();
  file.close();
  return files;
}

/** The part of log lines behind the time. */
function messages(log: readonly string[]): string[] {
  return log.map((line) => line.trimEnd().slice(line.indexOf(".") + 5));
}

Deno.test("keys without elements are named in the log when they are skipped, ten of them", async () => {
  const empty = Array.from({ length: 12 }, (_, i) => `\x01\x02k${String.fromCharCode(97 + i)}\x00`);
  const files = diskWith("/dump.rdb", `REDIS0003\xfe\x00${empty.join("")}\x00\x01v\x01v\xff`);
  await using parts = await startEmbedded({}, files);
  const said = messages(parts.log);
  assertEquals(
    said.filter((line) => line.startsWith("* rdbLoadObject skipping empty key: ")),
    [
      ..."abcdefghij",
    ].map((letter) => `* rdbLoadObject skipping empty key: k${letter}`),
  );
  assert(
    said.includes("# Done loading RDB, keys loaded: 1, keys expired: 0, empty keys skipped: 12."),
    said.join("\n"),
  );
});

Deno.test("a payload of RESTORE that is refused is a matter for the log at verbose", async () => {
  await using parts = await startEmbedded({ "loglevel": "verbose", "enable-debug-command": "yes" });
  const client = await parts.connect();
  await client.call("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", "1");
  const payload = "\x10\x04abcd\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00";
  assertEquals((await client.call("RESTORE", "k", "0", payload)).text, "ERR Bad data format");
  const said = messages(parts.log).filter((line) => line.includes("Internal error"));
  assertEquals(said.length, 1);
  assert(said[0].startsWith("- Internal error in RDB reading offset "), said[0]);
});

Deno.test("DEBUG LOADAOF ends the server when a command fails and that is to be a panic", async () => {
  const files = new FaultyFileSystem();
  await using parts = await startEmbedded({
    ...{ "appendonly": "yes", "enable-debug-command": "yes", "aof-use-rdb-preamble": "no" },
    "propagation-error-behavior": "panic",
  }, files);
  const client = await parts.connect();
  assertEquals((await client.call("SET", "k", "v")).text, "OK");
  const { dir, appenddirname } = parts.server.configuration.settings;
  const name = `${dir}/${appenddirname}/appendonly.aof.1.incr.aof`;
  const file = files.openSync(name, "append");
  writeAllSync(file, bytesOf("*3\r\n$5\r\nLPUSH\r\n$1\r\nk\r\n$1\r\nv\r\n"));
  file.close();
  await client.send("DEBUG", "LOADAOF");
  assertEquals(await parts.server.ended, 1);
  const said = messages(parts.log);
  assert(said.some((line) => line.startsWith("# == CRITICAL == This server is sending an error")));
  assert(said.some((line) => line.startsWith("# This server panicked sending an error")));
});

Deno.test("an error of a replayed command is counted and the server goes on when nothing else is asked", async () => {
  const aof =
    "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*3\r\n$5\r\nLPUSH\r\n$1\r\na\r\n$1\r\n1\r\n";
  const files = diskWith("/appendonly.aof", aof);
  const { options } = simulateMachine(new ManualClock(0), files, { appendonly: "yes" });
  await using server = await Server.start(options);
  assert(server.info.render(["stats"]).includes("unexpected_error_replies:1\r\n"));
  server.resetStatistics();
  assert(server.info.render(["stats"]).includes("unexpected_error_replies:0\r\n"));
});
