/**
 * Tables with the layout of Lua 5.1 (ltable.c): an array part and a hash part of nodes with chained
 * collisions. The layout decides the order of `pairs` and where `#` finds the end of a table with holes,
 * and programs show both; so keys are placed, moved and rehashed by Lua's rules.
 */

import { identity } from "./identity.ts";
import { LuaError } from "./lua_error.ts";
import { machine } from "./machine.ts";
import { hashNumber, hashString } from "./string_hash.ts";
import { arraySizeFor, ceilLog2, countArray, countKey, MAX_LOG } from "./table_sizes.ts";
import type { LuaObject, LuaValue } from "./values.ts";

/** What a node takes in `nodes`: its key, value, hash and the next node of its chain (or -1). */
const STRIDE = 4;
const VALUE = 1;
const HASH = 2;
const NEXT = 3;

/** The nodes of every table without a hash part. Never written to. */
const NO_NODES: LuaValue[] = [undefined, undefined, 0, -1];

/** Hash parts with more nodes than this have a Map from string to node beside them. */
const SEARCHED_NODES = 8;

/** More nodes than JavaScript's arrays hold without becoming dictionaries. */
const MAX_NODES_LOG = 22;

/** Where unbound searches give up and count (MAX_INT - 2). */
const MAX_INT = 2147483645;

/** A table. */
export class LuaTable implements LuaObject {
  id = 0;
  metatable: LuaTable | null = null;
  /** Whether scripts can't change it. */
  readonly = false;
  /**
   * The array part: element i at index i, index 0 unused. It ends with its last element that is not nil,
   * however large Lua's array would be (`arraySize`).
   */
  array: LuaValue[] = [undefined];
  arraySize: number;
  /** How many elements within `array` are nil. */
  #holes = 0;
  /** The hash part, `STRIDE` places a node. Exchanged as a whole when the table is rehashed. */
  nodes: LuaValue[] = NO_NODES;
  /** The number of nodes less one; they are a power of two. */
  #mask = 0;
  /** Nodes from here on are not free. */
  #lastFree = 0;
  /** String keys to nodes, while it pays. */
  #index: Map<string, number> | null = null;

  /** A table with room for so many elements in each part. */
  constructor(arraySize = 0, hashSize = 0) {
    this.arraySize = arraySize;
    if (hashSize > 0) this.#setNodes(hashSize);
  }

  get typeName(): string {
    return "table";
  }

  /** A table with the elements of an array that it owns from now on, whose index 0 is unused. */
  static ofArray(array: LuaValue[], arraySize = array.length - 1): LuaTable {
    const table = new LuaTable(arraySize);
    for (let i = 1; i < array.length; i++) if (array[i] === undefined) table.#holes++;
    table.array = array;
    table.#trim();
    return table;
  }

  /** The value at a key, without metamethods. */
  get(key: LuaValue): LuaValue {
    if (typeof key === "string") return this.getDynamic(key);
    if (typeof key === "number") return this.getNumber(key);
    if (key === undefined) return undefined;
    const at = this.#find(key);
    return at < 0 ? undefined : this.nodes[at + VALUE];
  }

  /** The value at a number. */
  getNumber(key: number): LuaValue {
    const index = key | 0;
    if (index === key && index > 0 && index < this.array.length) return this.array[index];
    if (this.nodes === NO_NODES) return undefined;
    const at = this.#findNumber(key);
    return at < 0 ? undefined : this.nodes[at + VALUE];
  }

