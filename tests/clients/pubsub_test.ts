import { assert, assertEquals } from "@std/assert";
import { byteString, Span } from "../../src/base/span.ts";
import { PubSub, type Subscriber } from "../../src/clients/pubsub.ts";
import { ReplyWriter } from "../../src/resp/reply_writer.ts";
import { waitFor } from "../support/wait_for.ts";
import { startEmbedded } from "../support/embedded.ts";

class Listener implements Subscriber {
  readonly reply = new ReplyWriter();
  isSubscribed = false;
  pushes = 0;

  pushed(): void {
    this.pushes++;
  }
}

const KINDS = ["channel", "pattern", "shard"] as const;
const MANY = 200_000;

function publish(pubsub: PubSub, channel: string): number {
  return pubsub.publish(Span.ofString(channel), Span.ofString("message"));
}

function patternsTold({ reply }: Listener): string[] {
  return [...byteString(reply.bytes()).matchAll(/pmessage\r\n\$\d+\r\n(.*?)\r\n/g)]
    .map(([, pattern]) => pattern);
}

Deno.test("PubSub does not try 20,000 patterns when their ends tell that they don't match", () => {
  const pubsub = new PubSub(), listener = new Listener();
  for (let i = 0; i < 20_000; i++) pubsub.subscribe(listener, "pattern", `user:${i}:*`);
  pubsub.subscribe(listener, "pattern", "__key*__:*");
  assertEquals(publish(pubsub, "__keyevent@0__:set"), 1);
  assert(pubsub.patternsTried <= 16, `${pubsub.patternsTried} were tried`);
  assertEquals(publish(pubsub, "user:7:x"), 1);
  assert(pubsub.patternsTried <= 16, `${pubsub.patternsTried} were tried`);
  assertEquals(patternsTold(listener), ["__key*__:*", "user:7:*"]);
});

Deno.test("PubSub tells of a message once for each pattern, in the order in which these came", () => {
  const pubsub = new PubSub(), listener = new Listener(), other = new Listener();
  const patterns = ["*b", "a*", "*", "?b", "ab", "[a]b", "a*b", "*a*"];
  for (const pattern of patterns) pubsub.subscribe(listener, "pattern", pattern);
  pubsub.subscribe(other, "pattern", "*");
  pubsub.subscribe(listener, "channel", "ab");
  assertEquals(publish(pubsub, "ab"), patterns.length + 2);
  assertEquals(patternsTold(listener), patterns);
  assertEquals(patternsTold(other), ["*"]);
  pubsub.unsubscribe(listener, "pattern", "*b");
  pubsub.subscribe(listener, "pattern", "*b");
  publish(pubsub, "ab");
  assertEquals(patternsTold(listener), [...patterns.slice(1), "*b"]);
});

for (const kind of KINDS) {
  Deno.test(`PubSub ends ${MANY} subscriptions little by little when their subscriber is gone: ${kind}`, () => {
    const pubsub = new PubSub(), listener = new Listener(), other = new Listener();
    for (let i = 0; i < MANY; i++) pubsub.subscribe(listener, kind, `name ${i}`);
    pubsub.subscribe(other, kind, "name 199999");
    pubsub.forget(listener);
    assert(pubsub.isRemoving);
    // Nobody sees that something is left of it.
    assertEquals([listener.isSubscribed, pubsub.countOf(listener, kind)], [false, 0]);
    assertEquals(pubsub.channels(kind, null), ["name 199999"]);
    assertEquals(pubsub.nameCount(kind), 1);
    const last = Span.ofString("name 199999"), before = Span.ofString("name 199998");
    assertEquals([pubsub.subscribersOf(kind, last), pubsub.subscribersOf(kind, before)], [1, 0]);
    if (kind === "shard") {
      assertEquals([pubsub.publishToShard(last, last), pubsub.publishToShard(before, last)], [
        1,
        0,
      ]);
    } else {
      assertEquals([publish(pubsub, "name 199999"), publish(pubsub, "name 199998")], [1, 0]);
    }
    assertEquals([listener.reply.size, listener.pushes, other.pushes], [0, 0, 1]);
    // Who comes back has what it subscribes to now.
    pubsub.subscribe(listener, kind, "name 199998");
    assertEquals(pubsub.subscriptionsOf(listener, kind), ["name 199998"]);
    assertEquals(pubsub.nameCount(kind), 2);
    let rounds = 0;
    for (; pubsub.isRemoving; rounds++) pubsub.removeSome(2000);
    assert(rounds > 90 && rounds <= 101, `${rounds} rounds`);
    assertEquals(pubsub.channels(kind, null), ["name 199998", "name 199999"]);
    assertEquals(pubsub.nameCount(kind), 2);
  });
}

Deno.test("PubSub removes what is left of those who are gone as others subscribe", () => {
  const pubsub = new PubSub();
  for (let round = 0; round < 20; round++) {
    const listener = new Listener();
    for (let i = 0; i < 5000; i++) pubsub.subscribe(listener, "channel", `name ${i}`);
    // The two of each round's names that the round before has left are gone by now.
    assert(!pubsub.isRemoving);
    pubsub.forget(listener);
  }
});

Deno.test("PubSub unsubscribeAll tells of all in order, and how many are left", () => {
  const pubsub = new PubSub(), listener = new Listener(), other = new Listener();
  for (const name of ["c", "a", "b"]) pubsub.subscribe(listener, "channel", name);
  pubsub.subscribe(listener, "pattern", "*");
  pubsub.subscribe(other, "channel", "a");
  const told: [string, number][] = [];
  pubsub.unsubscribeAll(listener, "channel", (name, left) => told.push([name, left]));
  assertEquals(told, [["c", 2], ["a", 1], ["b", 0]]);
  assertEquals([listener.isSubscribed, pubsub.nameCount("channel")], [true, 1]);
  pubsub.unsubscribeAll(listener, "pattern", () => {});
  assertEquals([listener.isSubscribed, pubsub.isSilent], [false, false]);
  pubsub.unsubscribe(other, "channel", "a");
  assert(pubsub.isSilent);
});

Deno.test("a client with many subscriptions is gone at once, and the cron removes what is left of it", async () => {
  await using parts = await startEmbedded();
  const { server } = parts;
  const client = await parts.connect(), other = await parts.connect();
  const names = Array.from({ length: 10_000 }, (_, i) => `name ${i}`);
  await client.send("SUBSCRIBE", ...names);
  await client.send("PSUBSCRIBE", ...names);
  await waitFor("all subscriptions", () => server.pubsub.nameCount("pattern") === names.length);
  assertEquals(await other.texts("PUBLISH", "name 9999", "x"), ["2"]);
  await client.close();
  await waitFor("the client to be gone", () => server.clients.count === 1);
  assertEquals(await other.texts("PUBLISH", "name 9999", "x"), ["0"]);
  assertEquals(await other.texts("PUBSUB", "CHANNELS"), []);
  assertEquals(await other.texts("PUBSUB", "NUMPAT"), ["0"]);
  assertEquals(await other.texts("PUBSUB", "NUMSUB", "name 9999"), ["name 9999", "0"]);
  assert(server.pubsub.isRemoving);
  parts.clock.advance(1000);
  assert(!server.pubsub.isRemoving);
});
