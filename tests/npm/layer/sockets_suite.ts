/** Connections and listeners of the layer, on whatever runs this: `runtimes_test.ts` does, on each runtime. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectNode, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { errors } from "../../../npm/runtime/errors.ts";
import { listen, type SocketListener } from "../../../npm/runtime/listeners.ts";
import { connect, type SocketConn } from "../../../npm/runtime/sockets.ts";

const HOST = "127.0.0.1";

function portOf(listener: SocketListener): number {
  return (listener.addr as Deno.NetAddr).port;
}

/** A connection that was accepted, and its peer's socket, which nothing was read from yet. */
async function pair(): Promise<{ listener: SocketListener; conn: SocketConn; peer: Socket }> {
  const listener = await listen({ hostname: HOST, port: 0 });
  const peer = connectNode({ host: HOST, port: portOf(listener), allowHalfOpen: true });
  peer.pause();
  peer.on("error", () => {});
  const [conn] = await Promise.all([
    listener.accept(),
    new Promise((resolve) => peer.on("connect", resolve)),
  ]);
  return { listener, conn, peer };
}

async function readText(conn: SocketConn): Promise<string> {
  const buffer = new Uint8Array(1024);
  let text = "";
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) return text;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
}

function rejectsWith(work: Promise<unknown>, kind: new () => Error, text = ""): Promise<void> {
  return assert.rejects(work, (error: Error) => {
    assert.ok(error instanceof kind, String(error));
    assert.ok(error instanceof Error);
    assert.ok(error.message.includes(text), error.message);
    return true;
  });
}

test("what a peer sends before anybody reads is there", async () => {
  const { listener, conn, peer } = await pair();
  peer.write("first");
  await sleep(20);
  const buffer = new Uint8Array(3);
  assert.equal(await conn.read(buffer), 3);
  assert.equal(new TextDecoder().decode(buffer), "fir");
  assert.equal(await conn.read(buffer), 2);
  conn.close();
  listener.close();
  peer.destroy();
});

test("a peer that has sent all still reads, and the other way round", async () => {
  const { listener, conn, peer } = await pair();
  peer.end("question");
  assert.equal(await readText(conn), "question");
  assert.equal(await conn.read(new Uint8Array(1)), null);
  assert.equal(await conn.write(new TextEncoder().encode("answer")), 6);
  await conn.closeWrite();
  let answer = "";
  for await (const chunk of peer) answer += String(chunk);
  assert.equal(answer, "answer");
  conn.close();
  listener.close();

  const other = await pair();
  await other.conn.closeWrite();
  other.peer.on("end", () => other.peer.end("after the end"));
  other.peer.resume();
  assert.equal(await readText(other.conn), "after the end");
  other.conn.close();
  other.listener.close();
});

test("a peer waits that sends more than is read, and nothing is lost", async () => {
  const { listener, conn, peer } = await pair();
  const size = 32 * 1024 * 1024, sent = new Uint8Array(size);
  for (let i = 0; i < size; i += 997) sent[i] = i % 251;
  let isWritten = false;
  peer.end(sent, () => isWritten = true);
  const buffer = new Uint8Array(16 * 1024), got = new Uint8Array(size);
  let at = await conn.read(buffer) ?? 0;
  got.set(buffer.subarray(0, at));
  await sleep(300);
  assert.equal(isWritten, false, "all was taken from a peer whose bytes nobody reads");
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) break;
    got.set(buffer.subarray(0, count), at);
    at += count;
  }
  assert.equal(at, size);
  assert.equal(Buffer.compare(got, sent), 0);
  conn.close();
  listener.close();
  peer.destroy();
});

test("much is written in parts, which wait for a peer that does not read", async () => {
  const { listener, conn, peer } = await pair();
  const bytes = new Uint8Array(24 * 1024 * 1024).fill(7);
  assert.equal(await conn.write(bytes), 64 * 1024);
  let done = 64 * 1024;
  const rest = (async () => {
    while (done < bytes.length) done += await conn.write(bytes.subarray(done));
  })();
  await sleep(300);
  assert.ok(done < bytes.length, "all was written to a peer that reads nothing");
  let received = 0;
  peer.on("data", (chunk) => received += chunk.length);
  peer.resume();
  await rest;
  conn.close();
  await new Promise((resolve) => peer.on("close", resolve).on("end", () => peer.end()));
  assert.equal(received, bytes.length);
  listener.close();
});

