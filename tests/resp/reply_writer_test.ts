import { assert, assertEquals, assertLess, assertStrictEquals, assertThrows } from "@std/assert";
import { bytesOf, byteString, Span } from "../../src/base/span.ts";
import { ChunkPool, LARGE_CHUNK, SMALL_CHUNK, SMALLEST_CHUNK } from "../../src/resp/chunk_pool.ts";
import { Frame } from "../../src/resp/frame.ts";
import { REPLY_CUT, ReplyWriter } from "../../src/resp/reply_writer.ts";

type Write = (reply: ReplyWriter) => void;

function written(resp: 2 | 3, write: Write): string {
  const reply = new ReplyWriter();
  reply.resp = resp;
  write(reply);
  return byteString(reply.bytes());
}

const KINDS: readonly [name: string, write: Write, resp2: string, resp3: string][] = [
  ["simple", (r) => r.simple("PONG"), "+PONG\r\n", "+PONG\r\n"],
  ["ok", (r) => r.ok(), "+OK\r\n", "+OK\r\n"],
  ["error", (r) => r.error("ERR a\r\nb\n"), "-ERR a  b\r\n", "-ERR a  b\r\n"],
  ["integer", (r) => r.integer(0), ":0\r\n", ":0\r\n"],
  ["integer of two digits", (r) => r.integer(10), ":10\r\n", ":10\r\n"],
  ["integer below 0", (r) => r.integer(-1), ":-1\r\n", ":-1\r\n"],
  [
    "integer of 64 bits",
    (r) => r.integer(-(2n ** 63n)),
    ":-9223372036854775808\r\n",
    ":-9223372036854775808\r\n",
  ],
  ["integer as bigint", (r) => r.integer(7n), ":7\r\n", ":7\r\n"],
  ["bulk", (r) => r.bulk(Span.ofString("a\r\n")), "$3\r\na\r\n\r\n", "$3\r\na\r\n\r\n"],
  ["bulkBytes", (r) => r.bulkBytes(bytesOf("xaby"), 1, 3), "$2\r\nab\r\n", "$2\r\nab\r\n"],
  ["bulkString", (r) => r.bulkString("\xff"), "$1\r\n\xff\r\n", "$1\r\n\xff\r\n"],
  ["bulkString of nothing", (r) => r.bulkString(""), "$0\r\n\r\n", "$0\r\n\r\n"],
  ["bulkInteger", (r) => r.bulkInteger(-12), "$3\r\n-12\r\n", "$3\r\n-12\r\n"],
  ["null", (r) => r.null(), "$-1\r\n", "_\r\n"],
  ["nullArray", (r) => r.nullArray(), "*-1\r\n", "_\r\n"],
  ["array", (r) => r.array(12), "*12\r\n", "*12\r\n"],
  ["map", (r) => r.map(2), "*4\r\n", "%2\r\n"],
  ["set", (r) => r.set(2), "*2\r\n", "~2\r\n"],
  ["push", (r) => r.push(3), "*3\r\n", ">3\r\n"],
  ["double", (r) => r.double(0.1), "$19\r\n0.10000000000000001\r\n", ",0.10000000000000001\r\n"],
  ["double without end", (r) => r.double(-Infinity), "$4\r\n-inf\r\n", ",-inf\r\n"],
  ["doubleText", (r) => r.doubleText("0.1"), "$3\r\n0.1\r\n", ",0.1\r\n"],
  ["true", (r) => r.boolean(true), ":1\r\n", "#t\r\n"],
  ["false", (r) => r.boolean(false), ":0\r\n", "#f\r\n"],
  ["bigNumber", (r) => r.bigNumber("-123"), "$4\r\n-123\r\n", "(-123\r\n"],
  ["verbatim", (r) => r.verbatim("hi", "txt"), "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"],
  ["raw", (r) => r.raw(bytesOf(":1\r\n")), ":1\r\n", ":1\r\n"],
];

