/** A temporary file for bytes that several read at their own pace, where the oldest are too many for memory. */

import { hasDirectory } from "../durability/data_directory.ts";
import { type FileSystem, type OpenFile, writeAllSync } from "../persistence/file.ts";

/** A piece that is read from the file. */
const PIECE = 256 * 1024;

/** Where the file is. */
export interface OverflowPlace {
  readonly files: FileSystem;
  /** Null: there is no directory for files. */
  readonly path: string | null;
}

/** Who reads it. */
export interface OverflowReader {
  /** Where pieces are read to, once that is needed. */
  buffer: Uint8Array | null;
}

interface Open {
  readonly files: FileSystem;
  readonly path: string;
  /** For writing, at the end. */
  readonly file: OpenFile;
  /** For reading, for all readers: each says where before it reads. */
  readonly source: OpenFile;
}

/** The file, which is there as long as it has something. Everything throws what the file system throws. */
export class OverflowFile {
  readonly #place: () => OverflowPlace;
  #open: Open | null = null;
  /** It has the bytes in `[#first, #end)`. */
  #first = 0;
  #end = 0;

  constructor(place: () => OverflowPlace) {
    this.#place = place;
  }

  /** Whether there is a file. */
  get isUsed(): boolean {
    return this.#open !== null;
  }

  /** Puts bytes into it, of which the first has the number `first`; false: there is no place for files. */
  put(bytes: Uint8Array, first: number): boolean {
    const open = this.#open ??= this.#create();
    if (open === null) return false;
    if (this.#end !== first) {
      // Everybody has read what was in between, and so what is in the file.
      open.file.truncateSync(0);
      this.#first = first;
    }
    writeAllSync(open.file, bytes);
    this.#end = first + bytes.length;
    return true;
  }

  /** Up to `count` of the bytes from a number on, which it has. They stay as they are until the reader reads again. */
  read(position: number, count: number, reader: OverflowReader): Uint8Array {
    const source = this.#open?.source;
    if (source === undefined) throw new Error("there is no file");
    source.seekSync(position - this.#first);
    const into = reader.buffer ??= new Uint8Array(PIECE);
    const length = Math.min(count, this.#end - position, PIECE);
    return into.subarray(0, source.readSync(into.subarray(0, length)));
  }

  /** Nobody needs it any more: it is removed. */
  close(): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    this.#first = this.#end = 0;
    open.file.close();
    open.source.close();
    // It may be that somebody has cleaned up.
    if (open.files.statSync(open.path) !== null) open.files.removeSync(open.path);
  }

  #create(): Open | null {
    const { files, path } = this.#place();
    if (path === null) return null;
    const file = files.openSync(path, "create");
    return { files, path, file, source: files.openSync(path, "read") };
  }
}

/** Numbers the temporary files: servers of one process may share a directory. */
let made = 0;

/** A place for a temporary file in the server's directory, under a name that nothing else has. */
export function overflowPlace(
  files: FileSystem,
  settings: { readonly dir: string },
  name: "sync" | "repl",
): OverflowPlace {
  if (!hasDirectory(settings)) return { files, path: null };
  const extension = name === "sync" ? "rdb" : "aof";
  return { files, path: `${settings.dir}/temp-${name}-${Deno.pid}-${++made}.${extension}` };
}
