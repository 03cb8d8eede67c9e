/** What the dispatcher does when something is wrong. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ReplyError } from "../../src/base/errors.ts";
import { startEmbedded } from "../support/embedded.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("Dispatcher answers with an error when a handler has a bug, and serves everybody else", async () => {
  await using parts = await startEmbedded({ appendonly: "yes" });
  const client = await parts.connect(), other = await parts.connect();
  const { info } = parts.server;
  info.render = () => {
    throw new TypeError("a mistake in the code");
  };
  const replies = await client.pipeline([["SET", "a", "1"], ["INFO"], ["SET", "b", "2"]]);
  assertEquals(replies.map(({ text }) => text), [
    "OK",
    "ERR internal error, see the server's log",
    "OK",
  ]);
  const unit = await client.pipeline([["MULTI"], ["INCR", "a"], ["INFO"], ["INCR", "a"], ["EXEC"]]);
  assertEquals(unit[4].children?.map(({ text }) => text), [
    "2",
    "ERR internal error, see the server's log",
    "3",
  ]);
  assertEquals(await other.texts("MGET", "a", "b"), ["3", "2"]);
  assert(parts.log.some((line) => line.includes("a mistake in the code")));
  // What ran around it was propagated as ever.
  const file = parts.files.text("appendonlydir/appendonly.aof.1.incr.aof") ?? "";
  assertEquals(file.match(/MULTI|EXEC|INCR|SET|INFO/g), [
    "SET",
    "SET",
    "MULTI",
    "INCR",
    "INCR",
    "EXEC",
  ]);
});

Deno.test("Dispatcher gives a client what a ReplyError says, without a line in the log", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect();
  parts.server.info.render = () => {
    throw new ReplyError("ODD thing\r\nhappened");
  };
  const lines = parts.log.length;
  assertEquals((await client.call("INFO")).raw, "-ODD thing  happened\r\n");
  assertEquals(parts.log.length, lines);
  assertEquals(await client.texts("PING"), ["PONG"]);
});

Deno.test("Dispatcher counts calls, failures and refusals of each command", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect();
  await client.texts("SET", "text", "value");
  await client.call("INCR", "text");
  await client.call("INCR", "number");
  await client.call("INCR");
  await client.call("NOSUCH");
  const [stats] = await client.texts("INFO", "commandstats", "errorstats");
  const line = /cmdstat_incr:(.*)\r/.exec(stats)?.[1] ?? "";
  assertStringIncludes(line, "calls=2,");
  assertStringIncludes(line, "rejected_calls=1,failed_calls=1");
  assertStringIncludes(stats, "errorstat_ERR:count=3");
});

Deno.test("Dispatcher refuses the command that EXEC would run when writes are refused", async () => {
  await using parts = await startEmbedded({ appendonly: "yes" });
  const client = await parts.connect(), other = await parts.connect();
  await client.pipeline([["MULTI"], ["SET", "key", "value"]]);
  parts.files.free = 0;
  await other.send("SET", "other", "value");
  await waitFor("the write to fail", () => parts.server.persistence.aof.writer.error !== null);
  const reply = await client.call("EXEC");
  assertEquals(
    reply.text,
    "EXECABORT Transaction discarded because of: MISCONF Errors writing to the AOF file: " +
      "No space left on device",
  );
  parts.files.free = Infinity;
  parts.clock.advance(1000);
  assertEquals((await other.read()).text, "OK");
  assertEquals(await client.texts("EXISTS", "key"), ["0"]);
});

Deno.test("Dispatcher refuses PING when writes are refused, but not within EXEC", async () => {
  await using parts = await startEmbedded({ appendonly: "yes" });
  const client = await parts.connect(), other = await parts.connect();
  await client.pipeline([["MULTI"], ["PING"]]);
  parts.files.free = 0;
  await other.send("SET", "other", "value");
  await waitFor("the write to fail", () => parts.server.persistence.aof.writer.error !== null);
  assertEquals((await client.call("EXEC")).raw, "*1\r\n+PONG\r\n");
  assertStringIncludes((await client.call("PING")).text, "MISCONF Errors writing to the AOF file");
  parts.files.free = Infinity;
  parts.clock.advance(1000);
  assertEquals((await other.read()).text, "OK");
  assertEquals(await client.texts("PING"), ["PONG"]);
});
