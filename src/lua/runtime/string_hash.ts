/** How Lua 5.1 hashes keys: it decides the order in which a table is traversed, which programs show. */

const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);

/** The hash of a string (luaS_hash), as a signed 32-bit integer. Of long strings it reads about 32 bytes. */
export function hashString(text: string): number {
  const length = text.length;
  let hash = length | 0;
  const step = (length >> 5) + 1;
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
