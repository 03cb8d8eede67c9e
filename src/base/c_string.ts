/** Byte strings as C sees them, in which much of Redis and of Lua is written. */

/** A byte string up to its first NUL, which ends it for C. */
export function untilNul(text: string): string {
  const nul = text.indexOf("\0");
  return nul < 0 ? text : text.slice(0, nul);
}
