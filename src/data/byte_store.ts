/**
 * Bytes of any length, addressed by a 32-bit number instead of by an object.
 *
 * Small blobs share slabs: arrays that are cut into slots of one size. A slot holds a 2-byte length
 * and then the bytes. Large blobs have an array of their own. So a million keys cost a few dozen
 * objects, and the garbage collector has nothing to walk.
 */

import { adopt } from "../base/adoption.ts";
import { allocateBytes } from "../base/allocate.ts";
import { copyBytes, EMPTY, type Span } from "../base/span.ts";
import { freeArray } from "./freed_arrays.ts";
import { ARRAY_COST, OBJECT_COST } from "./memory_costs.ts";

/** Bytes in a slot before the blob: its length, or the link to the next slot while it is free. */
const HEADER = 2;

/** The largest slot; blobs that do not fit become large blobs. */
const LARGEST_SLOT = 4096;

/** The longest blob that lives in a slab, in bytes. */
export const LONGEST_SMALL_BLOB: number = LARGEST_SLOT - HEADER;

/** A class' first slab is small, so that small stores are small; each next one doubles up to the last. */
const FIRST_SLAB_BYTES = 1024;
const LARGEST_SLAB_BYTES = 256 * 1024;
/** What a slab takes beside its bytes. */
const SLAB_COST = ARRAY_COST + OBJECT_COST;

/** A small ref is the slab's number above the slot's: 8-byte slots need 15 bits in the largest slab. */
const SLOT_BITS = 15;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
/** Slab numbers that fit below the bit that marks large blobs; at 256 KiB each that is 16 GiB. */
const MOST_SLABS = 1 << (31 - SLOT_BITS);
const LARGE = 0x80000000;
const LARGE_INDEX_MASK = 0x7fffffff;

/** So many bytes are zeroed in a loop in less time than `fill` takes to be called. */
const FILLED_BY_LOOP = 64;

/** Greedy growth doubles a blob up to this length, and adds this much beyond it. */
const GREEDY_STEP = 1024 * 1024;

/** Slot sizes in bytes: a step is at most an eighth of the size once sizes pass 16. */
const SLOT_SIZES: readonly number[] = listSlotSizes();
/** The class, an index into SLOT_SIZES, of a slot that holds so many bytes, header included. */
const CLASS_OF: Uint8Array = mapClasses();

function listSlotSizes(): number[] {
  const sizes = [];
  for (
    let size = 8;
    size <= LARGEST_SLOT;
    size += Math.max(2, (1 << (31 - Math.clz32(size))) / 8)
  ) {
    sizes.push(size);
  }
  return sizes;
}

function mapClasses(): Uint8Array {
  const classes = new Uint8Array(LARGEST_SLOT + 1);
  SLOT_SIZES.forEach((size, index) =>
    classes.fill(index, index === 0 ? 0 : SLOT_SIZES[index - 1] + 1, size + 1)
  );
  return classes;
}

/** The room for a large blob that grows: sizes go up in the same steps as slots do. */
function roundUp(length: number): number {
  if (length <= LONGEST_SMALL_BLOB) return length;
  const step = 2 ** (28 - Math.clz32(length));
  return Math.ceil(length / step) * step;
}

/** What a large blob takes: one that was adopted is a part of its buffer. */
function largeCost(bytes: Uint8Array): number {
  return bytes.buffer.byteLength + ARRAY_COST;
}

/** One array of equal slots. Slots from `fresh` on were never used: their memory is untouched. */
class Slab {
  used = 0;
  fresh = 0;
  /** The first slot of the free list plus 1, or 0. */
  freeSlot = 0;
  /** Neighbours in the class' list of slabs with room; meaningless while the slab is full. */
  next: Slab | null = null;
  previous: Slab | null = null;

  constructor(
    readonly bytes: Uint8Array,
    readonly slotSize: number,
    readonly slots: number,
    readonly index: number,
    readonly sizeClass: SizeClass,
  ) {}
}

/** The slabs of one slot size that have room, newest first, and how many slabs there are in all. */
class SizeClass {
  roomy: Slab | null = null;
  slabs = 0;

  constructor(readonly slotSize: number) {}

  link(slab: Slab): void {
    slab.previous = null;
    slab.next = this.roomy;
    if (this.roomy !== null) this.roomy.previous = slab;
    this.roomy = slab;
  }

  unlink(slab: Slab): void {
    if (slab.previous === null) this.roomy = slab.next;
    else slab.previous.next = slab.next;
    if (slab.next !== null) slab.next.previous = slab.previous;
    slab.next = slab.previous = null;
  }
}

