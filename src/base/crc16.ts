/** CRC-16 as Redis Cluster takes it of keys: XMODEM's, the polynomial 1021 starting from 0. */

const POLYNOMIAL = 0x1021;

const TABLE = new Uint16Array(256);
for (let byte = 0; byte < 256; byte++) {
  let sum = byte << 8;
  for (let bit = 0; bit < 8; bit++) sum = sum << 1 ^ ((sum & 0x8000) !== 0 ? POLYNOMIAL : 0);
  TABLE[byte] = sum;
}

/** The checksum of bytes `[start, end)` of `buffer`. */
export function crc16(buffer: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at++) sum = (sum << 8 ^ TABLE[sum >>> 8 ^ buffer[at]]) & 0xffff;
  return sum;
}
