/**
 * LZF: the compression of strings in RDB files, DUMP payloads and long lists.
 *
 * Compressed bytes are a row of pieces, each beginning with a control byte:
 *
 * | control    | then                                 | stands for                                  |
 * |------------|--------------------------------------|---------------------------------------------|
 * | `000lllll` | l + 1 bytes                          | these bytes                                 |
 * | `lllooooo` | low byte of the offset               | l + 2 bytes from offset + 1 before the end  |
 * | `111ooooo` | length − 7, low byte of the offset   | the same, up to 264 bytes                   |
 *
 * A copy may overlap what it makes, so that a run of one byte is a copy from just before it.
 *
 * Which copies are made is up to who compresses; here they are those that Redis' library makes (liblzf as
 * Redis builds it), so that DUMP gives the same bytes and files have the same size.
 */

/** Longest run of literal bytes. */
const LITERAL_MAX = 32;
/** How far back a copy may reach, in bytes. */
const OFFSET_MAX = 8192;
/** Shortest and longest copy, in bytes. */
const COPY_MIN = 3;
const COPY_MAX = 264;
/** A length of the control byte that says that another byte of length follows. */
const LONG = 7;

const HASH_BITS = 16;
const HASH_MASK = (1 << HASH_BITS) - 1;

/** So many bytes at the end are not copied, unless the copy begins close to it. */
const TAIL = 2;
/** With more bytes than this to copy from, this and what follows is compared without regard to the tail. */
const COMPARED_ANYWAY = 16;

/** Before a copy and at the end the library wants more room than it needs. */
const ROOM_BEFORE_COPY = 4, ROOM_AT_END = 3;

/** Positions are noted as numbers up to here. */
const POSITION_MAX = 0xffff_ffff;

/** Compresses with a table of its own that is reused; an instance is not shared between servers. */
export class LzfCompressor {
  /** Where three bytes with this hash were seen last, plus `#shift`; made when it is needed. */
  #seen: Uint32Array | null = null;
  /** Grows with each text, so that what is left of earlier ones lies before the text's beginning. */
  #shift = 1;
  /** Where the text under way begins in terms of `#seen`, how far it was read, and what came of it. */
  #base = 0;
  #at = 0;
  #literals = 0;
  #out = 0;

  /**
   * Compresses bytes `[start, end)` of `source` into `target`, and returns how many bytes that took; 0
   * if they do not fit into it with some room to spare.
   */
  compress(source: Uint8Array, start: number, end: number, target: Uint8Array): number {
    this.begin(end - start);
    return this.advance(source, start, end, end, target) ? this.#out : 0;
  }

  /** Begins a text of so many bytes, which is then compressed by `advance`, part by part. */
  begin(length: number): void {
    if (this.#shift + length >= POSITION_MAX) {
      this.#seen?.fill(0);
      this.#shift = 1;
    }
    this.#base = this.#shift;
    this.#shift += length + 1;
    this.#at = this.#literals = this.#out = 0;
  }

  /** How many bytes of the text were looked at. */
  get readBytes(): number {
    return this.#at;
  }

  /** How many bytes come of it, counting those that are not written because more may join them. */
  get writtenBytes(): number {
    return this.#out + this.#at - this.#literals;
  }

  /**
   * Compresses the text, bytes `[start, end)` of `source`, up to `until` or a little further, into `target`;
   * to the last byte if `until` is the end. False: there is no room for it.
   */
  advance(
    source: Uint8Array,
    start: number,
    end: number,
    until: number,
    target: Uint8Array,
  ): boolean {
    const seen = this.#seen ??= new Uint32Array(1 << HASH_BITS);
    const shift = this.#base - start;
    let out = this.#out, literals = start + this.#literals, at = start + this.#at;
    const last = end - COPY_MIN, stop = Math.min(last, until - 1);
    while (at <= stop) {
      const hash = hashAt(source, at);
      const candidate = seen[hash] - shift;
      seen[hash] = at + shift;
      // The first byte is never copied from.
      if (candidate <= start || at - candidate > OFFSET_MAX || !sameThree(source, candidate, at)) {
        at++;
        continue;
      }
      if (out + literalBytes(at - literals) + ROOM_BEFORE_COPY >= target.length) return false;
      out = writeLiterals(source, literals, at, target, out);
      const length = copyLength(source, candidate, at, end - at - TAIL);
      out = writeCopy(at - candidate - 1, length - 2, target, out);
      // What a copy covers is noted at its end only.
      const next = at + length;
      at = next - 2;
      if (next <= last) {
        seen[hashAt(source, at)] = at + shift;
        seen[hashAt(source, at + 1)] = at + 1 + shift;
      }
      at = literals = next;
    }
    if (until === end || at > last) {
      const literal = Math.max(at, last + 1) - literals;
      if (out + runBytes(literal) + ROOM_AT_END > target.length) return false;
      out = writeLiterals(source, literals, end, target, out);
      at = literals = end;
    }
    this.#at = at - start;
    this.#literals = literals - start;
    this.#out = out;
    return true;
  }
}

