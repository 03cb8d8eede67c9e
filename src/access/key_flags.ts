/** What commands do with keys, in the words of key specifications. */

/** All flags of a key specification, in the order in which Redis replies them. */
export const KEY_FLAGS = [
  "RO",
  "RW",
  "OW",
  "RM",
  "access",
  "update",
  "insert",
  "delete",
  "channel",
  "not_key",
  "incomplete",
  "variable_flags",
] as const;

/** A flag of a key specification. */
export type KeyFlag = (typeof KEY_FLAGS)[number];

/** A set of flags as bits, in the order of `KEY_FLAGS`. */
export function keyFlagBits(flags: Iterable<KeyFlag>): number {
  let bits = 0;
  for (const flag of flags) bits |= 1 << KEY_FLAGS.indexOf(flag);
  return bits;
}

/** The flags of a set, in the order of `KEY_FLAGS`. */
export function keyFlagsOf(bits: number): KeyFlag[] {
  return KEY_FLAGS.filter((_, i) => (bits & (1 << i)) !== 0);
}