Deno.test("ReplyWriter writes every kind of reply in both protocols", async (t) => {
  for (const [name, write, resp2, resp3] of KINDS) {
    await t.step(name, () => {
      assertEquals(written(2, write), resp2);
      assertEquals(written(3, write), resp3);
    });
  }
});

Deno.test("ReplyWriter writes attributes in RESP3 and refuses them in RESP2", () => {
  assertEquals(written(3, (r) => r.attribute(1)), "|1\r\n");
  assertThrows(() => written(2, (r) => r.attribute(1)));
});

Deno.test("ReplyWriter is a sink for frames", () => {
  assertEquals(written(2, (r) => Frame.fromStrings(["PING"]).appendTo(r)), "*1\r\n$4\r\nPING\r\n");
});

Deno.test("ReplyWriter hands over an ordinary reply as one piece of a pooled chunk", () => {
  const pool = new ChunkPool();
  const reply = new ReplyWriter(pool);
  reply.ok();
  reply.integer(5);
  assertEquals(reply.size, 9);
  const taken = reply.take();
  assertEquals(taken.map((piece) => byteString(piece)), ["+OK\r\n:5\r\n"]);
  assertEquals([reply.size, reply.take()], [0, []]);

  reply.ok(); // goes elsewhere while the first is being written
  assert(reply.take()[0].buffer !== taken[0].buffer);
  reply.release(taken);
  assertEquals(pool.unusedBytes, SMALL_CHUNK);
  reply.ok();
  assertStrictEquals(reply.take()[0].buffer, taken[0].buffer);
});

Deno.test("ReplyWriter goes on in large chunks and keeps the order", () => {
  const pool = new ChunkPool();
  const reply = new ReplyWriter(pool);
  let expected = "";
  for (let i = 0; i < 50_000; i++) {
    reply.integer(i);
    expected += `:${i}\r\n`;
  }
  assertEquals(reply.size, expected.length);
  const taken = reply.take();
  assertEquals(taken.length, Math.ceil(expected.length / LARGE_CHUNK));
  assert(taken.map((piece) => byteString(piece)).join("") === expected);
  reply.release(taken);
  assertEquals(pool.unusedBytes, SMALL_CHUNK + taken.length * LARGE_CHUNK);
});

Deno.test("ReplyWriter exchanges a buffer that turns out too small for a larger one", () => {
  const pool = new ChunkPool();
  const reply = new ReplyWriter(pool);
  reply.bufferSize = 2048;
  const sizesOf = (length: number) => {
    for (let i = 0; i < length / 5; i++) reply.ok();
    const taken = reply.take();
    const sizes = taken.map((piece) => piece.buffer.byteLength);
    reply.release(taken);
    return sizes;
  };
  assertEquals(sizesOf(2045), [2048]);
  assertEquals(sizesOf(2050), [SMALL_CHUNK]);
  assertEquals(sizesOf(50_000), [LARGE_CHUNK]);
  assertEquals(pool.unusedBytes, 2048 + SMALL_CHUNK + LARGE_CHUNK);
});

Deno.test("ReplyWriter tells how much of its buffer was filled at most", () => {
  const reply = new ReplyWriter();
  reply.bufferSize = 2048;
  reply.bufferPeak = 0;
  const peakAfter = (length: number) => {
    reply.raw(new Uint8Array(length));
    reply.release(reply.take());
    return reply.bufferPeak;
  };
  assertEquals([300, 20, 301, 100_000, 20].map(peakAfter), [300, 300, 301, 2048, 2048]);
  reply.bufferPeak = 0;
  reply.muted = true;
  assertEquals(peakAfter(500), 0);
});

