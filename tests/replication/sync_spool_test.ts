import { assert, assertEquals, assertThrows } from "@std/assert";
import { SPOOL_MEMORY, SyncSpool } from "../../src/replication/sync_spool.ts";
import type { PayloadReader } from "../../src/replication/replica_output.ts";
import { FaultyFileSystem } from "../support/faulty_file_system.ts";

const PATH = "/temp-sync.rdb";
const PIECE = 1024 * 1024;

/** Byte `n` of the data. */
const byteAt = (n: number) => (n * 13 + (n >> 12)) % 251;

class Writer {
  readonly files = new FaultyFileSystem();
  readonly spool: SyncSpool;
  written = 0;

  constructor(path: string | null = PATH) {
    this.spool = new SyncSpool({ files: this.files, path }, () => {});
  }

  write(pieces: number): void {
    for (let i = 0; i < pieces; i++) {
      const first = this.written;
      this.spool.writeSync(Uint8Array.from({ length: PIECE }, (_, at) => byteAt(first + at)));
      this.written += PIECE;
    }
  }
}

/** Reads on, up to a place, and checks some bytes of each piece. */
function readTo(reader: PayloadReader & { position?: number }, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const bytes = reader.next();
    assert(bytes.length > 0, `there are bytes at ${at}`);
    const count = Math.min(bytes.length, to - at);
    for (const i of [0, count >> 1, count - 1]) assertEquals(bytes[i], byteAt(at + i), `${at + i}`);
    reader.advance(count);
    at += count;
  }
  return at;
}

Deno.test("SyncSpool has who writes wait for the fastest of its readers", async () => {
  const writer = new Writer(), { spool } = writer;
  const fast = spool.read();
  spool.read();
  writer.write(3);
  assertEquals(spool.waitsForRoom(), null);
  writer.write(1);
  const room = spool.waitsForRoom();
  assert(room !== null);
  readTo(fast, 0, PIECE + 1);
  await room;
  assertEquals(spool.waitsForRoom(), null);
});

Deno.test("SyncSpool puts into a file what slow readers have still to read", () => {
  const writer = new Writer(), { spool, files } = writer;
  const fast = spool.read(), slow = spool.read(), slower = spool.read();
  let fastAt = 0, slowAt = 0;
  for (let i = 0; i < 40; i++) {
    writer.write(1);
    fastAt = readTo(fast, fastAt, writer.written);
    if (i === 30) slowAt = readTo(slow, slowAt, 20 * PIECE + 12345);
  }
  assert(spool.usesFile);
  assertEquals(files.statSync(PATH)!.size, 40 * PIECE - SPOOL_MEMORY);
  spool.finish();
  assertEquals([fast.isAtEnd, slow.isAtEnd, slower.isAtEnd], [true, false, false]);
  readTo(slow, slowAt, writer.written);
  readTo(slower, 0, writer.written);
  assertEquals([slow.isAtEnd, slower.isAtEnd], [true, true]);
  for (const reader of [fast, slow, slower]) reader.close();
  assertEquals([files.statSync(PATH), files.openFiles], [null, 0]);
});

Deno.test("SyncSpool uses its file again where all have read what is in it", () => {
  const writer = new Writer(), { spool, files } = writer;
  const fast = spool.read(), slow = spool.read();
  let fastAt = 0, slowAt = 0;
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 20; i++) {
      writer.write(1);
      fastAt = readTo(fast, fastAt, writer.written);
    }
    assert(files.statSync(PATH)!.size <= 20 * PIECE);
    slowAt = readTo(slow, slowAt, writer.written - 100);
  }
  spool.finish();
  readTo(slow, slowAt, writer.written);
});

Deno.test("SyncSpool keeps everything in memory where there is no place for files", () => {
  const writer = new Writer(null), { spool } = writer;
  const reader = spool.read();
  writer.write(20);
  spool.finish();
  assert(!spool.usesFile);
  readTo(reader, 0, writer.written);
  assert(reader.isAtEnd);
});

Deno.test("SyncSpool refuses to go on when nobody reads any more", () => {
  const writer = new Writer(), { spool } = writer;
  const reader = spool.read();
  writer.write(1);
  reader.close();
  assertThrows(() => writer.write(1), Error, "Nobody is left");
});
