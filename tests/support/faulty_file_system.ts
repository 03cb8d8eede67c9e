/** A disk in memory that fails, fills up, writes short, and forgets on a power cut what was not synced. */

import type { FileStatus, FileSystem, OpenFile, OpenMode } from "../../src/persistence/file.ts";

/** Names of the operations that faults can be put on. */
export type Operation =
  | "open"
  | "create"
  | "read"
  | "write"
  | "sync"
  | "truncate"
  | "mkdir"
  | "rename"
  | "link"
  | "remove"
  | "syncDir";

/** Errors as the system gives them. */
export const ENOSPC = "No space left on device (os error 28)";
export const EIO = "Input/output error (os error 5)";

/** Thrown by everything that is done after the power failed. */
export class PowerLoss extends Error {}

class Content {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  synced: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Whether somebody has it open and locked. */
  isLocked = false;
  #changes = 0;
  #changesSynced = 0;

  change(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.#changes++;
  }

  /** Begins a sync of the content as it is now and returns what ends it. */
  sync(): () => void {
    const covered = this.bytes, changes = this.#changes;
    return () => {
      if (changes < this.#changesSynced) return;
      this.synced = covered;
      this.#changesSynced = changes;
    };
  }

  append(more: Uint8Array): void {
    const joined = new Uint8Array(this.bytes.length + more.length);
    joined.set(this.bytes);
    joined.set(more, this.bytes.length);
    this.change(joined);
  }
}

class Directory {
  entries = new Map<string, Node>();
  synced = new Map<string, Node>();
}

type Node = Content | Directory;

/** What happens to survive a power cut although nobody can rely on it; by default nothing. */
export interface Survival {
  /** How many of the bytes that a file gained since its last sync. */
  readonly bytes?: (unsynced: number) => number;
  /** Whether names that were changed since their directory was last synced stay changed. */
  readonly names?: boolean;
}

/**
 * A file system in memory. What it promises is the least that POSIX does: a power cut takes each file
 * back to what was last synced of it, and each directory to the names it had when it was last synced.
 */
export class FaultyFileSystem implements FileSystem {
  /** Bytes that still fit on the disk; a write that does not fit takes what does, then fails. */
  free = Infinity;
  /** The most bytes that one write takes. */
  largestWrite = Infinity;
  /** While true, `syncData` waits for `finishSyncs`. */
  holdSyncs = false;
  /** Each operation that changes something, "write appendonlydir/x", in order. */
  readonly trace: string[] = [];

  #root = new Directory();
  #faults = new Map<Operation, { error: string; skip: number; times: number }>();
  #heldSyncs: (() => void)[] = [];
  #power = true;
  #stepsToPowerLoss = Infinity;
  #openFiles = 0;

  /** Whether the power is on. */
  get hasPower(): boolean {
    return this.#power;
  }

  /** Files that are open. */
  get openFiles(): number {
    return this.#openFiles;
  }

  /** Syncs that wait for `finishSyncs`. */
  get heldSyncs(): number {
    return this.#heldSyncs.length;
  }

  /** Makes an operation fail with `error`, `times` times after `skip` that succeed. */
  fail(operation: Operation, error: string, times = Infinity, skip = 0): void {
    this.#faults.set(operation, { error, times, skip });
  }

  /** Makes an operation succeed again. */
  heal(operation: Operation): void {
    this.#faults.delete(operation);
  }

  /** Lets the power fail just before the change number `steps`, counted from 0. */
  cutPowerAt(steps: number): void {
    this.#stepsToPowerLoss = steps;
  }