test("a connection that the peer has reset fails, with the class and words of Deno", async () => {
  const { listener, conn, peer } = await pair();
  const reading = conn.read(new Uint8Array(8));
  peer.resetAndDestroy();
  await rejectsWith(reading, errors.ConnectionReset, "Connection reset by peer (os error 104)");
  await assert.rejects(conn.write(new Uint8Array(8)), Error);
  conn.close();
  listener.close();
});

test("closing ends a read and a write that wait", async () => {
  const { listener, conn, peer } = await pair();
  const reading = rejectsWith(conn.read(new Uint8Array(8)), errors.Interrupted);
  const writing = (async () => {
    for (;;) await conn.write(new Uint8Array(64 * 1024));
  })();
  await sleep(50);
  conn.close();
  await reading;
  await assert.rejects(writing, Error);
  await rejectsWith(conn.read(new Uint8Array(8)), errors.BadResource);
  await rejectsWith(conn.write(new Uint8Array(8)), errors.BadResource);
  assert.throws(() => conn.close(), errors.BadResource);
  listener.close();
  peer.destroy();
});

test("a port that is in use, or is nobody's, is an error that can be caught", async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, HOST, () => resolve((taken.address() as { port: number }).port));
  });
  const words = "Address already in use (os error 98)";
  await rejectsWith(listen({ hostname: HOST, port }), errors.AddrInUse, words);
  const nobody = "Cannot assign requested address (os error 99)";
  // TEST-NET-1 (RFC 5737) is nobody's address.
  await rejectsWith(listen({ hostname: "192.0.2.1", port: 0 }), errors.AddrNotAvailable, nobody);
  await new Promise((resolve) => taken.close(resolve));
  await rejectsWith(connect({ hostname: HOST, port }), errors.ConnectionRefused, "(os error 111)");
  // It is free again, and once more when a listener is closed.
  for (let i = 0; i < 2; i++) (await listen({ hostname: HOST, port })).close();
});

test("a listener that is closed refuses, and ends those who wait", async () => {
  const listener = await listen({ hostname: HOST, port: 0 });
  const accepting = rejectsWith(listener.accept(), errors.BadResource);
  const port = portOf(listener);
  listener.close();
  await accepting;
  await rejectsWith(listener.accept(), errors.BadResource);
  assert.throws(() => listener.close(), errors.BadResource);
  await rejectsWith(connect({ hostname: HOST, port }), errors.ConnectionRefused);
});

test("both ends of a connection have addresses", async () => {
  const { listener, conn, peer } = await pair();
  assert.deepEqual(conn.localAddr, { transport: "tcp", hostname: HOST, port: portOf(listener) });
  assert.deepEqual(conn.remoteAddr, { transport: "tcp", hostname: HOST, port: peer.localPort });
  const out = await connect({ hostname: HOST, port: portOf(listener) });
  assert.deepEqual(out.remoteAddr, conn.localAddr);
  for (const one of [out, conn, listener]) one.close();
  peer.destroy();
});

test("a Unix socket is listened on and connected to; what is wrong with a path is told", async () => {
  const directory = mkdtempSync(`${tmpdir()}/layer-`), path = `${directory}/s`;
  const listener = await listen({ transport: "unix", path });
  const [out, conn] = await Promise.all([
    connect({ transport: "unix", path }),
    listener.accept(),
  ]);
  assert.deepEqual(conn.localAddr, { transport: "unix", path });
  await out.write(new TextEncoder().encode("through a file"));
  await out.closeWrite();
  assert.equal(await readText(conn), "through a file");
  await rejectsWith(listen({ transport: "unix", path }), errors.AddrInUse);
  for (const one of [out, conn, listener]) one.close();
  const lost = `${directory}/no/such`;
  await rejectsWith(listen({ transport: "unix", path: lost }), errors.NotFound, "No such file");
  await rejectsWith(listen({ transport: "unix", path: "/dev/null/s" }), errors.NotADirectory);
  await rejectsWith(connect({ transport: "unix", path: lost }), errors.NotFound);
  rmSync(directory, { recursive: true });
});
