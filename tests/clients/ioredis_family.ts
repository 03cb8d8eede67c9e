/** What ioredis, and iovalkey which is made from it, are used for every day: tests for either of them. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Redis, RedisOptions } from "ioredis";
import { startServer } from "../../src/mod.ts";
import { TempDir } from "../support/temp_dir.ts";
import { PATIENCE, waitFor } from "../support/wait_for.ts";

/** A connected client; disposing closes it. */
export type Connect = (url: string) => Promise<Redis & AsyncDisposable>;

/** A connected client of the class that is given, of either of them; disposing closes it. */
export async function connectWith<Client extends Pick<Redis, "connect" | "quit">>(
  Class: new (url: string, options: RedisOptions) => Client,
  url: string,
  options: RedisOptions = {},
): Promise<Client & AsyncDisposable> {
  const client = new Class(url, { ...options, lazyConnect: true, connectTimeout: PATIENCE });
  // What it says of a connection that is lost; a command that fails for it rejects by itself.
  (client as unknown as Redis).on("error", () => {});
  await client.connect();
  return Object.assign(client, {
    [Symbol.asyncDispose]: async () => void await client.quit(),
  });
}

/** Defines the tests; `title` names them. */
export function testEverydayFeatures(title: (what: string) => string, connect: Connect): void {
  Deno.test(title("hears the messages of channels and patterns in order"), async () => {
    await using server = await startServer();
    await using listener = await connect(server.url);
    await using other = await connect(server.url);
    const heard: string[] = [];
    listener.on("message", (channel, message) => heard.push(`${channel}: ${message}`));
    listener.on("pmessage", (pattern, channel, message) => {
      heard.push(`${pattern} ${channel}: ${message}`);
    });
    assertEquals(await listener.subscribe("news", "weather"), 2);
    assertEquals(await listener.psubscribe("news.*"), 3);
    assertEquals(await other.publish("news", "one"), 1);
    assertEquals(await other.publish("news.local", "two"), 1);
    assertEquals(await other.publish("nobody", "three"), 0);
    assertEquals(await other.publish("weather", "four"), 1);
    await waitFor("the messages", () => heard.length === 3);
    assertEquals(heard, ["news: one", "news.* news.local: two", "weather: four"]);
    assertEquals(await other.pubsub("NUMSUB", "news", "weather"), ["news", 1, "weather", 1]);
    assertEquals(await listener.unsubscribe("news"), 2);
    assertEquals(await listener.punsubscribe("news.*"), 1);
    assertEquals(await other.publish("news", "five"), 0);
    assertEquals(await listener.unsubscribe("weather"), 0);
    assertEquals(await listener.ping(), "PONG");
  });

  Deno.test(title("runs transactions"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url);
    await using other = await connect(server.url);
    const replies = await client.multi().set("text", "abc").incr("text").incr("n").get("n").exec();
    assertEquals(replies?.map(([error, reply]) => error ? error.message : reply), [
      "OK",
      "ERR value is not an integer or out of range",
      1,
      "1",
    ]);
    await client.watch("n");
    await other.set("n", 10);
    assertEquals(await client.multi().incr("n").exec(), null);
    await client.watch("n");
    await client.unwatch();
    await other.set("n", 20);
    assertEquals(await client.multi().incr("n").exec(), [[null, 21]]);
    await assertRejects(
      () => client.multi().set("n", "1").call("nosuch").exec(),
      Error,
      "EXECABORT",
    );
    assertEquals(await client.get("n"), "21");
  });

  Deno.test(title("reads streams, alone and as consumers of a group"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url);
    await using other = await connect(server.url);
    const first = await client.xadd("s", "*", "name", "Ann", "born", "1970") ?? "";
    assertEquals(await client.xread("COUNT", 10, "STREAMS", "s", "0"), [
      ["s", [[first, ["name", "Ann", "born", "1970"]]]],
    ]);
    const waiting = other.xread("BLOCK", 0, "STREAMS", "s", "$");
    await waitFor("the reader to wait", async () => /blocked_clients:1/.test(await client.info()));
    const second = await client.xadd("s", "*", "name", "Bob") ?? "";
    assertEquals(await waiting, [["s", [[second, ["name", "Bob"]]]]]);
    assertEquals(await client.xgroup("CREATE", "s", "g", "0"), "OK");
    const delivered = await client.xreadgroup("GROUP", "g", "me", "COUNT", 1, "STREAMS", "s", ">");
    assertEquals(delivered, [["s", [[first, ["name", "Ann", "born", "1970"]]]]]);
    assertEquals(await client.xpending("s", "g"), [1, first, first, [["me", "1"]]]);
    assertEquals(await client.xack("s", "g", first), 1);
    assertEquals(await client.xrevrange("s", "+", "-", "COUNT", 1), [[second, ["name", "Bob"]]]);
    assertEquals(await client.xtrim("s", "MAXLEN", 1), 1);
    assertEquals(await client.xlen("s"), 1);
  });

  Deno.test(title("waits for elements"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url);
    await using other = await connect(server.url);
    assertEquals(await client.blpop("list", 0.01), null);
    const blocked = (count: number) =>
      waitFor("clients to wait", async () => {
        return (await other.info("clients")).includes(`blocked_clients:${count}\r`);
      });
    const popped = client.blpop("nosuch", "list", 0);
    await blocked(1);
    // What is sent meanwhile is answered afterwards.
    const after = client.get("key");
    await other.set("key", "value");
    await other.rpush("list", "a", "b");
    assertEquals([await popped, await after], [["list", "a"], "value"]);
    const moved = client.blmove("source", "list", "LEFT", "RIGHT", 0);
    await blocked(1);
    await other.rpush("source", "c");
    assertEquals(await moved, "c");
    assertEquals(await client.lrange("list", 0, -1), ["b", "c"]);
    await other.zadd("zset", 1, "one", 2, "two");
    assertEquals(await client.bzpopmax("zset", 0), ["zset", "two", "2"]);
    await using third = await connect(server.url);
    const id = await third.client("ID");
    const waiting = third.brpop("list2", 0);
    await blocked(1);
    assertEquals(await other.client("UNBLOCK", id, "ERROR"), 1);
    await assertRejects(() => waiting, Error, "UNBLOCKED");
  });

  Deno.test(title("uses sets, sorted sets and lists"), async () => {
    await using server = await startServer();
    await using client = await connect(server.url);
    assertEquals(await client.sadd("a", 1, 2, 3), 3);
    assertEquals(await client.sadd("b", 2, 3, 4), 3);
    assertEquals((await client.sinter("a", "b")).sort(), ["2", "3"]);
    assertEquals(await client.smismember("a", 1, 9), [1, 0]);
    assertEquals(await client.zadd("z", 1.5, "x", 2, "y", 3, "z"), 3);
    assertEquals(await client.zrange("z", "0", "-1", "WITHSCORES"), [
      "x",
      "1.5",
      "y",
      "2",
      "z",
      "3",
    ]);
    assertEquals(await client.zrangebyscore("z", "(1.5", "+inf"), ["y", "z"]);
    assertEquals(await client.zincrby("z", 0.25, "x"), "1.75");
    assertEquals(await client.zscore("z", "nosuch"), null);
    assertEquals(await client.rpush("l", "a", "b", "c"), 3);
    assertEquals(await client.lpos("l", "c"), 2);
    assertEquals(await client.linsert("l", "BEFORE", "b", "x"), 4);
    assertEquals(await client.lrange("l", 0, -1), ["a", "x", "b", "c"]);
  });

  Deno.test(
    title("is subscribed again, and waits again, when the server has come back"),
    async () => {
      await using directory = await TempDir.create("clients-");
      const options = { directory: directory.path, directives: { appendonly: "yes" } };
      const first = await startServer(options);
      const client = await connect(first.url);
      const listener = await connect(first.url);
      const waiting = await connect(first.url);
      const heard: string[] = [];
      listener.on("message", (_channel, message) => heard.push(message));
      await listener.subscribe("news");
      await client.set("key", "value");
      const popped = waiting.blpop("list", 0);
      await waitFor(
        "it to wait",
        async () => /blocked_clients:1\r/.test(await client.info("clients")),
      );
      const lost = new Promise((resolve) => client.once("close", resolve));
      await first.stop();
      await lost;
      await using _second = await startServer({ ...options, port: first.port });
      assertEquals(await client.get("key"), "value");
      await waitFor("the subscription", async () => await client.publish("news", "back") === 1);
      await waitFor("the message", () => heard.length > 0);
      await waitFor(
        "it to wait",
        async () => /blocked_clients:1\r/.test(await client.info("clients")),
      );
      await client.rpush("list", "element");
      assertEquals(await popped, ["list", "element"]);
      assert(heard.every((message) => message === "back"));
      // Before the server, which is disposed of first.
      for (const each of [client, listener, waiting]) await each.quit();
    },
  );
}