  /** The value at a string whose hash is known. */
  getString(key: string, hash: number): LuaValue {
    const nodes = this.nodes;
    let at = (hash & this.#mask) * STRIDE;
    do {
      if (nodes[at] === key) return nodes[at + VALUE];
      at = nodes[at + NEXT] as number;
    } while (at >= 0);
    return undefined;
  }

  /** The value at a string whose hash is not known. */
  getDynamic(key: string): LuaValue {
    const at = this.#findString(key);
    return at < 0 ? undefined : this.nodes[at + VALUE];
  }

  /** Sets the value at a key, without metamethods. Throws Lua's error for nil and NaN as keys. */
  set(key: LuaValue, value: LuaValue): void {
    if (typeof key === "number") return this.setNumber(key, value);
    if (typeof key === "string") {
      // To add a key takes its hash anyway.
      if (this.#index === null && this.#mask >= SEARCHED_NODES) {
        return this.setString(key, hashString(key), value);
      }
      const at = this.#findString(key);
      if (at >= 0) this.nodes[at + VALUE] = value;
      else this.#addKey(key, hashString(key), value);
      return;
    }
    if (key === undefined) throw new LuaError("table index is nil");
    const at = this.#find(key);
    if (at >= 0) this.nodes[at + VALUE] = value;
    else this.#addKey(key, hashOf(key), value);
  }

  /** Sets the value at a number. */
  setNumber(key: number, value: LuaValue): void {
    const index = key | 0;
    if (index === key && index > 0 && index <= this.arraySize) {
      return this.#setElement(index, value);
    }
    const at = this.nodes === NO_NODES ? -1 : this.#findNumber(key);
    if (at >= 0) {
      this.nodes[at + VALUE] = value;
    } else if (key !== key) {
      throw new LuaError("table index is NaN");
    } else if (
      index === key && index === this.arraySize + 1 && this.nodes === NO_NODES &&
      this.#holes === 0 && this.array.length === index
    ) {
      // What a rehash would come to: an array of the next power of two, filled without a gap.
      this.#growArray(2 ** ceilLog2(index));
      this.#setElement(index, value);
    } else {
      this.#addKey(key, hashNumber(key), value);
    }
  }

  /** Sets the value at a string whose hash is known. */
  setString(key: string, hash: number, value: LuaValue): void {
    const nodes = this.nodes;
    let at = (hash & this.#mask) * STRIDE;
    do {
      if (nodes[at] === key) {
        nodes[at + VALUE] = value;
        return;
      }
      at = nodes[at + NEXT] as number;
    } while (at >= 0);
    this.#addKey(key, hash, value);
  }

  /** A border: n where element n is not nil and n + 1 is, the one that Lua finds. */
  length(): number {
    const filled = this.array.length - 1, size = this.arraySize;
    if (filled < size) {
      if (this.#holes === 0) return filled;
      return this.#searchBorder(0, size);
    }
    if (this.nodes === NO_NODES) return size;
    return this.#unboundSearch(size);
  }

  /**
   * The position after `position` of a key whose value is not nil, or 0 at the end. Positions are 1 to
   * arraySize for the array part and those above for the nodes; 0 stands before the first.
   */
  nextPosition(position: number): number {
    const { array, nodes, arraySize } = this;
    position++;
    for (; position < array.length; position++) if (array[position] !== undefined) return position;
    if (position <= arraySize) position = arraySize + 1;
    if (nodes === NO_NODES) return 0;
    for (let at = (position - arraySize - 1) * STRIDE; at < nodes.length; at += STRIDE) {
      if (nodes[at + VALUE] !== undefined) return at / STRIDE + arraySize + 1;
    }
    return 0;
  }

  /** The key at a position. */
  keyAt(position: number): LuaValue {
    return position <= this.arraySize
      ? position
      : this.nodes[(position - this.arraySize - 1) * STRIDE];
  }

  /** The value at a position. */
  valueAt(position: number): LuaValue {
    return position <= this.arraySize
      ? this.array[position]
      : this.nodes[(position - this.arraySize - 1) * STRIDE + VALUE];
  }

  /** The position of a key, 0 for nil; throws where the table has no such key. */
  positionOf(key: LuaValue): number {
    if (key === undefined) return 0;
    let at: number;
    if (typeof key === "number") {
      const index = key | 0;
      if (index === key && index > 0 && index <= this.arraySize) return index;
      at = this.#findNumber(key);
    } else {
      at = typeof key === "string" ? this.#findString(key) : this.#find(key);
    }
    if (at < 0) throw new LuaError("invalid key to 'next'");
    return at / STRIDE + this.arraySize + 1;
  }

  /** Gives the array part a size, moving elements between the parts (luaH_resizearray). */
  resizeArray(size: number): void {
    this.#resize(size, this.nodes === NO_NODES ? 0 : this.#mask + 1);
  }

  /** How many nodes the hash part has, for measuring memory. */
  get hashSize(): number {
    return this.nodes === NO_NODES ? 0 : this.#mask + 1;
  }

  #setElement(index: number, value: LuaValue): void {
    const array = this.array;
    if (index < array.length) {
      if (value === undefined) {
        if (array[index] === undefined) return;
        array[index] = undefined;
        this.#holes++;
        if (index === array.length - 1) this.#trim();
      } else {
        if (array[index] === undefined) this.#holes--;
        array[index] = value;
      }
    } else if (value !== undefined) {
      for (let gap = array.length; gap < index; gap++) {
        array.push(undefined);
        this.#holes++;
      }
      array.push(value);
    }
  }

  /** Takes what is nil from the end of `array`. */
  #trim(): void {
    const array = this.array;
    while (array.length > 1 && array[array.length - 1] === undefined) {
      array.pop();
      this.#holes--;
    }
  }

  #findString(key: string): number {
    const nodes = this.nodes;
    if (this.#mask < SEARCHED_NODES) {
      for (let at = 0; at < nodes.length; at += STRIDE) if (nodes[at] === key) return at;
      return -1;
    }
    this.#index ??= this.#makeIndex();
    return this.#index.get(key) ?? -1;
  }

