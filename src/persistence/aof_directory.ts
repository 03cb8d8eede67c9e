/** The directory of a multi-part AOF: its manifest on disk, and files that come and go. */

import { bytesOf, byteString } from "../base/span.ts";
import { type AofFileInfo, AofManifest } from "./aof_manifest.ts";
import {
  fileErrorText,
  type FileStatus,
  type FileSystem,
  type OpenFile,
  readAllSync,
  writeAllSync,
} from "./file.ts";
import { PersistenceError, type PersistenceLog } from "./persistence_error.ts";

/** The directives that say where the AOF is. */
export interface AofPlace {
  /** The server's working directory (`dir`). */
  readonly dir: string;
  /** The AOF's directory within that (`appenddirname`). */
  readonly appendDirName: string;
  /** What the names of all its files start with (`appendfilename`). */
  readonly appendFileName: string;
}

/**
 * Names and contents on disk. Each method leaves the directory so that a crash or a power cut at any
 * moment gives either what was there before or what it was to become; those that change something
 * throw a `PersistenceError` when the system refuses.
 */
export class AofDirectory {
  readonly #files: FileSystem;
  readonly #place: AofPlace;
  readonly #log: PersistenceLog;
  #removing: Promise<unknown> = Promise.resolve();

  constructor(files: FileSystem, place: AofPlace, log: PersistenceLog) {
    this.#files = files;
    this.#place = place;
    this.#log = log;
  }

  /** Path of the directory. */
  get path(): string {
    return `${this.#place.dir}/${this.#place.appendDirName}`;
  }

  /** Path of a file in the directory. */
  pathOf(name: string): string {
    return `${this.path}/${name}`;
  }