function hashAt(source: Uint8Array, at: number): number {
  const middle = source[at + 1];
  return ((source[at] << 8 | middle) - 5 * (middle << 8 | source[at + 2])) & HASH_MASK;
}

function sameThree(source: Uint8Array, a: number, b: number): boolean {
  return source[a] === source[b] && source[a + 1] === source[b + 1] &&
    source[a + 2] === source[b + 2];
}

/** How many bytes from `at` on are the same as from `candidate` on; the first three are. */
function copyLength(source: Uint8Array, candidate: number, at: number, room: number): number {
  const most = Math.min(COPY_MAX, room);
  let length = 2;
  if (most > COMPARED_ANYWAY) {
    for (let i = 0; i < COMPARED_ANYWAY; i++) {
      length++;
      if (source[candidate + length] !== source[at + length]) return length;
    }
  }
  do length++; while (length < most && source[candidate + length] === source[at + length]);
  return length;
}

/** How many bytes a run of literals takes while more may join it. */
function runBytes(count: number): number {
  return count + 1 + Math.floor(count / LITERAL_MAX);
}

/** How many bytes a run of literals takes. */
function literalBytes(count: number): number {
  return count + Math.ceil(count / LITERAL_MAX);
}

/** Writes pieces of literal bytes, for which there is room. */
function writeLiterals(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  out: number,
): number {
  for (let at = start; at < end;) {
    const count = Math.min(LITERAL_MAX, end - at);
    target[out++] = count - 1;
    for (let i = 0; i < count; i++) target[out++] = source[at++];
  }
  return out;
}

/** Writes a copy of `length` + 2 bytes from `offset` + 1 bytes back, for which there is room. */
function writeCopy(offset: number, length: number, target: Uint8Array, out: number): number {
  const isLong = length >= LONG;
  target[out++] = (isLong ? LONG : length) << 5 | offset >> 8;
  if (isLong) target[out++] = length - LONG;
  target[out++] = offset;
  return out;
}

/**
 * How many bytes the compressed bytes `[start, end)` of `source` stand for, or -1 if they are not sound:
 * a piece is cut off, or a copy reaches back beyond the beginning.
 */
export function decompressedLength(source: Uint8Array, start: number, end: number): number {
  let length = 0;
  for (let at = start; at < end;) {
    const control = source[at++];
    if (control < LITERAL_MAX) {
      at += control + 1;
      length += control + 1;
      if (at > end) return -1;
      continue;
    }
    let count = control >> 5;
    if (count === LONG) count += source[at++];
    if (at >= end) return -1;
    const offset = (control & 0x1f) << 8 | source[at++];
    if (offset + 1 > length) return -1;
    length += count + 2;
  }
  return length;
}

/** Decompresses what `decompressedLength` found to be sound into `target`, which has that length or more. */
export function decompress(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
): void {
  let out = 0;
  for (let at = start; at < end;) {
    const control = source[at++];
    if (control < LITERAL_MAX) {
      for (let left = control; left >= 0; left--) target[out++] = source[at++];
      continue;
    }
    let count = control >> 5;
    if (count === LONG) count += source[at++];
    let from = out - ((control & 0x1f) << 8 | source[at++]) - 1;
    for (let left = count + 2; left > 0; left--) target[out++] = target[from++];
  }
}