Deno.test("ReplyWriter copies payloads of any length, over the ends of chunks", () => {
  for (const before of [0, 1, SMALLEST_CHUNK - 3, SMALL_CHUNK - 30, SMALL_CHUNK - 3]) {
    for (const length of [0, 1, 20, 300, SMALL_CHUNK, LARGE_CHUNK - 1, LARGE_CHUNK, 200_000]) {
      for (const bufferSize of [SMALLEST_CHUNK, SMALL_CHUNK]) {
        const source = new Uint8Array(length).fill(97);
        const reply = new ReplyWriter();
        reply.bufferSize = bufferSize;
        reply.raw(new Uint8Array(before).fill(46));
        reply.bulkBytes(source, 0, length);
        reply.bulkString("b".repeat(length));
        reply.verbatim("c".repeat(length), "txt");
        source.fill(0);
        const bulk = (letter: string) => `$${length}\r\n${letter.repeat(length)}\r\n`;
        const bulks = bulk("a") + bulk("b") + bulk("c");
        assert(byteString(reply.bytes()) === ".".repeat(before) + bulks);
      }
    }
  }
});

Deno.test("ReplyWriter gives a large payload a piece of its own, of its size", () => {
  const reply = new ReplyWriter();
  reply.ok();
  reply.bulkBytes(new Uint8Array(300_000), 0, 300_000);
  reply.ok();
  const taken = reply.take();
  assertEquals(taken.map((piece) => piece.length), [5, 300_011, 5]);
  assertEquals(taken[1].buffer.byteLength, 300_011);
});

Deno.test("ReplyWriter writes deferred counts in front of their elements", () => {
  for (const before of [0, SMALL_CHUNK - 40, SMALL_CHUNK - 10]) {
    for (const count of [0, 5, 40, 12_000]) {
      for (const resp of [2, 3] as const) {
        const reply = new ReplyWriter();
        reply.resp = resp;
        reply.raw(new Uint8Array(before).fill(46));
        const outer = reply.deferMap();
        reply.bulkString("key");
        const inner = reply.deferSet();
        for (let i = 0; i < count; i++) reply.integer(i);
        reply.setDeferred(inner, count);
        reply.setDeferred(outer, 1);
        const empty = reply.deferArray();
        reply.setDeferred(empty, 0);
        const items = Array.from({ length: count }, (_, i) => `:${i}\r\n`).join("");
        const expected = (resp === 2 ? "*2" : "%1") + "\r\n$3\r\nkey\r\n" +
          `${resp === 2 ? "*" : "~"}${count}\r\n${items}*0\r\n`;
        assertEquals(reply.size, before + expected.length);
        assert(byteString(reply.bytes()) === ".".repeat(before) + expected);
      }
    }
  }
});

Deno.test("ReplyWriter refuses deferred counts in a wrong order or left out", () => {
  const reply = new ReplyWriter();
  const outer = reply.deferArray();
  reply.deferArray();
  assertThrows(() => reply.setDeferred(outer, 1), Error, "innermost");
  assertThrows(() => reply.take(), Error, "without its count");
});

Deno.test("ReplyWriter forgets what was written since when it is truncated", () => {
  for (const kept of [0, 1, 5000]) {
    for (const dropped of [0, 1, 5000, 60_000]) {
      const pool = new ChunkPool();
      const reply = new ReplyWriter(pool);
      for (let i = 0; i < kept; i++) reply.ok();
      const { size } = reply;
      reply.deferArray();
      for (let i = 0; i < dropped; i++) reply.integer(i);
      if (dropped > 1) reply.bulkBytes(new Uint8Array(100_000), 0, 100_000);
      reply.truncate(size);
      assertEquals(reply.size, size);
      if (dropped === 60_000) assert(pool.unusedBytes >= LARGE_CHUNK);
      reply.null();
      assert(byteString(reply.bytes()) === "+OK\r\n".repeat(kept) + "$-1\r\n");
    }
  }
  assertThrows(() => new ReplyWriter().truncate(1), RangeError);
});

Deno.test("ReplyWriter drops what is written while it is muted", () => {
  const reply = new ReplyWriter();
  reply.integer(1);
  reply.muted = true;
  const mark = reply.deferArray();
  for (let i = 0; i < 10_000; i++) reply.ok();
  reply.setDeferred(mark, 10_000);
  assertEquals(reply.size, 4);
  assertEquals(byteString(reply.bytes()), ":1\r\n");
  assert(reply.muted);
  reply.ok();
  assertEquals([reply.size, reply.take()], [0, []]);
  reply.ok();
  reply.muted = false;
  assertEquals(reply.size, 0);
  reply.integer(2);
  assertEquals(byteString(reply.bytes()), ":2\r\n");
});

