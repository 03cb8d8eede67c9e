/** Snapshots in tests: taken while commands run, read back, and compared with what there was. */

import { byteString, Span, spanString } from "../../src/base/span.ts";
import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import type { Stream } from "../../src/data/stream.ts";
import { formatId, type StreamId } from "../../src/data/stream_id.ts";
import { Value, ValueType } from "../../src/data/value.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { digestValue } from "../../src/keyspace/digest.ts";
import type { Keyspace } from "../../src/keyspace/keyspace.ts";
import { loadAtOnce } from "../../src/persistence/file_load.ts";
import type { LargeValueLimits } from "../../src/persistence/large_value.ts";
import { loadRdb } from "../../src/persistence/rdb_loader.ts";
import {
  beginCommands,
  beginRdb,
  type DataSetWriter,
  type RdbSaveOptions,
} from "../../src/persistence/data_set_writer.ts";
import { CommandHarness } from "../support/command_harness.ts";
import { FaultyFileSystem } from "../support/faulty_file_system.ts";

/** Every table, every list and every stream is a large one, and they are written one part at a time. */
export const TINY: LargeValueLimits = { elements: 0, bytes: 0, work: 1 };
/** Large values beside small ones. */
export const SMALL: LargeValueLimits = { elements: 10, bytes: 5000, work: 100 };

export const RDB_OPTIONS: RdbSaveOptions = {
  compress: true,
  checksum: true,
  use: "none",
  aux: [["redis-ver", "7.0.15"]],
};

const NAME = "snapshot";

export type Form = "rdb" | "commands";

/** A snapshot under way, in a file of memory. */
export class RunningSnapshot {
  readonly writer: DataSetWriter;
  readonly #files = new FaultyFileSystem();
  readonly #form: Form;

  constructor(
    keyspace: Keyspace,
    form: Form = "rdb",
    limits: LargeValueLimits = TINY,
    options: RdbSaveOptions = RDB_OPTIONS,
  ) {
    const file = this.#files.openSync(NAME, "create");
    this.#form = form;
    this.writer = form === "rdb"
      ? beginRdb(file, keyspace, options, limits)
      : beginCommands(file, keyspace, limits);
  }

  /** Goes on for the shortest time that there is, so many times or until all is written; says whether it is. */
  advance(steps = 1): boolean {
    for (; steps > 0; steps--) {
      if (this.writer.advance(0)) return true;
    }
    return false;
  }

  /** Writes the rest and reads the file into a keyspace of its own, which `prepare` prepares. */
  finish(prepare: (harness: CommandHarness) => void = () => {}): CommandHarness {
    this.advance(Infinity);
    this.writer.end();
    const harness = makeCopy();
    prepare(harness);
    if (this.#form === "rdb") load(harness, this.#files, NAME);
    else replay(harness, this.bytes());
    return harness;
  }

  /** What is in the file. */
  bytes(): Uint8Array {
    const file = this.#files.openSync(NAME, "read");
    const bytes = new Uint8Array(file.sizeSync());
    file.readSync(bytes);
    return bytes;
  }
}

/** A harness to load into. */
function makeCopy(): CommandHarness {
  const harness = new CommandHarness(ALL_COMMANDS);
  // A listpack takes the sign of -0 away.
  harness.configuration.apply(["zset-max-listpack-entries", "0"]);
  return harness;
}

/** Reads an RDB file into a keyspace of its own. */
export function loadFile(files: FaultyFileSystem, name: string): CommandHarness {
  const harness = makeCopy();
  load(harness, files, name);
  return harness;
}

function load(
  { keyspace, configuration }: CommandHarness,
  files: FaultyFileSystem,
  name: string,
): void {
  loadAtOnce(loadRdb(files.openSync(name, "read"), name, {
    keyspace,
    limits: configuration.settings,
    checksum: true,
    expiredBefore: 0,
    log: { notice() {}, warning() {} },
  }));
}

/** Runs commands as an append-only file has them. */
function replay(harness: CommandHarness, bytes: Uint8Array): void {
  const text = byteString(bytes);
  for (let at = 0; at < text.length;) {
    const args: string[] = [];
    const next = (): number => {
      const end = text.indexOf("\r\n", at);
      const number = Number(text.slice(at + 1, end));
      at = end + 2;
      return number;
    };
    for (let left = next(); left > 0; left--) {
      const length = next();
      args.push(text.slice(at, at + length));
      at += length + 2;
    }
    if (args[0] === "PEXPIREAT") {
      // The command itself would remove what has expired.
      const { db } = harness.client;
      const time = BigInt(args[2]);
      db.setExpiry(
        db.peek(Span.ofString(args[1])),
        time <= Number.MAX_SAFE_INTEGER ? Number(time) : time,
      );
      continue;
    }
    const reply = harness.run(...args);
    if (reply.startsWith("-")) throw new Error(`${args.slice(0, 9).join(" ")}: ${reply}`);
  }
}

/**
 * All that is in a keyspace, whatever its order: `library name` → text; `database key` → type, value, expiry, groups; as far as
 * commands can make it.
 */
export function describe(
  { databases, libraries }: Keyspace,
  form: Form = "rdb",
): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { name, text } of libraries) texts[`library ${name}`] = byteString(text);
  for (const database of databases) {
    for (let row = 0; row < database.size; row++) {
      const key = spanString(database.keyOf(row, new Span()));
      texts[`${database.index} ${key}`] = describeRow(database, row, form);
    }
  }
  return texts;
}

function describeRow(database: Database, row: number, form: Form): string {
  const parts = [
    database.typeOf(row),
    digestValue(database, row),
    database.exactExpiryOf(row),
  ];
  if (database.typeOf(row) === ValueType.Stream) {
    parts.push(...describeStream(database.load(row, new Value()).object as Stream, form));
  }
  return parts.join(" ");
}

function* describeStream(stream: Stream, form: Form): Iterable<string> {
  const { length, lastId, maxDeletedId, entriesAdded } = stream;
  yield `${length} ${formatId(lastId)} ${formatId(maxDeletedId)} ${entriesAdded}`;
  // XCLAIM does not make entries pending that are deleted.
  const isKept = (id: StreamId): boolean => form === "rdb" || stream.has(id);
  for (const group of stream.groups()) {
    yield `group ${group.name} ${formatId(group.lastId)} ${group.entriesRead}`;
    for (const entry of group.pending) {
      const { consumer, deliveryTime, deliveryCount } = entry;
      if (!isKept(entry)) continue;
      yield `${formatId(entry)} ${consumer.name} ${deliveryTime} ${deliveryCount}`;
    }
    for (const { name, pending } of group.consumers()) {
      const kept = [...pending].filter(isKept);
      if (kept.length > 0 || pending.size === 0) yield `consumer ${name} ${kept.map(formatId)}`;
    }
  }
}
