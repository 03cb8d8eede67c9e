/** All databases of a server, and what they share. */

import type { Clock } from "../base/clock.ts";
import { Database } from "./database.ts";
import { FunctionLibraries } from "./function_libraries.ts";
import { KeyspaceState } from "./keyspace_state.ts";
import type { KeyspaceSnapshot } from "./snapshot.ts";

/** The databases of a server. */
export class Keyspace extends KeyspaceState<Database> {
  readonly databases: readonly Database[];
  /** Belong to no database, and stay when those are flushed. */
  readonly libraries = new FunctionLibraries();
  /** The snapshot that is under way. */
  snapshot: KeyspaceSnapshot | null = null;

  /** `sharing`: another keyspace with which data is to be exchanged; `chainsSlots`: as that one, where it is given. */
  constructor(clock: Clock, databases: number, sharing?: Keyspace, chainsSlots = false) {
    super(clock, sharing, chainsSlots);
    this.databases = Array.from({ length: databases }, (_, index) => new Database(this, index));
  }

  /** Removes every key of some databases, or of all; says how many there were. `lazily` counts only. */
  clear(databases: readonly Database[] = this.databases, lazily = false): number {
    let removed = 0;
    for (const database of databases) removed += database.clear();
    if (lazily) this.lazyFreeing.objects += removed;
    this.observer.keysFlushed();
    return removed;
  }

  /** A keyspace without data, in which data can be prepared for this one: see `takeFrom`. */
  createAnother(): Keyspace {
    const another = new Keyspace(this.clock, this.databases.length, this);
    another.libraries.compiler = this.libraries.compiler;
    return another;
  }

  /** Takes the databases and libraries of a keyspace that this one has created, in place of its own. */
  takeFrom(another: Keyspace): void {
    for (const [index, database] of this.databases.entries()) {
      database.takeFrom(another.databases[index]);
    }
    this.libraries.takeFrom(another.libraries);
    this.observer.keysFlushed();
  }

  /** An estimate of the memory held by keys and values, in bytes. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const database of this.databases) bytes += database.memoryBytes;
    return bytes;
  }
}
