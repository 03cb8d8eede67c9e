/** What the AOF's tests have in common: a host with a hand-driven clock, and a tiny data set to replay into. */

import { ManualClock } from "../../src/base/clock.ts";
import { bytesOf, byteString } from "../../src/base/span.ts";
import { AppendOnlyFile } from "../../src/persistence/aof.ts";
import type { AofReplay, ReplayVerdict } from "../../src/persistence/aof_loader.ts";
import type { AofBaseFormat } from "../../src/persistence/aof_manifest.ts";
import type { FsyncPolicy } from "../../src/persistence/aof_writer.ts";
import { type FileSystem, type OpenFile, writeAllSync } from "../../src/persistence/file.ts";
import { type FileLoad, loadInSlices } from "../../src/persistence/file_load.ts";
import type { DataSetWriter } from "../../src/persistence/data_set_writer.ts";
import type { Frame } from "../../src/resp/frame.ts";

/** A log that keeps its lines, `* ` before notices and `# ` before warnings as Redis has them. */
export class RecordedLog {
  readonly lines: string[] = [];

  notice(message: string): void {
    this.lines.push(`* ${message}`);
  }

  warning(message: string): void {
    this.lines.push(`# ${message}`);
  }

  /** The lines so far, which are forgotten. */
  take(): string[] {
    return this.lines.splice(0);
  }
}

/** Directives with a change of some of them. */
export class Settings {
  dir = "data";
  appendDirName = "appendonlydir";
  appendFileName = "appendonly.aof";
  fsyncPolicy: FsyncPolicy = "everysec";
  timestampsEnabled = false;
  loadTruncated = true;
  baseFormat: AofBaseFormat = "aof";
  keepsHistory = false;

  constructor(changes: Partial<Settings> = {}) {
    Object.assign(this, changes);
  }
}

/** A host for an `AppendOnlyFile` or an `AofWriter`. */
export class TestHost {
  readonly clock = new ManualClock(1_700_000_000_000);
  readonly log = new RecordedLog();
  readonly settings: Settings;
  safeCalls = 0;
  fatal = false;
  /** What bases are made of. */
  data = new TestData();

  constructor(readonly files: FileSystem, changes: Partial<Settings> = {}) {
    this.settings = new Settings(changes);
  }

  beginBase(file: OpenFile, format: AofBaseFormat): DataSetWriter {
    const bytes = bytesOf(this.data.dump(format));
    return {
      advance: () => {
        writeAllSync(file, bytes);
        return true;
      },
      flush: () => {},
      totalKeys: 0,
      writtenKeys: 0,
      writtenBytes: bytes.length,
      end: () => {},
    };
  }

  onSafe(): void {
    this.safeCalls++;
  }

  onFatal(): void {
    this.fatal = true;
  }
}

/** What stands for an RDB here: its magic, a length, and as many bytes of commands. */
const RDB = /^REDIS(\d{4})/;

/** Databases of strings: knows SELECT, SET, DEL and PING. */
export class TestData implements AofReplay {
  readonly databases = new Map<number, Map<string, string>>();
  readonly files: string[] = [];
  /** Commands that were run. */
  count = 0;
  #database = 0;

  startFile(name: string): void {
    this.files.push(name);
    this.#database = 0;
  }

  goOn(): never {
    throw new Error("no command of a test takes its time");
  }

  apply(frame: Frame): ReplayVerdict {
    this.count++;
    if (frame.is(0, "SELECT")) {
      this.#database = Number(frame.string(1));
    } else if (frame.is(0, "SET")) {
      if (frame.argc !== 3) return "invalid";
      this.database(this.#database).set(frame.string(1), frame.string(2));
    } else if (frame.is(0, "DEL")) {
      this.database(this.#database).delete(frame.string(1));
    } else if (!frame.is(0, "PING")) {
      return "unknown";
    }
    return "ok";
  }

  loadRdb(file: OpenFile, name: string): FileLoad<unknown> {
    const bytes = new Uint8Array(file.sizeSync());
    file.readSync(bytes);
    const length = Number(RDB.exec(byteString(bytes))?.[1]);
    const database = this.database(0);
    return {
      offset: 9 + length,
      size: bytes.length,
      loaded: 0,
      *run() {
        yield;
        database.set(`from ${name}`, byteString(bytes, 9, 9 + length));
      },
    };
  }

  database(number: number): Map<string, string> {
    let database = this.databases.get(number);
    if (!database) this.databases.set(number, database = new Map());
    return database;
  }

  /** `database:key=value` of everything there is, sorted. */
  listing(): string[] {
    const found: string[] = [];
    for (const [number, database] of this.databases) {
      for (const [key, value] of database) found.push(`${number}:${key}=${value}`);
    }
    return found.sort();
  }

  /** The commands that build this up, or what stands for an RDB. */
  dump(format: AofBaseFormat = "aof"): string {
    if (format === "rdb") return fakeRdb(this.listing().join());
    let text = "";
    for (const [number, entries] of this.databases) {
      if (entries.size > 0) text += encoded("SELECT", String(number));
      for (const [key, value] of entries) text += encoded("SET", key, value);
    }
    return text;
  }
}

/** What `TestData` takes for an RDB. */
export function fakeRdb(content: string): string {
  return `REDIS${String(content.length).padStart(4, "0")}${content}`;
}

/** A command in canonical RESP. */
export function encoded(...args: string[]): string {
  return `*${args.length}\r\n` + args.map((text) => `$${text.length}\r\n${text}\r\n`).join("");
}

/** An AOF that was loaded and started, as a server's start does it. */
export async function startAof(
  host: TestHost,
): Promise<{ aof: AppendOnlyFile; data: TestData }> {
  const aof = new AppendOnlyFile(host);
  const data = new TestData();
  aof.start(await loadInSlices(aof.load(data), { progress: () => {} }));
  return { aof, data };
}

/** Rewrites an AOF with the host's data, as a background job does. */
export async function rewriteAof(aof: AppendOnlyFile): Promise<void> {
  const rewrite = aof.beginRewrite();
  try {
    try {
      rewrite.writer.advance(Infinity);
      await rewrite.file.syncData();
    } finally {
      rewrite.writer.end();
      rewrite.file.close();
    }
    aof.finishRewrite(rewrite);
  } catch (error) {
    aof.abandonRewrite();
    throw error;
  }
}

/** Lets everything run that only waits for a resolved promise. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
