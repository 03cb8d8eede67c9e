/** nodes.conf: what a node must not forget when it ends, above all in which epoch it has voted. */

import { bytesOf, byteString } from "../base/span.ts";
import {
  type FileSystem,
  type OpenFile,
  readToEndSync,
  writeAllSync,
} from "../persistence/file.ts";

/** Another process has the file. */
export class NodesFileInUse extends Error {
  constructor(name: string) {
    super(
      `Sorry, the cluster configuration file ${name} is already used by a different Redis Cluster node. ` +
        "Please make sure that different nodes use different cluster configuration files.",
    );
  }
}

/** The file, which no other process can use until it is closed. Everything throws what the file system throws. */
export class NodesFile {
  readonly #files: FileSystem;
  readonly #directory: string;
  readonly #path: string;
  /** The file that has the name now. That it is open and locked is what keeps others away. */
  #file: OpenFile;

  private constructor(files: FileSystem, directory: string, path: string, file: OpenFile) {
    this.#files = files;
    this.#directory = directory;
    this.#path = path;
    this.#file = file;
  }

  /** Opens the file `name` of a directory, an empty one where there is none. Throws `NodesFileInUse`, too. */
  static open(files: FileSystem, directory: string, name: string): NodesFile {
    const path = name.startsWith("/") ? name : `${directory}/${name}`;
    const file = files.openLockedSync(path);
    if (file === null) throw new NodesFileInUse(name);
    return new NodesFile(files, path.slice(0, path.lastIndexOf("/")) || "/", path, file);
  }

  /** What is in it; empty: nothing was saved yet. */
  read(): string {
    this.#file.seekSync(0);
    return byteString(readToEndSync(this.#file));
  }

  /**
   * Puts a text in its place. A power cut leaves the old text or the new one, and the new one for sure where
   * `isFinal`.
   */
  write(text: string, isFinal: boolean): void {
    const temporary = `${this.#path}.tmp`;
    const file = this.#files.openLockedSync(temporary);
    if (file === null) throw new NodesFileInUse(temporary);
    try {
      file.truncateSync(0);
      writeAllSync(file, bytesOf(text));
      file.syncDataSync();
      this.#files.renameSync(temporary, this.#path);
    } catch (error) {
      file.close();
      throw error;
    }
    // From the first moment on the name stands for a file that is locked.
    const old = this.#file;
    this.#file = file;
    old.close();
    if (isFinal) this.#files.syncDirSync(this.#directory);
  }

  /** Lets others use it. */
  close(): void {
    this.#file.close();
  }
}
