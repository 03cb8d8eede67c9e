/**
 * The order in which a scan goes through a table, and its cursors.
 *
 * A scan follows the hashes: first by their low bits, the lowest one counting most, as Redis does, and among
 * hashes that have those in common from the least to the greatest. Neither a removal nor a segment that
 * grows, shrinks or splits changes that order, so what was visited is a part of it that is never visited
 * again: each element that stays is visited exactly once.
 *
 * The hashes that have their low bits in common are a *granule*. A cursor tells which one is next, and which
 * part of it was visited, where the scan stopped between two segments.
 */

/** What a scan comes to in one call. */
export interface ScanStep {
  /** The cursor to go on from; 0 at the end. */
  readonly next: number;
  /** Rows of a table, or places in a compact encoding. */
  readonly places: readonly number[];
}

/** A scan of nothing. */
export const NOTHING_SCANNED: ScanStep = { next: 0, places: [] };

/** So many of a hash's top bits tell segments apart. */
export const TOP_BITS = 20;
/** A granule has no more low bits in common: so cursors are numbers that a double holds exactly. */
const MOST_BITS = 27;
/** A cursor is a place times this, plus how many bits the granule has if it was visited in part. */
const FORM = 32;
const ALL_HASHES = 2 ** 32;

/** The 32 bits of a number in the opposite order. */
export function reverseBits(bits: number): number {
  bits = bits >>> 1 & 0x55555555 | (bits & 0x55555555) << 1;
  bits = bits >>> 2 & 0x33333333 | (bits & 0x33333333) << 2;
  bits = bits >>> 4 & 0x0f0f0f0f | (bits & 0x0f0f0f0f) << 4;
  bits = bits >>> 8 & 0x00ff00ff | (bits & 0x00ff00ff) << 8;
  return (bits >>> 16 | bits << 16) >>> 0;
}

/** Where a scan goes on. */
export class ScanPosition {
  /** The bits that the hashes of the granule have in common. */
  low: number;
  /** How many those are. */
  bits: number;
  /** Hashes of the granule whose top bits are less were visited. */
  top: number;

  /** Reads a cursor. Any number is one: those that no scan has given lead somewhere, too. */
  constructor(cursor: number) {
    const place = Math.floor(cursor / FORM);
    this.bits = Math.min(cursor % FORM, MOST_BITS);
    const range = 2 ** (this.bits || MOST_BITS);
    this.low = place % range;
    this.top = this.bits === 0 ? 0 : Math.floor(place / range) % 2 ** TOP_BITS;
  }

  /** The cursor; 0 at the beginning alone. */
  get cursor(): number {
    if (this.top === 0) return this.low * FORM;
    return (this.top * 2 ** this.bits + this.low) * FORM + this.bits;
  }

  /** The least hash of the granule that was not visited. */
  get least(): number {
    return this.top * 2 ** (32 - TOP_BITS);
  }

  /**
   * Begins a granule: of `bits` bits, or smaller if it begins within such a one, of which the scan has
   * visited the rest when the table was larger.
   */
  begin(bits: number): void {
    if (this.top === 0) this.bits = Math.max(bits, 32 - Math.clz32(this.low));
  }

  /** Goes on to the next granule; false where it was the last one. */
  advance(): boolean {
    const next = reverseBits(this.low) + 2 ** (32 - this.bits);
    this.top = 0;
    this.low = next < ALL_HASHES ? reverseBits(next) : 0;
    return next < ALL_HASHES;
  }
}

/** A granule of a compact encoding has so many bits: about as many as the elements need to be told apart. */
const COMPACT_BITS = 16;

/**
 * The next step through a few elements in the order of a table whose hash function gives `hashes`: the
 * indices of about `count` of them.
 */
export function scanFew(hashes: readonly number[], cursor: number, count: number): ScanStep {
  const from = reverseBits(new ScanPosition(cursor).low);
  const order = hashes.map((hash, index) => ({ key: reverseBits(hash), index }))
    .filter(({ key }) => key >= from)
    .sort((a, b) => a.key - b.key);
  const granuleOf = (key: number) => key >>> 32 - COMPACT_BITS;
  let end = Math.min(count, order.length);
  while (end < order.length && granuleOf(order[end].key) === granuleOf(order[end - 1].key)) end++;
  const position = new ScanPosition(0);
  if (end < order.length) {
    position.low = reverseBits(granuleOf(order[end - 1].key) + 1 << 32 - COMPACT_BITS);
  }
  return { next: position.cursor, places: order.slice(0, end).map(({ index }) => index) };
}