  /** The manifest on disk, or null when there is none. */
  readManifest(): AofManifest | null {
    const name = this.#manifestName;
    let text: string;
    try {
      if (this.#files.statSync(this.pathOf(name)) === null) return null;
      text = byteString(readAllSync(this.#files, this.pathOf(name)));
    } catch (error) {
      throw new PersistenceError(
        `Fatal error: can't open the AOF manifest file ${name} for reading: ${
          fileErrorText(error)
        }`,
      );
    }
    return AofManifest.parse(text, name);
  }

  /** Replaces the manifest on disk, after making durable the names of the files that it lists. */
  writeManifest(manifest: AofManifest): void {
    this.#syncDirectory(this.path);
    this.#replaceManifest(manifest);
    this.#syncDirectory(this.path);
  }

  /** As `writeManifest`, but for the names: a power cut may bring back the manifest that there was. */
  #replaceManifest(manifest: AofManifest): void {
    const name = this.#manifestName, temporary = `temp-${name}`;
    try {
      const file = this.#files.openSync(this.pathOf(temporary), "create");
      try {
        writeAllSync(file, bytesOf(manifest.toString()));
        file.syncDataSync();
      } finally {
        file.close();
      }
    } catch (error) {
      throw new PersistenceError(
        `Error trying to write the temporary AOF manifest file ${temporary}: ${
          fileErrorText(error)
        }`,
      );
    }
    try {
      this.#files.renameSync(this.pathOf(temporary), this.pathOf(name));
    } catch (error) {
      throw new PersistenceError(
        `Error trying to rename the temporary AOF manifest file ${temporary} into ${name}: ${
          fileErrorText(error)
        }`,
      );
    }
  }

  /** Creates the directory if it is not there. */
  create(): void {
    try {
      if (this.#files.statSync(this.path)?.isDirectory) return;
      this.#files.mkdirSync(this.path);
    } catch (error) {
      throw new PersistenceError(
        `Can't open or create append-only dir ${this.#place.appendDirName}: ${
          fileErrorText(error)
        }`,
      );
    }
    this.#syncDirectory(this.#place.dir);
  }

  /**
   * Takes up an AOF that is a single file in `dir`, as servers before Redis 7 left it, as the base of a
   * multi-part one. Does nothing where there is no such file, or another AOF that takes precedence.
   * Returns the manifest that holds afterwards.
   */
  migrateSingleFile(manifest: AofManifest | null): AofManifest | null {
    const { dir, appendFileName, appendDirName } = this.#place;
    const old = `${dir}/${appendFileName}`;
    const status = this.#stat(old, appendFileName);
    if (status === null || status.isDirectory) return manifest;
    if (manifest !== null) {
      // Only a migration that was interrupted between manifest and rename is gone on with.
      const isHalfDone = manifest.base?.name === appendFileName &&
        manifest.incremental.length === 0 && manifest.history.length === 0 &&
        this.#stat(this.pathOf(appendFileName), appendFileName) === null;
      if (!isHalfDone) return manifest;
    }
    this.create();
    const migrated = new AofManifest({ name: appendFileName, sequence: 1, type: "b" }, []);
    this.writeManifest(migrated);
    try {
      this.#files.renameSync(old, this.pathOf(appendFileName));
    } catch (error) {
      throw new PersistenceError(
        `Error trying to move the old AOF file ${appendFileName} into dir ${appendDirName}: ${
          fileErrorText(error)
        }`,
      );
    }
    // First the directory that gains the name: at no time has neither of them got it.
    this.#syncDirectory(this.path);
    this.#syncDirectory(dir);
    this.#log.notice(
      `Successfully migrated an old-style AOF file (${appendFileName}) into the AOF directory ` +
        `(${appendDirName}).`,
    );
    return migrated;
  }

  /** Creates an empty file; one that has its name, which then no manifest lists, is overwritten. */
  createFile(name: string): OpenFile {
    const stale = this.#stat(this.pathOf(name), name);
    const file = this.#open(name, "create");
    if (stale !== null && stale.size > 0) {
      this.#log.warning(`The AOF file ${name} was not in the manifest: it is overwritten`);
      // Else a power cut could bring back what it held, once the manifest lists it.
      try {
        file.syncDataSync();
      } catch (error) {
        file.close();
        throw new PersistenceError(`Fail to fsync the AOF file ${name}: ${fileErrorText(error)}`);
      }
    }
    return file;
  }

  /** Opens a file to write at its end. */
  openFile(name: string): OpenFile {
    return this.#open(name, "append");
  }

  /** Gives a temporary file the name of an AOF file. */
  adopt(temporary: string, info: AofFileInfo): void {
    const kind = info.type === "b" ? "base" : "incr";
    try {
      this.#files.renameSync(this.pathOf(temporary), this.pathOf(info.name));
    } catch (error) {
      throw new PersistenceError(
        `Error trying to rename the temporary AOF ${kind} file ${temporary} into ${info.name}: ${
          fileErrorText(error)
        }`,
      );
    }
    this.#log.notice(
      `Successfully renamed the temporary AOF ${kind} file ${temporary} into ${info.name}`,
    );
  }

  /** Length of a file in bytes. */
  sizeOf(name: string): number {
    const status = this.#stat(this.pathOf(name), name);
    if (status === null) {
      throw new PersistenceError(`Unable to obtain the AOF file ${name} length: it is gone`);
    }
    return status.size;
  }

  /** Removes a file that no manifest lists, if it is there. What can't be removed is logged and stays. */
  discard(name: string): void {
    try {
      if (this.#files.statSync(this.pathOf(name)) !== null) {
        this.#files.removeSync(this.pathOf(name));
      }
    } catch (error) {
      this.#log.warning(`Error removing the AOF file ${name}: ${fileErrorText(error)}`);
    }
  }

  /**
   * Begins to remove the files that have become history and returns the manifest that holds then. Where
   * that can't be written the log says so, and the files stay listed for the next try.
   */
  removeHistory(manifest: AofManifest): AofManifest {
    if (manifest.history.length === 0) return manifest;
    const names = manifest.history.map(({ name }) => name);
    const cleaned = manifest.withoutHistory();
    try {
      // Should a power cut bring back the one before, nobody misses files that it calls history.
      this.#replaceManifest(cleaned);
    } catch (error) {
      if (!(error instanceof PersistenceError)) throw error;
      this.#log.warning(error.message);
      return manifest;
    }
    this.#removing = Promise.all([this.#removing, ...names.map((name) => this.#removeLater(name))]);
    return cleaned;
  }

  /** Resolves when nothing is being removed. */
  async settled(): Promise<void> {
    await this.#removing;
  }

  /** Removes a large file, which takes the system a while. */
  async #removeLater(name: string): Promise<void> {
    this.#log.notice(`Removing the history file ${name} in the background`);
    try {
      if (this.#files.statSync(this.pathOf(name)) !== null) {
        await this.#files.remove(this.pathOf(name));
      }
    } catch (error) {
      this.#log.warning(`Error removing the AOF file ${name}: ${fileErrorText(error)}`);
    }
  }

  get #manifestName(): string {
    return `${this.#place.appendFileName}.manifest`;
  }

  #stat(path: string, name: string): FileStatus | null {
    try {
      return this.#files.statSync(path);
    } catch (error) {
      throw new PersistenceError(
        `Unable to obtain the AOF file ${name} length. stat: ${fileErrorText(error)}`,
      );
    }
  }

  #open(name: string, mode: "append" | "create"): OpenFile {
    try {
      return this.#files.openSync(this.pathOf(name), mode);
    } catch (error) {
      throw new PersistenceError(
        `Can't open the append-only file ${name}: ${fileErrorText(error)}`,
      );
    }
  }

  #syncDirectory(path: string): void {
    try {
      this.#files.syncDirSync(path);
    } catch (error) {
      throw new PersistenceError(
        `Fail to fsync AOF directory ${path}: ${fileErrorText(error)}.`,
      );
    }
  }
}
