import { assert, assertEquals, assertRejects } from "@std/assert";
import { byteString } from "../../src/base/span.ts";
import { Relay } from "./relay.ts";
import { waitFor } from "./wait_for.ts";

/** A connection through a relay, with the server's end of it. */
class Ends implements AsyncDisposable {
  private constructor(
    readonly listener: Deno.TcpListener,
    readonly relay: Relay,
    public client: Deno.TcpConn,
    public server: Deno.TcpConn,
  ) {}

  static async open(): Promise<Ends> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const relay = await Relay.start(listener.addr.port);
    const accepted = listener.accept();
    const client = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
    const ends = new Ends(listener, relay, client, await accepted);
    await waitFor("the link", () => relay.links.length === 1);
    return ends;
  }

  async reconnect(): Promise<void> {
    this.client.close();
    this.server.close();
    const accepted = this.listener.accept();
    this.client = await Deno.connect({ hostname: "127.0.0.1", port: this.relay.port });
    this.server = await accepted;
    await waitFor("the link", () => this.relay.links.at(-1)!.isOpen);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    this.server.close();
    this.listener.close();
    await this.relay[Symbol.asyncDispose]();
  }
}

async function send(to: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}

async function receive(from: Deno.Conn, length: number): Promise<string> {
  const buffer = new Uint8Array(length);
  let text = "";
  while (text.length < length) {
    const count = await from.read(buffer.subarray(text.length));
    if (count === null) break;
    text += byteString(buffer, text.length, text.length + count);
  }
  return text;
}

Deno.test("Relay forwards and records the bytes of each way", async () => {
  await using ends = await Ends.open();
  const { client, server, relay } = ends;
  await send(client, "question");
  assertEquals(await receive(server, 8), "question");
  const long = "answer".repeat(200_000);
  const [, answer] = await Promise.all([send(server, long), receive(client, long.length)]);
  assert(answer === long);
  const [link] = relay.links;
  assertEquals(link.text("toServer"), "question");
  assert(link.text("toClient") === long);
  assertEquals([relay.forwarded("toServer"), relay.forwarded("toClient")], [8, long.length]);
});

Deno.test("Relay closes the other end after all that came when one end closes", async () => {
  await using ends = await Ends.open();
  const { client, server, relay } = ends;
  const text = "x".repeat(300_000);
  const sent = send(client, text).then(() => client.closeWrite());
  assert(await receive(server, text.length + 1) === text);
  await sent;
  assertEquals(await client.read(new Uint8Array(1)), null);
  await waitFor("the link to end", () => !relay.links[0].isOpen);
});

Deno.test("Relay resets both ends when the link is cut, and takes a new connection", async () => {
  await using ends = await Ends.open();
  await ends.relay.cut();
  for (const end of [ends.client, ends.server]) {
    await assertRejects(() => end.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  }
  await ends.reconnect();
  await send(ends.client, "again");
  assertEquals(await receive(ends.server, 5), "again");
  assertEquals(ends.relay.links.length, 2);
});

Deno.test("Relay refuses connections until it accepts them again", async () => {
  await using ends = await Ends.open();
  const { relay } = ends;
  await relay.refuse();
  await assertRejects(
    () => Deno.connect({ hostname: "127.0.0.1", port: relay.port }),
    Deno.errors.ConnectionRefused,
  );
  await relay.accept();
  await ends.reconnect();
  await send(ends.server, "back");
  assertEquals(await receive(ends.client, 4), "back");
});

Deno.test("Relay closes a connection when nobody listens behind it", async () => {
  await using ends = await Ends.open();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  ends.relay.target = listener.addr.port;
  listener.close();
  using lost = await Deno.connect({ hostname: "127.0.0.1", port: ends.relay.port });
  assertEquals(await lost.read(new Uint8Array(1)), null);
});

Deno.test("Relay holds one way and not the other until it is released", async () => {
  await using ends = await Ends.open();
  const { client, server, relay } = ends;
  relay.hold("toServer");
  await send(client, "held");
  await send(server, "free");
  assertEquals(await receive(client, 4), "free");
  assertEquals(relay.forwarded("toServer"), 0);
  relay.release();
  assertEquals(await receive(server, 4), "held");
});

Deno.test("Relay cuts a link that is held", async () => {
  await using ends = await Ends.open();
  ends.relay.hold();
  await send(ends.client, "never arrives");
  await ends.relay.cut();
  await assertRejects(() => ends.server.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
});

Deno.test("Relay delays what it forwards, without forwarding less", async () => {
  await using ends = await Ends.open();
  const { client, server, relay } = ends;
  relay.delay(150);
  const start = performance.now();
  for (let i = 0; i < 5; i++) await send(client, "12345");
  assertEquals(await receive(server, 25), "12345".repeat(5));
  const took = performance.now() - start;
  assert(took >= 149, `${took} ms`);
});

Deno.test("Relay forwards no more than so many bytes per second when it is throttled", async () => {
  await using ends = await Ends.open();
  const { client, server, relay } = ends;
  relay.throttle("toServer", 100_000);
  const start = performance.now();
  const text = "x".repeat(40_000);
  await send(client, text);
  assert(await receive(server, text.length) === text);
  const took = performance.now() - start;
  // The first piece needs no time.
  assert(took >= 340, `${took} ms`);
  // The rest of what is on its way comes at once when it is not throttled any more.
  relay.throttle("toServer", 1);
  await send(client, "abc");
  assertEquals(await receive(server, 1), "a");
  relay.throttle("toServer", Infinity);
  assertEquals(await receive(server, 2), "bc");
});

Deno.test("Relay corrupts one byte, once", async () => {
  await using ends = await Ends.open();
  ends.relay.corrupt("toServer", 4);
  await send(ends.client, "012");
  await send(ends.client, "3456");
  assertEquals(await receive(ends.server, 7), "0123\xcb56");
  await ends.relay.cut();
  await ends.reconnect();
  await send(ends.client, "0123456");
  assertEquals(await receive(ends.server, 7), "0123456");
});

Deno.test("Relay ends a link after exactly so many bytes when it truncates, once", async () => {
  await using ends = await Ends.open();
  ends.relay.truncate("toClient", 5);
  await send(ends.server, "012");
  await send(ends.server, "3456789");
  assertEquals(await receive(ends.client, 10), "01234");
  await ends.reconnect();
  await send(ends.server, "0123456789");
  assertEquals(await receive(ends.client, 10), "0123456789");
});