  #makeIndex(): Map<string, number> {
    const index = new Map<string, number>(), nodes = this.nodes;
    for (let at = 0; at < nodes.length; at += STRIDE) {
      const key = nodes[at];
      if (typeof key === "string") index.set(key, at);
    }
    return index;
  }

  #findNumber(key: number): number {
    const nodes = this.nodes;
    let at = ((hashNumber(key) >>> 0) % (this.#mask | 1)) * STRIDE;
    do {
      if (nodes[at] === key) return at;
      at = nodes[at + NEXT] as number;
    } while (at >= 0);
    return -1;
  }

  #find(key: LuaValue): number {
    const nodes = this.nodes;
    let at = this.#mainPosition(key, hashOf(key));
    do {
      if (nodes[at] === key) return at;
      at = nodes[at + NEXT] as number;
    } while (at >= 0);
    return -1;
  }

  #mainPosition(key: LuaValue, hash: number): number {
    const isPower = typeof key === "string" || typeof key === "boolean";
    return (isPower ? hash & this.#mask : (hash >>> 0) % (this.#mask | 1)) * STRIDE;
  }

  /** Adds a key that is not there (newkey), also for nil as a value, as Lua does. */
  #addKey(key: LuaValue, hash: number, value: LuaValue): void {
    const nodes = this.nodes;
    let at = this.#mainPosition(key, hash);
    if (nodes === NO_NODES || nodes[at + VALUE] !== undefined) {
      const free = this.#takeFree();
      if (free < 0) {
        this.#rehash(key);
        if (typeof key === "number") this.setNumber(key, value);
        else this.#addKey(key, hash, value);
        return;
      }
      let other = this.#mainPosition(nodes[at], nodes[at + HASH] as number);
      if (other !== at) {
        // The node that is in the way is not at its own place: it moves to the free one.
        while (nodes[other + NEXT] !== at) other = nodes[other + NEXT] as number;
        nodes[other + NEXT] = free;
        for (let i = 0; i < STRIDE; i++) nodes[free + i] = nodes[at + i];
        const moved = nodes[free];
        if (this.#index !== null && typeof moved === "string") this.#index.set(moved, free);
        nodes[at + NEXT] = -1;
      } else {
        nodes[free + NEXT] = nodes[at + NEXT];
        nodes[at + NEXT] = free;
        at = free;
      }
    } else if (this.#index !== null && typeof nodes[at] === "string") {
      // A key whose value is nil gives up its place.
      this.#index.delete(nodes[at] as string);
    }
    nodes[at] = key;
    nodes[at + VALUE] = value;
    nodes[at + HASH] = hash;
    if (this.#index !== null && typeof key === "string") this.#index.set(key, at);
  }

  #takeFree(): number {
    const nodes = this.nodes;
    if (nodes === NO_NODES) return -1;
    while (this.#lastFree > 0) {
      this.#lastFree -= STRIDE;
      if (nodes[this.#lastFree] === undefined) return this.#lastFree;
    }
    return -1;
  }

  /** Finds the best sizes for what is there and one more key. */
  #rehash(extra: LuaValue): void {
    if (this.array.length === 1 && typeof extra === "string") {
      const strings = this.#countStrings();
      if (strings >= 0) return this.#resize(0, strings + 1);
    }
    const counts = new Array<number>(MAX_LOG + 1).fill(0);
    let inArray = countArray(this.array, counts);
    let total = inArray;
    const nodes = this.nodes;
    for (let at = nodes.length - STRIDE; at >= 0; at -= STRIDE) {
      if (nodes[at + VALUE] === undefined) continue;
      total++;
      inArray += countKey(nodes[at], counts);
    }
    total++;
    inArray += countKey(extra, counts);
    const { size, used } = arraySizeFor(counts, inArray);
    this.#resize(size, total - used);
  }

  /** How many keys have values, if all of them are strings; else -1. */
  #countStrings(): number {
    const nodes = this.nodes;
    let count = 0;
    for (let at = 0; at < nodes.length; at += STRIDE) {
      if (nodes[at + VALUE] === undefined) continue;
      if (typeof nodes[at] !== "string") return -1;
      count++;
    }
    return count;
  }

  #resize(arraySize: number, hashSize: number): void {
    const oldNodes = this.nodes, oldArray = this.array, oldSize = this.arraySize;
    if (arraySize > oldSize) this.#growArray(arraySize);
    this.#setNodes(hashSize);
    if (arraySize < oldSize) {
      this.arraySize = arraySize;
      this.array = oldArray.slice(0, arraySize + 1);
      this.#holes = 0;
      for (let i = 1; i < this.array.length; i++) if (this.array[i] === undefined) this.#holes++;
      this.#trim();
      for (let i = arraySize + 1; i < oldArray.length; i++) {
        if (oldArray[i] !== undefined) this.setNumber(i, oldArray[i]);
      }
    }
    for (let at = oldNodes.length - STRIDE; at >= 0; at -= STRIDE) {
      const value = oldNodes[at + VALUE];
      if (value === undefined) continue;
      const key = oldNodes[at];
      if (typeof key === "number") this.setNumber(key, value);
      else this.#addKey(key, oldNodes[at + HASH] as number, value);
    }
  }

  #growArray(size: number): void {
    machine.reserve((size - this.arraySize) * 8);
    this.arraySize = size;
  }

  #setNodes(count: number): void {
    this.#index = null;
    if (count === 0) {
      this.nodes = NO_NODES;
      this.#mask = 0;
      this.#lastFree = 0;
      return;
    }
    const log = ceilLog2(count);
    if (log > MAX_NODES_LOG) throw new LuaError("table overflow");
    const size = 2 ** log;
    if (size > 16) machine.reserve(size * STRIDE * 8);
    const nodes = new Array<LuaValue>(size * STRIDE);
    for (let at = 0; at < nodes.length; at += STRIDE) {
      nodes[at] = undefined;
      nodes[at + VALUE] = undefined;
      nodes[at + HASH] = 0;
      nodes[at + NEXT] = -1;
    }
    this.nodes = nodes;
    this.#mask = size - 1;
    this.#lastFree = nodes.length;
  }

  /** A border between `low` (0 or not nil) and `high` (nil) by halving. */
  #searchBorder(low: number, high: number): number {
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.getNumber(middle) === undefined) high = middle;
      else low = middle;
    }
    return low;
  }

  #unboundSearch(low: number): number {
    let high = low + 1;
    while (this.getNumber(high) !== undefined) {
      low = high;
      high *= 2;
      if (high > MAX_INT) {
        // Somebody laid keys out for this: count.
        let i = 1;
        while (this.getNumber(i) !== undefined) i++;
        return i - 1;
      }
    }
    return this.#searchBorder(low, high);
  }
}

/** The hash of any key but nil. */
function hashOf(key: LuaValue): number {
  switch (typeof key) {
    case "string":
      return hashString(key);
    case "number":
      return hashNumber(key);
    case "boolean":
      return key ? 1 : 0;
  }
  return identity(key as { id: number }) * 0x9e3779b1 | 0;
}
