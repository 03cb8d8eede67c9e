/** Files, over `node:fs`. */

import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { errors, translate, translating, translatingLater } from "./errors.ts";

const { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fs.constants;

function flagsOf({ read, write, append, create, truncate }: Deno.OpenOptions): number {
  const writes = write === true || append === true;
  const access = writes ? read === true ? O_RDWR : O_WRONLY : O_RDONLY;
  return access | (append ? O_APPEND : 0) | (create ? O_CREAT : 0) | (truncate ? O_TRUNC : 0);
}

const READ: Deno.OpenOptions = { read: true };

/** As `Deno.openSync`. */
export function openSync(path: string, options: Deno.OpenOptions = READ): FsFile {
  const { append = false, mode } = options;
  return new FsFile(translating(() => fs.openSync(path, flagsOf(options), mode)), append);
}

/** As `Deno.open`. */
export function open(path: string, options: Deno.OpenOptions = READ): Promise<FsFile> {
  return new Promise((resolve, reject) => {
    fs.open(path, flagsOf(options), options.mode, (error, descriptor) => {
      if (error !== null) reject(translate(error));
      else resolve(new FsFile(descriptor, options.append ?? false));
    });
  });
}

/** As `Deno.SeekMode`. */
export const SeekMode = { Start: 0, Current: 1, End: 2 } as const;

/** Those parts of `Deno.FsFile` that the server uses. */
export class FsFile implements Disposable {
  readonly #descriptor: number;
  readonly #appends: boolean;
  /** Where the next read begins, once somebody has sought; null: the system knows. */
  #position: number | null = null;
  #isClosed = false;

  constructor(descriptor: number, appends: boolean) {
    this.#descriptor = descriptor;
    this.#appends = appends;
  }

  /** Only from the start: nobody needs more. */
  seekSync(offset: number, _whence: typeof SeekMode.Start): number {
    this.#position = offset;
    return offset;
  }

  readSync(into: Uint8Array): number | null {
    const descriptor = this.#open, position = this.#position;
    const count = readNow(descriptor, into, position);
    if (position !== null) this.#position = position + count;
    return count === 0 && into.length > 0 ? null : count;
  }

  writeSync(bytes: Uint8Array): number {
    const descriptor = this.#open, position = this.#appends ? null : this.#position;
    const count = writeNow(descriptor, bytes, position);
    if (position !== null) this.#position = position + count;
    return count;
  }

  sync(): Promise<void> {
    return this.#later(fs.fsync);
  }

  syncSync(): void {
    translating(() => fs.fsyncSync(this.#open));
  }

  syncData(): Promise<void> {
    return this.#later(fs.fdatasync);
  }

  syncDataSync(): void {
    translating(() => fs.fdatasyncSync(this.#open));
  }

  truncateSync(length = 0): void {
    translating(() => fs.ftruncateSync(this.#open, length));
  }

  /** Always throws: neither runtime can lock a file. */
  tryLockSync(_exclusive: boolean): boolean {
    throw new errors.NotSupported("this runtime can't lock files");
  }

  statSync(): Status {
    return statusOf(translating(() => fs.fstatSync(this.#open)));
  }

  close(): void {
    const descriptor = this.#open;
    this.#isClosed = true;
    translating(() => fs.closeSync(descriptor));
  }

  [Symbol.dispose](): void {
    if (!this.#isClosed) this.close();
  }

  /** The descriptor. Throws where the file is closed: the number may be another file's by now. */
  get #open(): number {
    if (this.#isClosed) throw new errors.BadResource("Bad resource ID");
    return this.#descriptor;
  }

  #later(
    act: (descriptor: number, done: (error: NodeJS.ErrnoException | null) => void) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      act(this.#open, (error) => error ? reject(translate(error)) : resolve());
    });
  }
}

/** How long a stream that takes or has nothing just now is waited for, in ms, before it is asked again. */
const PAUSE = 1;

/** Calls again while a pipe or terminal that the process shares with others would have it wait. */
function persist(act: () => number): number {
  for (;;) {
    try {
      return act();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw translate(error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}

function readNow(descriptor: number, into: Uint8Array, position: number | null): number {
  return persist(() => fs.readSync(descriptor, into, 0, into.length, position));
}

function writeNow(descriptor: number, bytes: Uint8Array, position: number | null): number {
  return persist(() => fs.writeSync(descriptor, bytes, 0, bytes.length, position));
}

/** A stream that the process was started with. */
export class StandardStream {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  readSync(into: Uint8Array): number | null {
    const count = readNow(this.#descriptor, into, null);
    return count === 0 && into.length > 0 ? null : count;
  }

  writeSync(bytes: Uint8Array): number {
    return writeNow(this.#descriptor, bytes, null);
  }
}

/** What of `Deno.FileInfo` the server uses. */
export interface Status {
  readonly size: number;
  readonly mode: number;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
  readonly isSocket: boolean;
}

function statusOf(stats: fs.Stats): Status {
  return {
    size: stats.size,
    mode: stats.mode,
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymlink: stats.isSymbolicLink(),
    isSocket: stats.isSocket(),
  };
}

/** As `Deno.statSync`. */
export function statSync(path: string): Status {
  return statusOf(translating(() => fs.statSync(path)));
}

/** As `Deno.lstatSync`. */
export function lstatSync(path: string): Status {
  return statusOf(translating(() => fs.lstatSync(path)));
}

/** As `Deno.readDirSync`. */
export function readDirSync(path: string): Deno.DirEntry[] {
  const entries = translating(() => fs.readdirSync(path, { withFileTypes: true }));
  return entries.map((entry) => ({
    name: entry.name,
    isFile: entry.isFile(),
    isDirectory: entry.isDirectory(),
    isSymlink: entry.isSymbolicLink(),
  }));
}

/** As `Deno.mkdirSync`. */
export function mkdirSync(path: string, options: Deno.MkdirOptions = {}): void {
  translating(() => fs.mkdirSync(path, options));
}

/** As `Deno.makeTempDirSync`. */
export function makeTempDirSync(
  { dir = tmpdir(), prefix = "" }: Deno.MakeTempOptions = {},
): string {
  return translating(() => fs.mkdtempSync(`${dir}/${prefix}`));
}

/** As `Deno.renameSync`. */
export function renameSync(from: string, to: string): void {
  translating(() => fs.renameSync(from, to));
}

/** As `Deno.linkSync`. */
export function linkSync(from: string, to: string): void {
  translating(() => fs.linkSync(from, to));
}

/** As `Deno.chmodSync`. */
export function chmodSync(path: string, mode: number): void {
  translating(() => fs.chmodSync(path, mode));
}

/** As `Deno.removeSync`: also a directory, if it is empty or all of it may go. */
export function removeSync(path: string, { recursive = false }: Deno.RemoveOptions = {}): void {
  translating(() => {
    if (!fs.lstatSync(path).isDirectory()) fs.unlinkSync(path);
    else if (recursive) fs.rmSync(path, { recursive });
    else fs.rmdirSync(path);
  });
}

/** As `Deno.remove`, of a file. */
export function remove(path: string): Promise<void> {
  return translatingLater(() => fs.promises.unlink(path));
}

/** As `Deno.realPathSync`. */
export function realPathSync(path: string): string {
  return translating(() => fs.realpathSync.native(path));
}

/** As `Deno.readLinkSync`. */
export function readLinkSync(path: string): string {
  return translating(() => fs.readlinkSync(path));
}

/** As `Deno.readFileSync`. */
export function readFileSync(path: string): Uint8Array {
  return translating(() => fs.readFileSync(path));
}

/** As `Deno.readTextFileSync`. */
export function readTextFileSync(path: string): string {
  return translating(() => fs.readFileSync(path, "utf8"));
}

/** As `Deno.writeTextFileSync`. */
export function writeTextFileSync(
  path: string,
  text: string,
  options: Deno.WriteFileOptions,
): void {
  const { create = true, append = false } = options;
  const flag = flagsOf({ write: true, create, append, truncate: !append });
  translating(() => fs.writeFileSync(path, text, { flag: flag as unknown as string }));
}
