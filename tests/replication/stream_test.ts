import { assert, assertEquals } from "@std/assert";
import { ReplicationHistory } from "../../src/replication/history.ts";
import type { OverflowPlace } from "../../src/replication/overflow_file.ts";
import {
  ReplicationStream,
  STREAM_MEMORY,
  type StreamReader,
} from "../../src/replication/stream.ts";
import { FaultyFileSystem } from "../support/faulty_file_system.ts";

/** Byte number `n` of the stream. */
const byteAt = (n: number) => n * 7 % PERIOD;
const PERIOD = 251;
/** The first bytes of the stream, and all others as well. */
const BYTES = Uint8Array.from({ length: 500_000 + PERIOD }, (_, n) => byteAt(n));

const PATH = "/temp-repl.aof";
/** Where there is no place for files. */
const NO_FILES: OverflowPlace = { files: new FaultyFileSystem(), path: null };

function create(backlogSize: number, place = NO_FILES): ReplicationStream {
  const stream = new ReplicationStream(new ReplicationHistory(), () => backlogSize, () => place);
  stream.activate();
  return stream;
}

function grow(stream: ReplicationStream, count: number): void {
  const start = stream.end % PERIOD;
  stream.append(BYTES, start, start + count);
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
  const stream = new ReplicationStream(new ReplicationHistory(), () => 1 << 20, () => NO_FILES);
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

Deno.test("ReplicationStream takes the memory of what it drops for what comes next", () => {
  const stream = create(1 << 20);
  const reader = stream.read(1), buffers = new Set<ArrayBufferLike>();
  for (let i = 0; i < 1000; i++) {
    grow(stream, 5000);
    buffers.add(reader.peek(Infinity).buffer);
    assertEquals(readAll(reader), 5000);
  }
  // Five times as much went through it as it keeps.
  assert(buffers.size < 30, `${buffers.size} blocks`);
  assert(stream.memoryBytes < 1.5 * (1 << 20), `${stream.memoryBytes}`);
  // A reader that comes late still finds what is kept.
  assertEquals(readAll(stream.read(stream.first)), stream.length);
});

/** Reads on to a number, and checks some bytes of each piece. */
function readTo(reader: StreamReader, end: number): void {
  while (reader.position < end) {
    const bytes = reader.peek(end - 1);
    assert(bytes.length > 0, `there are bytes at ${reader.position}`);
    for (const i of [0, bytes.length >> 1, bytes.length - 1]) {
      assertEquals(bytes[i], byteAt(reader.position + i), `${reader.position + i}`);
    }
    reader.advance(bytes.length);
  }
}

Deno.test("ReplicationStream puts into a file what only slow readers need", () => {
  const files = new FaultyFileSystem();
  const stream = create(1 << 20, { files, path: PATH });
  for (let round = 0; round < 2; round++) {
    const fast = stream.read(stream.end), slow = stream.read(stream.end);
    for (let i = 0; i < 60; i++) {
      grow(stream, 500_000);
      readTo(fast, stream.end);
      if (i === 50) readTo(slow, slow.position + 3_000_000);
    }
    assert(stream.usesFile);
    assert(stream.memoryBytes < STREAM_MEMORY + 2_000_000, `${stream.memoryBytes}`);
    assert(files.statSync(PATH)!.size > 8_000_000);
    // Who reads the file and who reads memory don't disturb each other.
    const late = stream.read(slow.position + 12_345);
    readTo(slow, late.position);
    readTo(late, stream.end);
    readTo(slow, stream.end);
    assert(!stream.usesFile);
    assertEquals([files.statSync(PATH), files.openFiles], [null, 0]);
    for (const reader of [fast, slow, late]) reader.close();
    assert(stream.memoryBytes < 2_000_000, `${stream.memoryBytes}`);
  }
});

Deno.test("ReplicationStream removes its file when the reader that needed it is given up", () => {
  const files = new FaultyFileSystem();
  const stream = create(1 << 20, { files, path: PATH });
  const slow = stream.read(1);
  for (let i = 0; i < 40; i++) grow(stream, 500_000);
  assert(stream.usesFile);
  slow.close();
  assertEquals([files.statSync(PATH), files.openFiles], [null, 0]);
});

Deno.test("ReplicationStream keeps everything in memory where it can't write its file, and says so", () => {
  const files = new FaultyFileSystem(), errors: unknown[] = [];
  const stream = create(1 << 20, { files, path: "/nowhere/temp-repl.aof" });
  stream.onFailure = (error) => errors.push(error);
  const slow = stream.read(1);
  for (let i = 0; i < 60; i++) grow(stream, 500_000);
  assertEquals(errors.length, 1);
  readTo(slow, stream.end);
  assertEquals(stream.end, 30_000_001);
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

Deno.test("ReplicationStream leaves alone what a reader may be sending that has ended", () => {
  const stream = create(16 * 1024);
  grow(stream, 1000);
  const reader = stream.read(1);
  const sent = reader.peek(Infinity);
  reader.close();
  for (let i = 0; i < 100; i++) grow(stream, 10_000);
  sent.forEach((byte, i) => assertEquals(byte, byteAt(1 + i)));
});

Deno.test("ReplicationStream leaves alone what a slow reader is sending when it goes into the file", () => {
  const stream = create(1 << 20, { files: new FaultyFileSystem(), path: PATH });
  grow(stream, 1000);
  const slow = stream.read(1);
  for (let i = 0; i < 10; i++) grow(stream, 500_000);
  slow.advance(300_000);
  const sent = slow.peek(Infinity), first = slow.position;
  // Block by block, so that the memory of each could be that of the next.
  for (let i = 0; i < 600; i++) grow(stream, 30_000);
  assert(stream.usesFile);
  sent.forEach((byte, i) => assertEquals(byte, byteAt(first + i)));
  assertEquals(readAll(slow), stream.end - first);
});

Deno.test("ReplicationStream knows what its blocks take, and how much of that is the backlog's", () => {
  const stream = create(1 << 20, { files: new FaultyFileSystem(), path: PATH });
  assertEquals([stream.memoryBytes, stream.backlogMemory], [0, 0]);
  grow(stream, 500_000);
  assert(stream.memoryBytes >= 500_000 && stream.memoryBytes < 800_000, `${stream.memoryBytes}`);
  assertEquals(stream.backlogMemory, stream.memoryBytes);
  const slow = stream.read(1);
  for (let i = 0; i < 60; i++) grow(stream, 500_000);
  assertEquals(stream.backlogMemory, 1 << 20);
  assert(stream.memoryBytes > STREAM_MEMORY && stream.memoryBytes < STREAM_MEMORY + 2_000_000);
  slow.close();
  assert(stream.memoryBytes < 2_000_000, `${stream.memoryBytes}`);
  stream.deactivate();
  assertEquals(stream.memoryBytes, 0);
});
