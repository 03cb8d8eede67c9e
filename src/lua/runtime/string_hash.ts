/** How Lua 5.1 hashes keys: it decides the order in which a table is traversed, which programs show. */

const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);

let readsAll = true;

/**
 * Of strings of 32 bytes and more, Lua 5.1 hashes only some bytes; Redis' Lua hashes all, and so do we unless
 * told otherwise. Tables and compiled chunks made before a change must not be used after it.
 */
export function hashWholeStrings(whole: boolean): void {
  readsAll = whole;
}

/** The hash of a string (luaS_hash), as a signed 32-bit integer. */
export function hashString(text: string): number {
  const length = text.length;
  let hash = length | 0;
  const step = readsAll ? 1 : (length >> 5) + 1;
  for (let at = length; at >= step; at -= step) {
    hash ^= ((hash << 5) + (hash >>> 2) + text.charCodeAt(at - 1)) | 0;
  }
  return hash | 0;
}

/** The hash of a number (hashnum): the sum of the two halves of its double; 0 for both zeros. */
export function hashNumber(value: number): number {
  if (value === 0) return 0;
  DOUBLE[0] = value;
  return (WORDS[0] + WORDS[1]) | 0;
}
