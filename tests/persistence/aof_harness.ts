/** What the AOF's tests have in common: a host with a hand-driven clock, and a tiny data set to replay into. */

import { ManualClock } from "../../src/base/clock.ts";
import { AppendOnlyFile, type DumpedCommand } from "../../src/persistence/aof.ts";
import type { AofReplay, ReplayVerdict } from "../../src/persistence/aof_loader.ts";
import type { FsyncPolicy } from "../../src/persistence/aof_writer.ts";
import type { FileSystem } from "../../src/persistence/file.ts";
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

  constructor(readonly files: FileSystem, changes: Partial<Settings> = {}) {
    this.settings = new Settings(changes);
  }

  onSafe(): void {
    this.safeCalls++;
  }

  onFatal(): void {
    this.fatal = true;
  }
}

/** Databases of strings: knows SELECT, SET, DEL and PING. */
export class TestData implements AofReplay {
  readonly databases = new Map<number, Map<string, string>>();
  readonly files: string[] = [];
  readonly progressed: [number, number][] = [];
  /** Commands that were run. */
  count = 0;
  #database = 0;

  startFile(name: string): void {
    this.files.push(name);
    this.#database = 0;
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

  progress(loadedBytes: number, totalBytes: number): void {
    this.progressed.push([loadedBytes, totalBytes]);
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

  /** The commands that build this up. */
  *dump(): Iterable<DumpedCommand> {
    for (const [database, entries] of this.databases) {
      for (const [key, value] of entries) yield { database, args: ["SET", key, value] };
    }
  }
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
  await aof.load(data);
  aof.start();
  return { aof, data };
}

/** Lets everything run that only waits for a resolved promise. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