/** Longer bytes are asked for whether they can be adopted where they are: a copy costs more. */
const ADOPTED_FROM = 64 * 1024;

/** Slab 0 of every store is one empty slot, so that ref 0 reads as an empty blob without a test. */
const NO_SLAB = new Slab(new Uint8Array(HEADER), 0, 0, 0, new SizeClass(0));

/**
 * A store of byte blobs. A blob is named by its *ref*, an unsigned 32-bit number that is never 0;
 * ref 0 stands for "no bytes" and reads as an empty blob. The caller frees what it no longer needs;
 * a ref that was freed must not be used again.
 *
 * `buffer(ref)` and `offset(ref)` stay valid until that blob is freed, resized or overwritten:
 * nothing moves on its own. Where memory for a large blob can't be had, `OutOfMemory` is thrown and
 * nothing has changed.
 */
export class ByteStore {
  /** Bytes given out: whole slots (headers included) and the arrays of large blobs. */
  allocatedBytes = 0;
  /** Bytes held from the system: whole slabs and the arrays of large blobs. */
  reservedBytes = 0;

  #slabs: Slab[] = [NO_SLAB];
  #freeSlabIndexes: number[] = [];
  #classes: (SizeClass | undefined)[] = [];
  #large: Uint8Array[] = [];
  #largeLengths: number[] = [];
  #freeLargeIndexes: number[] = [];
  readonly #keepsRoom: boolean;

  /** `keepsRoom`: blobs never give back room by themselves when they shrink; what fits stays. */
  constructor(keepsRoom = false) {
    this.#keepsRoom = keepsRoom;
  }

  /** A new blob of `length` bytes. What they hold is undefined: the caller writes all of them. */
  allocate(length: number): number {
    return this.#allocate(length, length);
  }

  /**
   * A new blob with a copy of bytes `[start, end)` of `buffer`, which may lie in this store. A large buffer that
   * is given away becomes the blob: what others read of it in this turn stays as it is.
   */
  put(buffer: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const own = length < ADOPTED_FROM ? null : adopt(buffer, start, end);
    if (own !== null) return this.#addLarge(own, length);
    const ref = this.#allocate(length, length);
    copyBytes(buffer, start, end, this.buffer(ref), this.offset(ref));
    return ref;
  }

  /** Gives the blob's memory back. Freeing ref 0 does nothing. */
  free(ref: number): void {
    if (ref === 0) return;
    if ((ref | 0) < 0) this.#freeLarge(ref & LARGE_INDEX_MASK);
    else this.#freeSlot(this.#slabs[ref >>> SLOT_BITS], ref & SLOT_MASK);
  }

  /** The blob's length in bytes. */
  length(ref: number): number {
    if ((ref | 0) < 0) return this.#largeLengths[ref & LARGE_INDEX_MASK];
    const slab = this.#slabs[ref >>> SLOT_BITS];
    const at = (ref & SLOT_MASK) * slab.slotSize;
    return slab.bytes[at] | slab.bytes[at + 1] << 8;
  }

  /** The array that holds the blob, beginning at `offset(ref)`. */
  buffer(ref: number): Uint8Array {
    if ((ref | 0) < 0) return this.#large[ref & LARGE_INDEX_MASK];
    return this.#slabs[ref >>> SLOT_BITS].bytes;
  }

  /** Where in `buffer(ref)` the blob begins. */
  offset(ref: number): number {
    if ((ref | 0) < 0) return 0;
    return (ref & SLOT_MASK) * this.#slabs[ref >>> SLOT_BITS].slotSize + HEADER;
  }

  /** The length that the blob can be resized to without moving, in bytes. */
  capacity(ref: number): number {
    if (ref === 0) return 0;
    if ((ref | 0) < 0) return this.#large[ref & LARGE_INDEX_MASK].length;
    return this.#slabs[ref >>> SLOT_BITS].slotSize - HEADER;
  }

  /** Reads a small blob at both ends, so that it is near when it is needed; the result means nothing. */
  touch(ref: number): number {
    if ((ref | 0) < 0) return 0;
    const slab = this.#slabs[ref >>> SLOT_BITS], { bytes, slotSize } = slab;
    const at = (ref & SLOT_MASK) * slotSize;
    return bytes[at] + bytes[at + slotSize - 1];
  }

