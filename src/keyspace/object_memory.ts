/** How much memory the values hold that are objects of their own, without asking all of them. */

import type { ValueObject } from "../data/value.ts";

/** The sum over the objects of a database. */
export class ObjectMemory {
  /** Bytes that the objects held when each was last looked at. */
  bytes = 0;
  readonly #touched: TouchedObjects;

  constructor(touched: TouchedObjects) {
    this.#touched = touched;
  }

  /** An object has come into the database. */
  attach(object: ValueObject): void {
    object.countedBytes = object.memoryBytes;
    this.bytes += object.countedBytes;
    this.touch(object);
  }

  /** An object has left the database. */
  detach(object: ValueObject): void {
    this.bytes -= object.countedBytes ?? 0;
    object.countedBytes = undefined;
  }

  /** An object was handed to a command, which may change it. */
  touch(object: ValueObject): void {
    this.#touched.add(this, object);
  }

  /** Counts an object anew. */
  recount(object: ValueObject): void {
    if (object.countedBytes === undefined) return;
    const bytes = object.memoryBytes;
    this.bytes += bytes - object.countedBytes;
    object.countedBytes = bytes;
  }
}

/** The objects that the running command was handed: to be counted anew when it has ended. */
export class TouchedObjects {
  // Most commands are handed one: arrays are for those that are handed more.
  #object: ValueObject | null = null;
  #owner: ObjectMemory | null = null;
  readonly #objects: ValueObject[] = [];
  readonly #owners: ObjectMemory[] = [];

  add(owner: ObjectMemory, object: ValueObject): void {
    if (this.#object === null) {
      this.#object = object;
      this.#owner = owner;
      return;
    }
    if (this.#object === object) return;
    this.#objects.push(object);
    this.#owners.push(owner);
  }

  /** Counts them, if the command `changed` anything, and forgets them. */
  settle(changed: boolean): void {
    const object = this.#object;
    if (object === null) return;
    if (changed) this.#owner?.recount(object);
    this.#object = this.#owner = null;
    if (this.#objects.length === 0) return;
    if (changed) this.#objects.forEach((object, i) => this.#owners[i].recount(object));
    this.#objects.length = this.#owners.length = 0;
  }
}