  /** Lets the oldest syncs that wait end: all, or `count` of them. */
  finishSyncs(count = Infinity): void {
    for (const finish of this.#heldSyncs.splice(0, count)) finish();
  }

  /**
   * Cuts the power and turns it on again: whatever was open is lost, and the disk holds what was synced
   * and, of what was not, as much as `survival` says.
   */
  powerCycle(survival: Survival = {}): void {
    this.#power = true;
    this.#stepsToPowerLoss = Infinity;
    this.#faults.clear();
    this.#heldSyncs = [];
    this.holdSyncs = false;
    this.free = this.largestWrite = Infinity;
    this.#openFiles = 0;
    this.trace.length = 0;
    this.#root = revertDirectory(this.#root, survival);
  }

  /** Puts a file on the disk, synced, with the directories it needs. */
  put(path: string, text: string | Uint8Array): void {
    const bytes = typeof text === "string"
      ? Uint8Array.from(text, (character) => character.charCodeAt(0))
      : new Uint8Array(text);
    let directory = this.#root;
    const names = split(path);
    for (const name of names.slice(0, -1)) {
      let next = directory.entries.get(name);
      if (!(next instanceof Directory)) {
        next = new Directory();
        directory.entries.set(name, next);
        directory.synced.set(name, next);
      }
      directory = next;
    }
    const content = new Content();
    content.bytes = content.synced = bytes;
    directory.entries.set(names[names.length - 1], content);
    directory.synced.set(names[names.length - 1], content);
  }

  /** The content of a file as a byte string, or null when there is none. */
  text(path: string): string | null {
    const node = this.#find(path);
    return node instanceof Content
      ? Array.from(node.bytes, (byte) => String.fromCharCode(byte)).join("")
      : null;
  }

  openSync(path: string, mode: OpenMode): OpenFile {
    let content = this.#find(path);
    if (mode === "read" || (mode === "append" && content !== undefined)) this.#step("open", path);
    else this.#step("create", path);
    if (content instanceof Directory) throw new Error("Is a directory (os error 21)");
    if (content === undefined) {
      if (mode === "read") throw new Error("No such file or directory (os error 2)");
      content = new Content();
      this.#parent(path).entries.set(nameOf(path), content);
    }
    if (mode === "create") this.#resize(content, new Uint8Array(0));
    this.#openFiles++;
    return this.#handle(path, content);
  }

  openLockedSync(path: string): OpenFile | null {
    const found = this.#find(path);
    if (found instanceof Content && found.isLocked) return null;
    const file = this.openSync(path, "append");
    const content = this.#find(path);
    if (!(content instanceof Content)) throw new Error("a file was opened that is not there");
    content.isLocked = true;
    const close = () => {
      file.close();
      content.isLocked = false;
    };
    return { ...file, close };
  }

  statSync(path: string): FileStatus | null {
    this.#requirePower();
    const node = this.#find(path);
    if (node === undefined) return null;
    return node instanceof Content
      ? { size: node.bytes.length, isDirectory: false }
      : { size: 0, isDirectory: true };
  }

  readDirSync(path: string): string[] {
    this.#requirePower();
    return [...this.#directory(path).entries.keys()];
  }

  mkdirSync(path: string): void {
    this.#step("mkdir", path);
    const parent = this.#parent(path);
    if (!parent.entries.has(nameOf(path))) parent.entries.set(nameOf(path), new Directory());
  }

  renameSync(from: string, to: string): void {
    this.#step("rename", to);
    const node = this.#find(from);
    if (node === undefined) throw new Error("No such file or directory (os error 2)");
    if (this.#find(to) instanceof Directory) throw new Error("Is a directory (os error 21)");
    this.#parent(to).entries.set(nameOf(to), node);
    this.#parent(from).entries.delete(nameOf(from));
  }

  linkSync(from: string, to: string): void {
    this.#step("link", to);
    const node = this.#find(from);
    if (!(node instanceof Content)) throw new Error("No such file or directory (os error 2)");
    if (this.#find(to) !== undefined) throw new Error("File exists (os error 17)");
    this.#parent(to).entries.set(nameOf(to), node);
  }

  removeSync(path: string): void {
    this.#step("remove", path);
    if (!this.#parent(path).entries.delete(nameOf(path))) {
      throw new Error("No such file or directory (os error 2)");
    }
  }

  async remove(path: string): Promise<void> {
    await Promise.resolve();
    this.removeSync(path);
  }

  async syncDir(path: string): Promise<void> {
    await Promise.resolve();
    this.syncDirSync(path);
  }

  syncDirSync(path: string): void {
    this.#step("syncDir", path);
    const directory = this.#directory(path);
    directory.synced = new Map(directory.entries);
  }

  #handle(path: string, content: Content): OpenFile {
    let position = 0, isOpen = true;
    const check = (): void => {
      if (!isOpen) throw new Error("The file is closed");
    };
    return {
      seekSync: (offset) => {
        check();
        position = offset;
      },
      readSync: (into) => {
        check();
        this.#step("read", path);
        const piece = content.bytes.subarray(position, position + into.length);
        into.set(piece);
        position += piece.length;
        return piece.length;
      },
      writeSync: (bytes) => {
        check();
        this.#step("write", path);
        if (bytes.length > 0 && this.free <= 0) throw new Error(ENOSPC);
        const count = Math.min(bytes.length, this.largestWrite, this.free);
        this.free -= count;
        content.append(bytes.subarray(0, count));
        return count;
      },
      syncData: () => {
        check();
        const end = content.sync();
        const finish = (): void => {
          this.#step("sync", path);
          end();
        };
        if (!this.holdSyncs) return Promise.resolve().then(finish);
        return new Promise<void>((resolve, reject) => {
          this.#heldSyncs.push(() => {
            try {
              finish();
              resolve();
            } catch (error) {
              reject(error);
            }
          });
        });
      },
      syncDataSync: () => {
        check();
        this.#step("sync", path);
        content.sync()();
      },
      truncateSync: (length) => {
        check();
        this.#step("truncate", path);
        this.#resize(content, content.bytes.slice(0, length));
      },
      sizeSync: () => {
        check();
        return content.bytes.length;
      },
      close: () => {
        check();
        isOpen = false;
        this.#openFiles--;
      },
    };
  }

  #resize(content: Content, bytes: Uint8Array<ArrayBuffer>): void {
    this.free += content.bytes.length - bytes.length;
    content.change(bytes);
  }

