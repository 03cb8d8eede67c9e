/**
 * CRC-64 as Redis' files and DUMP payloads end with: the Jones polynomial, bits reflected, starting
 * from 0 and with no final inversion (`CRC-64/REDIS`). Kept as two 32-bit halves, as bigints are slow.
 */

/** The polynomial ad93d23594c935a9 with its bits reversed. */
const POLYNOMIAL_LOW = 0xac4bc9b5;
const POLYNOMIAL_HIGH = 0x95ac9329;

/** So many bytes are taken at once, each through a table of its own. */
const SLICES = 8;

/** Filled for the first checksum: most servers that start compute none. */
const LOW = new Uint32Array(SLICES * 256);
const HIGH = new Uint32Array(SLICES * 256);

function fillTables(): void {
  for (let i = 0; i < SLICES * 256; i++) {
    // A table's entry is that of the table before with one more zero byte behind it.
    const before = i - 256;
    let low = i < 256 ? i : LOW[before], high = i < 256 ? 0 : HIGH[before];
    if (i < 256) {
      for (let bit = 0; bit < 8; bit++) {
        const odd = low & 1;
        low = low >>> 1 | high << 31;
        high >>>= 1;
        if (odd !== 0) {
          low ^= POLYNOMIAL_LOW;
          high ^= POLYNOMIAL_HIGH;
        }
      }
    } else {
      const index = low & 0xff;
      low = (low >>> 8 | high << 24) ^ LOW[index];
      high = high >>> 8 ^ HIGH[index];
    }
    LOW[i] = low;
    HIGH[i] = high;
  }
}

/** A checksum that is computed as bytes come. */
export class Crc64 {
  #low = 0;
  #high = 0;

  constructor() {
    if (HIGH[1] === 0) fillTables();
  }

  /** Takes bytes `[start, end)` of `buffer` in. */
  update(buffer: Uint8Array, start: number, end: number): this {
    let low = this.#low, high = this.#high, at = start;
    for (const last = end - SLICES; at <= last; at += SLICES) {
      low ^= buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16 | buffer[at + 3] << 24;
      high ^= buffer[at + 4] | buffer[at + 5] << 8 | buffer[at + 6] << 16 | buffer[at + 7] << 24;
      const a = 0x700 | low & 0xff, b = 0x600 | low >>> 8 & 0xff;
      const c = 0x500 | low >>> 16 & 0xff, d = 0x400 | low >>> 24;
      const e = 0x300 | high & 0xff, f = 0x200 | high >>> 8 & 0xff;
      const g = 0x100 | high >>> 16 & 0xff, h = high >>> 24;
      low = LOW[a] ^ LOW[b] ^ LOW[c] ^ LOW[d] ^ LOW[e] ^ LOW[f] ^ LOW[g] ^ LOW[h];
      high = HIGH[a] ^ HIGH[b] ^ HIGH[c] ^ HIGH[d] ^ HIGH[e] ^ HIGH[f] ^ HIGH[g] ^ HIGH[h];
    }
    for (; at < end; at++) {
      const index = (low ^ buffer[at]) & 0xff;
      low = (low >>> 8 | high << 24) ^ LOW[index];
      high = high >>> 8 ^ HIGH[index];
    }
    this.#low = low;
    this.#high = high;
    return this;
  }

  /** Writes the checksum's 8 bytes, the low byte first, at `at`. */
  write(target: Uint8Array, at: number): void {
    for (let i = 0; i < 4; i++) {
      target[at + i] = this.#low >>> 8 * i;
      target[at + 4 + i] = this.#high >>> 8 * i;
    }
  }

  /** Whether the 8 bytes at `at` are the checksum. */
  equals(buffer: Uint8Array, at: number): boolean {
    for (let i = 0; i < 4; i++) {
      if (buffer[at + i] !== (this.#low >>> 8 * i & 0xff)) return false;
      if (buffer[at + 4 + i] !== (this.#high >>> 8 * i & 0xff)) return false;
    }
    return true;
  }
}
