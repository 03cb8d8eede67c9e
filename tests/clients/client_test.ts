/** What a server knows of its clients, and how they can have their replies. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { waitFor } from "../support/wait_for.ts";
import { startEmbedded } from "../support/embedded.ts";

/** The fields of one line of CLIENT LIST. */
function fields(line: string): Map<string, string> {
  return new Map(
    line.trimEnd().split(" ").map((field) => {
      const at = field.indexOf("=");
      return [field.slice(0, at), field.slice(at + 1)];
    }),
  );
}

Deno.test("Client gets no replies after CLIENT REPLY OFF, and again after ON", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect();
  await client.write(
    "CLIENT REPLY OFF\r\nSET key value\r\nNOSUCH\r\nGET key\r\nCLIENT REPLY ON\r\nGET key\r\n",
  );
  assertEquals((await client.read()).text, "OK");
  assertEquals((await client.read()).text, "value");
});

Deno.test("Client misses one reply after CLIENT REPLY SKIP", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect();
  await client.write("CLIENT REPLY SKIP\r\nSET key value\r\nGET key\r\n");
  assertEquals((await client.read()).text, "value");
  // A skip while replies are off changes nothing.
  await client.write(
    "CLIENT REPLY OFF\r\nCLIENT REPLY SKIP\r\nPING\r\nPING\r\nCLIENT REPLY ON\r\nECHO end\r\n",
  );
  assertEquals((await client.read()).text, "OK");
  assertEquals((await client.read()).text, "end");
  await client.write("CLIENT REPLY SKIP\r\nMULTI\r\nPING\r\nEXEC\r\n");
  assertEquals((await client.read()).text, "QUEUED");
  assertEquals((await client.read()).raw, "*1\r\n+PONG\r\n");
});

Deno.test("Client is messages' receiver even when its replies are off", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect(), other = await parts.connect();
  await client.write("HELLO 3\r\n");
  await client.read();
  await client.texts("SUBSCRIBE", "channel");
  await client.write("CLIENT REPLY OFF\r\nPING\r\n");
  await waitFor(
    "the client to be off",
    async () => (await other.texts("CLIENT", "LIST"))[0].includes("cmd=ping"),
  );
  assertEquals(await other.texts("PUBLISH", "channel", "message"), ["1"]);
  assertEquals(
    (await client.read()).raw,
    ">3\r\n$7\r\nmessage\r\n$7\r\nchannel\r\n$7\r\nmessage\r\n",
  );
});

Deno.test("Client starts anew after RESET", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect();
  await client.call("HELLO", "3", "SETNAME", "somebody");
  await client.pipeline([["SELECT", "5"], ["SET", "key", "v"], ["WATCH", "key"], ["MULTI"], [
    "PING",
  ]]);
  assertEquals((await client.call("RESET")).raw, "+RESET\r\n");
  const info = fields((await client.texts("CLIENT", "INFO"))[0]);
  assertEquals([info.get("db"), info.get("name"), info.get("resp"), info.get("flags")], [
    "0",
    "",
    "2",
    "N",
  ]);
  assertEquals((await client.call("EXEC")).text, "ERR EXEC without MULTI");
  assertEquals((await client.call("GET", "key")).raw, "$-1\r\n");
});

Deno.test("Client needs the password when there is one, and again after RESET", async () => {
  await using parts = await startEmbedded({ requirepass: "secret" });
  const client = await parts.connect();
  assertEquals((await client.call("GET", "key")).text, "NOAUTH Authentication required.");
  assertMatch((await client.call("AUTH", "wrong")).text!, /^WRONGPASS /);
  assertMatch((await client.call("AUTH", "nobody", "secret")).text!, /^WRONGPASS /);
  assertEquals(await client.texts("AUTH", "default", "secret"), ["OK"]);
  assertEquals((await client.call("GET", "key")).raw, "$-1\r\n");
  await client.call("RESET");
  assertEquals((await client.call("GET", "key")).text, "NOAUTH Authentication required.");
});

Deno.test("Client's line tells age, idle time, name, database, flags and command", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect(), other = await parts.connect();
  await client.pipeline([["CLIENT", "SETNAME", "worker"], ["SELECT", "3"], ["SET", "key", "v"]]);
  await client.pipeline([["WATCH", "key"], ["MULTI"], ["GET", "key"]]);
  parts.clock.advance(5500);
  const line = () =>
    other.texts("CLIENT", "LIST").then(([text]) =>
      text.split("\n").find((l) => l.includes("name=worker"))!
    );
  const seen = fields(await line());
  const names = ["age", "idle", "db", "flags", "multi", "cmd", "user", "resp"];
  assertEquals(names.map((name) => seen.get(name)), [
    "5",
    "5",
    "3",
    "x",
    "1",
    "get",
    "default",
    "2",
  ]);
  await other.pipeline([["SELECT", "3"], ["SET", "key", "w"]]);
  assertEquals(fields(await line()).get("flags"), "xd");
  await client.texts("DISCARD");
  await client.send("BLPOP", "list", "0");
  await waitFor("the client to wait", () => parts.server.waiting.count === 1);
  assertEquals(fields(await line()).get("flags"), "b");
});

Deno.test("Clients are found and killed by id, address, type, user and by leaving oneself out", async () => {
  await using parts = await startEmbedded();
  const { server } = parts;
  const clients = await Promise.all([1, 2, 3].map(() => parts.connect()));
  for (const client of clients) await client.texts("PING");
  const [a, b, c] = [...server.clients];
  const ids = (filter: Parameters<typeof server.clients.select>[0]) =>
    server.clients.select(filter).map(({ id }) => id);
  assertEquals(ids({}), [a.id, b.id, c.id]);
  assertEquals(ids({ ids: [c.id, 12345, a.id] }), [c.id, a.id]);
  assertEquals(ids({ address: b.address }), [b.id]);
  assertEquals(ids({ localAddress: a.localAddress }), [a.id, b.id, c.id]);
  assertEquals(ids({ localAddress: a.localAddress, except: b }), [a.id, c.id]);
  assertEquals(ids({ type: "normal" }), [a.id, b.id, c.id]);
  assertEquals(ids({ type: "pubsub" }), []);
  assertEquals(ids({ user: "default", address: c.address }), [c.id]);
  assertEquals(ids({ user: "nobody" }), []);
  const [first] = clients;
  await clients[1].texts("SUBSCRIBE", "channel");
  assertEquals(ids({ type: "pubsub" }).length, 1);
  assertEquals(await first.texts("CLIENT", "KILL", "TYPE", "pubsub"), ["1"]);
  assert(await clients[1].waitForClose());
  assertEquals(await first.texts("CLIENT", "KILL", "SKIPME", "yes"), ["1"]);
  assert(await clients[2].waitForClose());
  assertEquals(server.clients.count, 1);
  assertEquals(await first.texts("CLIENT", "KILL", "SKIPME", "no", "USER", "default"), ["1"]);
  assert(await first.waitForClose());
});