  /** The bytes of memory that the blob takes in all; 0 for ref 0. */
  footprint(ref: number): number {
    if ((ref | 0) < 0) return largeCost(this.#large[ref & LARGE_INDEX_MASK]);
    return this.#slabs[ref >>> SLOT_BITS].slotSize;
  }

  /** Points `span` at the blob's bytes and returns it. */
  span(ref: number, span: Span): Span {
    if ((ref | 0) < 0) {
      const index = ref & LARGE_INDEX_MASK;
      return span.set(this.#large[index], 0, this.#largeLengths[index]);
    }
    const slab = this.#slabs[ref >>> SLOT_BITS];
    const bytes = slab.bytes;
    const at = (ref & SLOT_MASK) * slab.slotSize;
    const start = at + HEADER;
    return span.set(bytes, start, start + (bytes[at] | bytes[at + 1] << 8));
  }

  /** Whether the blob equals bytes `[start, end)` of `buffer`. */
  equals(ref: number, buffer: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    let bytes: Uint8Array, at: number;
    if ((ref | 0) < 0) {
      const index = ref & LARGE_INDEX_MASK;
      if (this.#largeLengths[index] !== length) return false;
      bytes = this.#large[index];
      at = 0;
    } else {
      const slab = this.#slabs[ref >>> SLOT_BITS];
      bytes = slab.bytes;
      at = (ref & SLOT_MASK) * slab.slotSize;
      if ((bytes[at] | bytes[at + 1] << 8) !== length) return false;
      at += HEADER;
    }
    for (let i = start; i < end; i++, at++) {
      if (bytes[at] !== buffer[i]) return false;
    }
    return true;
  }

  /**
   * Gives the blob a new length and returns its ref, which may be another one. Bytes up to the
   * shorter of both lengths stay, bytes beyond the old length are zero. Stays in place where the
   * slot or array fits and is not twice too large. A blob that must move to grow gets up to an
   * eighth more than it needs, or with `greedy` as much again, but at most 1 MiB.
   */
  resize(ref: number, length: number, greedy = false): number {
    const old = this.length(ref);
    const resized = this.#resize(ref, old, length, greedy);
    // A slot keeps what its last user left in it; a new array is zero already.
    if (length > old && (resized === ref || (resized | 0) >= 0)) {
      const buffer = this.buffer(resized), at = this.offset(resized);
      if (length - old > FILLED_BY_LOOP) buffer.fill(0, at + old, at + length);
      else for (let i = old; i < length; i++) buffer[at + i] = 0;
    }
    return resized;
  }

  /** As `resize`, but what bytes beyond the old length hold is undefined: the caller writes all of them. */
  resizeUnset(ref: number, length: number): number {
    return this.#resize(ref, this.length(ref), length, false);
  }

  #resize(ref: number, old: number, length: number, greedy: boolean): number {
    if (ref !== 0 && this.#fits(ref, length)) {
      this.#setLength(ref, length);
      return ref;
    }
    let capacity = length;
    if (greedy) capacity += Math.min(length, GREEDY_STEP);
    else if (length > old) capacity = roundUp(length);
    const moved = this.#allocate(length, capacity);
    const from = this.buffer(ref), start = this.offset(ref);
    copyBytes(from, start, start + Math.min(old, length), this.buffer(moved), this.offset(moved));
    this.free(ref);
    return moved;
  }

  /**
   * Replaces the blob's bytes by a copy of bytes `[start, end)` of `buffer`, which may lie in this
   * store, even in the blob itself. Returns the blob's ref, which may be another one.
   */
  overwrite(ref: number, buffer: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const own = length < ADOPTED_FROM ? null : adopt(buffer, start, end);
    if (own !== null) {
      this.free(ref);
      return this.#addLarge(own, length);
    }
    if (ref !== 0 && this.#fits(ref, length)) {
      const to = this.buffer(ref), at = this.offset(ref);
      if (to === buffer) to.copyWithin(at, start, end);
      else copyBytes(buffer, start, end, to, at);
      this.#setLength(ref, length);
      return ref;
    }
    const moved = this.put(buffer, start, end);
    this.free(ref);
    return moved;
  }

  /** Frees every blob at once and gives all memory back. */
  clear(): void {
    this.#slabs.length = 1;
    this.#freeSlabIndexes = [];
    this.#classes = [];
    this.#large = [];
    this.#largeLengths = [];
    this.#freeLargeIndexes = [];
    this.allocatedBytes = 0;
    this.reservedBytes = 0;
  }

  /** Whether the blob should take length `length` where it is. */
  #fits(ref: number, length: number): boolean {
    const capacity = this.capacity(ref);
    if (length > capacity) return false;
    // Room that was reserved greedily stays while the blob grows; a blob that shrinks gives it back. Its
    // own length is asked for last: it is in memory that is otherwise only written to.
    return length >= capacity / 2 || capacity <= 64 || this.#keepsRoom ||
      length >= this.length(ref);
  }

  #setLength(ref: number, length: number): void {
    if ((ref | 0) < 0) {
      this.#largeLengths[ref & LARGE_INDEX_MASK] = length;
      return;
    }
    const slab = this.#slabs[ref >>> SLOT_BITS];
    const at = (ref & SLOT_MASK) * slab.slotSize;
    slab.bytes[at] = length;
    slab.bytes[at + 1] = length >>> 8;
  }

