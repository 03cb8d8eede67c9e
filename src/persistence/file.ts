/**
 * The file layer: every byte that goes to or comes from disk passes here, so that tests can put a disk
 * in its place which fails, writes short and forgets what was not synced.
 *
 * Paths are byte strings, as everywhere inside the server; they are UTF-8 on their way to the system.
 */

import { DescriptorReserve } from "../base/descriptor_reserve.ts";
import { bytesOf, byteString } from "../base/span.ts";

/**
 * How a file is opened: `read` an existing one from its start, `append` to a file that is created when
 * it is not there, `create` an empty one in place of whatever has that name. Writes always go to the
 * end of the file, also after it was truncated.
 */
export type OpenMode = "read" | "append" | "create";

/** An open file. Everything throws when the system refuses; `fileErrorText` has the system's words. */
export interface OpenFile {
  /** The next read begins `offset` bytes from the file's start. */
  seekSync(offset: number): void;
  /** Reads up to `into.length` bytes and returns how many; 0 at the end of the file. */
  readSync(into: Uint8Array): number;
  /** Appends bytes and returns how many were taken, which may be fewer than there are. */
  writeSync(bytes: Uint8Array): number;
  /** Resolves when all that was written before the call would survive a power cut. */
  syncData(): Promise<void>;
  /** The same, while the caller waits. */
  syncDataSync(): void;
  /** Cuts the file to `length` bytes. */
  truncateSync(length: number): void;
  /** Length of the file in bytes. */
  sizeSync(): number;
  close(): void;
}

/** What `FileSystem.statSync` says of a path. */
export interface FileStatus {
  /** Length in bytes. */
  readonly size: number;
  readonly isDirectory: boolean;
}

/**
 * A file system. A name that was created, renamed or removed survives a power cut only when the
 * directory that holds it was synced after that.
 */
export interface FileSystem {
  openSync(path: string, mode: OpenMode): OpenFile;
  /**
   * Opens a file for reading and appending, creating it where it is not there, and keeps it from every other
   * process that opens it so until it is closed. Null: another process, or another part of this one, has it.
   */
  openLockedSync(path: string): OpenFile | null;
  /** The status of a path, or null when nothing is there. */
  statSync(path: string): FileStatus | null;
  /** The names in a directory, in no particular order. */
  readDirSync(path: string): string[];
  /** Creates a directory; a directory that is already there is left as it is. */
  mkdirSync(path: string): void;
  /** Gives a file another name, atomically replacing a file that has it. */
  renameSync(from: string, to: string): void;
  /**
   * Gives a file one more name, so that it stays when it loses the other. Throws where the file system
   * knows no such thing, or the file is not there.
   */
  linkSync(from: string, to: string): void;
  removeSync(path: string): void;
  /** As `removeSync`, for files that are so large that others should have their turn meanwhile. */
  remove(path: string): Promise<void>;
  /** Makes the names in a directory survive a power cut. */
  syncDirSync(path: string): void;
  /** The same, while others have their turn. */
  syncDir(path: string): Promise<void>;
}

/** The real file system. */
export class DenoFileSystem implements FileSystem {
  readonly #descriptors: DescriptorReserve;

  /** `descriptors` are given up when no file can be opened without them. */
  constructor(descriptors: DescriptorReserve = new DescriptorReserve()) {
    this.#descriptors = descriptors;
  }

  openSync(path: string, mode: OpenMode): OpenFile {
    return this.#descriptors.opening(() => this.#open(systemPath(path), mode));
  }

