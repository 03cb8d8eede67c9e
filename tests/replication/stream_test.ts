import { assert, assertEquals } from "@std/assert";
import { ReplicationHistory } from "../../src/replication/history.ts";
import { ReplicationStream, type StreamReader } from "../../src/replication/stream.ts";

/** Byte number `n` of the stream. */
const byteAt = (n: number) => n * 7 % 251;

function create(backlogSize: number): ReplicationStream {
  const stream = new ReplicationStream(new ReplicationHistory(), () => backlogSize);
  stream.activate();
  return stream;
}

function grow(stream: ReplicationStream, count: number): void {
  const bytes = Uint8Array.from({ length: count }, (_, i) => byteAt(stream.end + i));
  stream.append(bytes, 0, count);
}

/** Reads all that there is, and checks every byte of it. */
function readAll(reader: StreamReader): number {
  let count = 0;
  while (reader.available > 0) {
    const bytes = reader.peek(Infinity);
    assert(bytes.length > 0, "there are bytes to be read");
    bytes.forEach((byte, i) => assertEquals(byte, byteAt(reader.position + i)));
    reader.advance(bytes.length);
    count += bytes.length;
  }
  return count;
}

Deno.test("ReplicationStream counts and keeps nothing before it has a backlog", () => {
  const stream = new ReplicationStream(new ReplicationHistory(), () => 1 << 20);
  grow(stream, 100);
  assertEquals([stream.history.offset, stream.length, stream.first], [0, 0, 0]);
  stream.activate();
  grow(stream, 100);
  assertEquals([stream.history.offset, stream.length, stream.first], [100, 100, 1]);
});

Deno.test("ReplicationStream gives every reader all bytes from where it begins", () => {
  const stream = create(64 * 1024);
  grow(stream, 1000);
  const first = stream.read(1);
  grow(stream, 100_000);
  const second = stream.read(50_000);
  grow(stream, 30_000);
  assertEquals(readAll(first), 131_000);
  assertEquals(readAll(second), 131_000 - 49_999);
  grow(stream, 5);
  assertEquals([readAll(first), readAll(second)], [5, 5]);
});

Deno.test("ReplicationStream keeps what a reader has not read, and drops it afterwards", () => {
  const stream = create(16 * 1024);
  const reader = stream.read(1);
  for (let i = 0; i < 100; i++) grow(stream, 10_000);
  assert(stream.memoryBytes >= 1_000_000);
  assert(stream.has(1));
  assertEquals(readAll(reader), 1_000_000);
  grow(stream, 1);
  assert(stream.memoryBytes < 100_000, `${stream.memoryBytes}`);
  assert(!stream.has(1));
  assert(stream.length >= 16 * 1024);
  for (let i = 0; i < 100; i++) grow(stream, 10_000);
  reader.close();
  assert(stream.memoryBytes < 100_000, `${stream.memoryBytes}`);
});

Deno.test("ReplicationStream never shows bytes beyond the limit", () => {
  const stream = create(1 << 20);
  grow(stream, 100);
  const reader = stream.read(1);
  assertEquals(reader.peek(40).length, 40);
  reader.advance(40);
  assertEquals(reader.peek(40).length, 0);
  assertEquals(reader.peek(41)[0], byteAt(41));
});

Deno.test("ReplicationHistory that goes on under another name shares what came before", () => {
  const history = new ReplicationHistory();
  const { id } = history;
  history.offset = 99;
  history.continueAs();
  assertEquals([history.secondId, history.secondOffset, history.offset], [id, 100, 99]);
  history.adopt("a".repeat(40), 500);
  assertEquals([history.id, history.secondId, history.secondOffset, history.offset], [
    ...["a".repeat(40), "0".repeat(40), -1, 500],
  ]);
});