  #allocate(length: number, capacity: number): number {
    if (capacity > LONGEST_SMALL_BLOB) return this.#allocateLarge(length, capacity);
    const index = CLASS_OF[capacity + HEADER];
    const sizeClass = this.#classes[index] ??= new SizeClass(SLOT_SIZES[index]);
    const slab = sizeClass.roomy ?? this.#addSlab(sizeClass);
    if (slab === null) return this.#allocateLarge(length, capacity);

    const bytes = slab.bytes;
    let slot: number, at: number;
    if (slab.freeSlot !== 0) {
      slot = slab.freeSlot - 1;
      at = slot * slab.slotSize;
      slab.freeSlot = bytes[at] | bytes[at + 1] << 8;
    } else {
      slot = slab.fresh++;
      at = slot * slab.slotSize;
    }
    if (++slab.used === slab.slots) sizeClass.unlink(slab);
    this.allocatedBytes += slab.slotSize;
    bytes[at] = length;
    bytes[at + 1] = length >>> 8;
    return slab.index << SLOT_BITS | slot;
  }

  /** A new slab with room, or null when all slab numbers are taken. */
  #addSlab(sizeClass: SizeClass): Slab | null {
    const index = this.#freeSlabIndexes.pop() ?? this.#slabs.length;
    if (index >= MOST_SLABS) return null;
    const { slotSize } = sizeClass;
    const size = Math.min(FIRST_SLAB_BYTES << Math.min(sizeClass.slabs, 8), LARGEST_SLAB_BYTES);
    const slots = Math.max(1, Math.floor(size / slotSize));
    const slab = new Slab(new Uint8Array(slots * slotSize), slotSize, slots, index, sizeClass);
    this.#slabs[index] = slab;
    this.reservedBytes += slab.bytes.length + SLAB_COST;
    sizeClass.slabs++;
    sizeClass.link(slab);
    return slab;
  }

  #freeSlot(slab: Slab, slot: number): void {
    const sizeClass = slab.sizeClass;
    const at = slot * slab.slotSize;
    slab.bytes[at] = slab.freeSlot;
    slab.bytes[at + 1] = slab.freeSlot >>> 8;
    slab.freeSlot = slot + 1;
    this.allocatedBytes -= slab.slotSize;
    if (slab.used-- === slab.slots) sizeClass.link(slab);
    // An empty slab stays while it is the only one with room, or a blob that comes and goes would
    // make and drop it each time.
    if (slab.used === 0 && (sizeClass.roomy !== slab || slab.next !== null)) {
      sizeClass.unlink(slab);
      sizeClass.slabs--;
      this.#slabs[slab.index] = NO_SLAB;
      this.#freeSlabIndexes.push(slab.index);
      this.reservedBytes -= slab.bytes.length + SLAB_COST;
    }
  }

  #allocateLarge(length: number, capacity: number): number {
    return this.#addLarge(allocateBytes(capacity), length);
  }

  #addLarge(bytes: Uint8Array, length: number): number {
    const cost = largeCost(bytes);
    const index = this.#freeLargeIndexes.pop() ?? this.#large.length;
    this.#large[index] = bytes;
    this.#largeLengths[index] = length;
    this.allocatedBytes += cost;
    this.reservedBytes += cost;
    return (index | LARGE) >>> 0;
  }

  #freeLarge(index: number): void {
    const bytes = this.#large[index], cost = largeCost(bytes);
    freeArray(bytes);
    this.#large[index] = EMPTY;
    this.#largeLengths[index] = 0;
    this.#freeLargeIndexes.push(index);
    this.allocatedBytes -= cost;
    this.reservedBytes -= cost;
  }
}