Deno.test("ReplyWriter keeps no memory for what is written while it is muted", () => {
  const pool = new ChunkPool();
  const reply = new ReplyWriter(pool);
  reply.integer(1);
  reply.muted = true;
  const outer = reply.deferArray();
  for (let i = 0; i < 1_000_000; i++) reply.integer(i);
  const inner = reply.deferMap();
  for (let i = 0; i < 100_000; i++) reply.bulkString("some text");
  reply.bulkBytes(new Uint8Array(1_000_000), 0, 1_000_000);
  reply.raw(new Uint8Array(1_000_000));
  reply.bulkString("x".repeat(1_000_000));
  reply.setDeferred(inner, 1);
  reply.setDeferred(outer, 1);
  assertEquals(reply.size, 4);
  assertEquals(byteString(reply.bytes()), ":1\r\n");
  // What was gathered in vain would be among the pool's chunks now.
  assert(pool.unusedBytes <= 4 * LARGE_CHUNK, `${pool.unusedBytes} bytes`);
});

Deno.test("ReplyWriter keeps a message that comes within an array which is dropped", () => {
  const reply = new ReplyWriter();
  reply.resp = 3;
  reply.muted = true;
  const outer = reply.deferArray();
  reply.ok();
  const muted = reply.beginMessage();
  assert(reply.isMessageBegun);
  reply.push(1);
  reply.simple("message");
  reply.endMessage(muted);
  assert(!reply.isMessageBegun && reply.muted);
  const inner = reply.deferArray();
  for (let i = 0; i < 50_000; i++) reply.ok();
  reply.setDeferred(inner, 1);
  reply.setDeferred(outer, 2);
  assertEquals(byteString(reply.bytes()), ">1\r\n+message\r\n");
});

Deno.test("ReplyWriter tells before it takes another chunk, and of large payloads how large", () => {
  const reply = new ReplyWriter();
  const told: number[] = [];
  reply.watcher = { replyGrows: (bytes) => void told.push(bytes) };
  for (let i = 0; i < 10_000; i++) reply.ok();
  assertEquals(told, []);
  for (let i = 0; i < 10_000; i++) reply.ok();
  assertEquals(told, [0]);
  reply.bulkBytes(new Uint8Array(300_000), 0, 300_000);
  reply.raw(new Uint8Array(200_000));
  assertEquals(told, [0, 300_000, 200_000]);
});

Deno.test("ReplyWriter drops all when it is cut, and whatever comes then", () => {
  const pool = new ChunkPool();
  const reply = new ReplyWriter(pool);
  const before = reply.deferArray();
  for (let i = 0; i < 100_000; i++) reply.ok();
  let told = 0;
  const replyGrows = () => {
    told++;
    if (!reply.isCut) reply.cut();
  };
  reply.watcher = { replyGrows };
  const within = reply.deferMap();
  for (let i = 0; i < 100_000; i++) reply.ok();
  reply.bulkBytes(new Uint8Array(1_000_000), 0, 1_000_000);
  const after = reply.deferSet();
  reply.setDeferred(after, 1);
  reply.setDeferred(within, 1);
  reply.setDeferred(before, 1);
  assert(reply.isCut);
  // Whoever writes on is told again each time.
  assert(told >= 5 && told <= 10, `told ${told} times`);
  reply.muted = false;
  reply.endMessage(reply.beginMessage());
  reply.truncate(1000);
  reply.ok();
  assertEquals([reply.size, reply.take()], [0, []]);
  assert(pool.unusedBytes <= 12 * LARGE_CHUNK, `${pool.unusedBytes} bytes`);
});

