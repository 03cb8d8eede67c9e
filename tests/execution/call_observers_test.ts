/** Which calls are found slow, although the time of several may be taken together. */

import { assert, assertEquals } from "@std/assert";
import { startEmbedded } from "../support/embedded.ts";
import { connectFake, turns } from "../support/fake_connection.ts";

Deno.test("the slow log has every call of a pipeline when all count as slow", async () => {
  await using embedded = await startEmbedded({ "slowlog-log-slower-than": "0" });
  const { server } = embedded;
  const { socket } = connectFake(server);
  socket.send(
    "GET a\r\n".repeat(20) + "SET a 1\r\n".repeat(3) + "GET a\r\nMULTI\r\nGET b\r\nEXEC\r\n",
  );
  await turns();
  const names = server.slowlog.latest(Infinity).reverse().map(({ args }) => args.join(" "));
  assertEquals(names, [
    ...Array.from({ length: 20 }, () => "GET a"),
    ...Array.from({ length: 3 }, () => "SET a 1"),
    "GET a",
    "MULTI",
    "GET b",
  ]);
});

Deno.test("a call that takes long is logged, and the quick calls around it are not", async () => {
  await using embedded = await startEmbedded({
    "slowlog-log-slower-than": "500000",
    "latency-monitor-threshold": "500",
    "enable-debug-command": "yes",
  });
  const { server } = embedded;
  const { socket } = connectFake(server);
  socket.send("GET a\r\nGET a\r\nDEBUG SLEEP 0.7\r\nGET a\r\n");
  await turns();
  const [call, ...others] = server.slowlog.latest(Infinity);
  assertEquals(others, []);
  assertEquals(call.args, ["DEBUG", "SLEEP", "0.7"]);
  assert(call.duration >= 690_000, `${call.duration} µs`);
  assertEquals(call.time, 1_700_000_000);
  assertEquals(call.address, "127.0.0.1:2");
  const [{ name, max }] = server.latency.events;
  assertEquals(name, "command");
  assert(max >= 690, `${max} ms`);
});

Deno.test("what a transaction runs is logged with its own time", async () => {
  await using embedded = await startEmbedded({
    "slowlog-log-slower-than": "500000",
    "enable-debug-command": "yes",
  });
  const { server } = embedded;
  const { socket } = connectFake(server);
  socket.send("MULTI\r\nGET a\r\nDEBUG SLEEP 0.7\r\nGET a\r\nEXEC\r\n");
  await turns();
  assertEquals(server.slowlog.latest(9).map(({ args }) => args[0]), ["DEBUG"]);
});