  #open(name: string, mode: OpenMode): OpenFile {
    if (mode === "read") return new DenoFile(Deno.openSync(name, { read: true }));
    // Deno refuses to truncate a file that it opens for appending, hence in two steps.
    if (mode === "create") {
      Deno.openSync(name, { write: true, create: true, truncate: true }).close();
    }
    return new DenoFile(Deno.openSync(name, { append: true, create: true }));
  }

  openLockedSync(path: string): OpenFile | null {
    const name = systemPath(path);
    for (;;) {
      const file = this.#descriptors.opening(() =>
        Deno.openSync(name, { read: true, append: true, create: true })
      );
      let isKept = false;
      try {
        if (!file.tryLockSync(true)) return null;
        // Another process may have put another file there just before it gave this one up.
        isKept = isAt(file, name);
      } finally {
        if (!isKept) file.close();
      }
      if (isKept) return new DenoFile(file);
    }
  }

  statSync(path: string): FileStatus | null {
    try {
      const { size, isDirectory } = Deno.statSync(systemPath(path));
      return { size, isDirectory };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  }

  readDirSync(path: string): string[] {
    return this.#descriptors.opening(() =>
      Array.from(Deno.readDirSync(systemPath(path)), (entry) => innerPath(entry.name))
    );
  }

  mkdirSync(path: string): void {
    Deno.mkdirSync(systemPath(path), { recursive: true });
  }

  renameSync(from: string, to: string): void {
    Deno.renameSync(systemPath(from), systemPath(to));
  }

  linkSync(from: string, to: string): void {
    Deno.linkSync(systemPath(from), systemPath(to));
  }

  removeSync(path: string): void {
    Deno.removeSync(systemPath(path));
  }

  remove(path: string): Promise<void> {
    return Deno.remove(systemPath(path));
  }

  syncDirSync(path: string): void {
    // Windows neither opens directories as files nor needs them synced.
    if (Deno.build.os === "windows") return;
    const open = () => Deno.openSync(systemPath(path), { read: true });
    using directory = this.#descriptors.opening(open);
    directory.syncSync();
  }

  async syncDir(path: string): Promise<void> {
    if (Deno.build.os === "windows") return;
    const open = () => Deno.open(systemPath(path), { read: true });
    using directory = await this.#descriptors.openingLater(open);
    await directory.sync();
  }
}

/** Whether an open file is the one that has the name now. */
function isAt(file: Deno.FsFile, name: string): boolean {
  const { dev, ino } = file.statSync();
  try {
    const found = Deno.statSync(name);
    return found.dev === dev && found.ino === ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

class DenoFile implements OpenFile {
  #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  seekSync(offset: number): void {
    this.#file.seekSync(offset, Deno.SeekMode.Start);
  }

  readSync(into: Uint8Array): number {
    return this.#file.readSync(into) ?? 0;
  }

  writeSync(bytes: Uint8Array): number {
    return this.#file.writeSync(bytes);
  }

  syncData(): Promise<void> {
    return this.#file.syncData();
  }

  syncDataSync(): void {
    this.#file.syncDataSync();
  }

  truncateSync(length: number): void {
    this.#file.truncateSync(length);
  }

  sizeSync(): number {
    return this.#file.statSync().size;
  }

  close(): void {
    this.#file.close();
  }
}

const NOT_ASCII = /[^\0-\x7f]/;

/** A path as the system's interface wants it. */
function systemPath(path: string): string {
  return NOT_ASCII.test(path) ? new TextDecoder().decode(bytesOf(path)) : path;
}

/** A path as the server has it. */
function innerPath(path: string): string {
  return NOT_ASCII.test(path) ? byteString(new TextEncoder().encode(path)) : path;
}

/** What the system said of a failed operation, in C's `strerror` words: "No space left on device". */
export function fileErrorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = message.indexOf(" (os error ");
  return code < 0 ? message : message.slice(0, code);
}

/** Writes all of `bytes`, in as many calls as that takes. Throws when the file takes no more. */
export function writeAllSync(file: Pick<OpenFile, "writeSync">, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    const count = file.writeSync(done === 0 ? bytes : bytes.subarray(done));
    if (count <= 0) throw new Error("The file took no bytes");
    done += count;
  }
}

/** The whole content of a file. */
export function readAllSync(files: FileSystem, path: string): Uint8Array {
  const file = files.openSync(path, "read");
  try {
    return readToEndSync(file);
  } finally {
    file.close();
  }
}

/** What an open file has from where the next read begins. */
export function readToEndSync(file: Pick<OpenFile, "readSync" | "sizeSync">): Uint8Array {
  let bytes = new Uint8Array(file.sizeSync() + 1);
  let length = 0;
  for (;;) {
    const count = file.readSync(bytes.subarray(length));
    if (count === 0) return bytes.subarray(0, length);
    length += count;
    if (length === bytes.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(bytes);
      bytes = larger;
    }
  }
}