Deno.test("ReplyWriter has nothing left of a large payload when that is what it is cut for", () => {
  const reply = new ReplyWriter();
  const replyGrows = () => {
    reply.cut();
    throw REPLY_CUT;
  };
  reply.watcher = { replyGrows };
  reply.ok();
  const error = assertThrows(() => reply.bulkBytes(new Uint8Array(100_000), 0, 100_000));
  assertStrictEquals(error, REPLY_CUT);
  assertEquals([reply.size, reply.take()], [0, []]);
});

Deno.test("ChunkPool keeps as many chunks as it was told and ignores other sizes", () => {
  const pool = new ChunkPool(1);
  const [a, b] = [pool.acquire(SMALL_CHUNK), pool.acquire(SMALL_CHUNK)];
  for (const size of [0, 100, 512, 3000, 24 * 1024, 2 * LARGE_CHUNK]) {
    pool.release(new Uint8Array(size));
  }
  assertEquals(pool.unusedBytes, 0);
  pool.release(a.subarray(10, 20));
  pool.release(b);
  assertEquals(pool.unusedBytes, SMALL_CHUNK);
  const again = pool.acquire(SMALL_CHUNK);
  assertStrictEquals(again.buffer, a.buffer);
  assertEquals(again.length, SMALL_CHUNK);
  for (let size = SMALLEST_CHUNK; size <= LARGE_CHUNK; size *= 2) {
    const chunk = pool.acquire(size);
    assertEquals(chunk.length, size);
    pool.release(chunk);
    assertStrictEquals(pool.acquire(size), chunk);
  }
  assertEquals(pool.unusedBytes, 0);
});

Deno.test("ReplyWriter keeps nothing of what is written while it is muted, and all from before", () => {
  const value = new Uint8Array(1 << 20).fill(65), small = "x".repeat(100);
  for (const before of [0, 10, 20_000, 70_000, 200_000]) {
    const reply = new ReplyWriter();
    reply.raw(new Uint8Array(before).fill(66));
    reply.muted = true;
    for (let i = 0; i < 50; i++) {
      reply.bulkBytes(value, 0, value.length);
      for (let k = 0; k < 1000; k++) reply.bulkString(small);
    }
    assertEquals(reply.size, before);
    const muted = reply.beginMessage();
    reply.bulkString("told");
    reply.endMessage(muted);
    for (let k = 0; k < 1000; k++) reply.bulkString(small);
    assertLess(reply.capacity, 1 << 20);
    reply.muted = false;
    assertEquals([reply.isCut, byteString(reply.bytes())], [
      false,
      "B".repeat(before) + "$4\r\ntold\r\n",
    ]);
  }
});

Deno.test("ReplyWriter puts a long payload into several chunks, and its line end with the last of them", () => {
  const megabyte = 1024 * 1024;
  for (const length of [megabyte, megabyte + 1, 3 * megabyte, 3 * megabyte + 7]) {
    const payload = new Uint8Array(length).map((_, i) => i % 251);
    const writer = new ReplyWriter();
    writer.bulkBytes(payload, 0, length);
    writer.ok();
    const pieces = writer.take();
    for (const { buffer } of pieces) assertLess(buffer.byteLength, megabyte + 64);
    assertLess(pieces.length, Math.ceil(length / megabyte) + 3);
    const all = byteString(new Uint8Array(pieces.flatMap((piece) => [...piece])));
    assert(all === `$${length}\r\n${byteString(payload)}\r\n+OK\r\n`);
  }
});

Deno.test("ReplyWriter lineAt shows the line after some bytes when it lies in one chunk or in several", () => {
  const reply = new ReplyWriter();
  reply.simple("OK");
  const second = reply.size;
  reply.bulkString("x".repeat(200_000));
  const third = reply.size;
  reply.error("ERR no");
  assertEquals([0, second, third].map((at) => reply.lineAt(at)), ["+OK", "$200000", "-ERR no"]);
  assertEquals(reply.lineAt(third + 3), "R no");
  assertEquals(reply.lineAt(reply.size), "");
  assertEquals(reply.lineAt(second + 9).length, 200_000);
});