  #step(operation: Operation, path: string): void {
    this.#requirePower();
    const isChange = operation !== "read" && operation !== "open";
    if (isChange && this.#stepsToPowerLoss-- <= 0) {
      this.#power = false;
      throw new PowerLoss("the power is off (os error 5)");
    }
    const fault = this.#faults.get(operation);
    if (fault && fault.skip-- <= 0 && fault.times-- > 0) throw new Error(fault.error);
    if (isChange) this.trace.push(`${operation} ${path}`);
  }

  #requirePower(): void {
    if (!this.#power) throw new PowerLoss("the power is off (os error 5)");
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of split(path)) {
      if (!(node instanceof Directory)) return undefined;
      node = node.entries.get(name);
    }
    return node;
  }

  #directory(path: string): Directory {
    const node = this.#find(path);
    if (!(node instanceof Directory)) throw new Error("No such file or directory (os error 2)");
    return node;
  }

  #parent(path: string): Directory {
    return this.#directory(split(path).slice(0, -1).join("/"));
  }
}

function split(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function nameOf(path: string): string {
  return split(path).at(-1) ?? "";
}

function revertDirectory(directory: Directory, survival: Survival): Directory {
  const reverted = new Directory();
  for (const [name, node] of survival.names ? directory.entries : directory.synced) {
    const kept = node instanceof Directory
      ? revertDirectory(node, survival)
      : revertContent(node, survival);
    reverted.entries.set(name, kept);
    reverted.synced.set(name, kept);
  }
  return reverted;
}

function revertContent(content: Content, survival: Survival): Content {
  const { bytes, synced } = content;
  const reverted = new Content();
  const isAppended = bytes.length >= synced.length &&
    synced.every((byte, i) => bytes[i] === byte);
  const kept = isAppended ? survival.bytes?.(bytes.length - synced.length) ?? 0 : 0;
  reverted.bytes = reverted.synced = isAppended ? bytes.slice(0, synced.length + kept) : synced;
  return reverted;
}
