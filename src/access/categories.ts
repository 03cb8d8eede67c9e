/** The categories that commands belong to, which rules name as `+@read`. */

/** All categories, without `@`, in the order in which Redis lists them. */
export const CATEGORIES = [
  "keyspace",
  "read",
  "write",
  "set",
  "sortedset",
  "list",
  "hash",
  "string",
  "bitmap",
  "hyperloglog",
  "geo",
  "stream",
  "pubsub",
  "admin",
  "fast",
  "slow",
  "blocking",
  "dangerous",
  "connection",
  "transaction",
  "scripting",
] as const;

/** The name of a category, without `@`. */
export type Category = (typeof CATEGORIES)[number];

/** A set of categories as bits, in the order of `CATEGORIES`. */
export function categoryBits(categories: Iterable<Category>): number {
  let bits = 0;
  for (const category of categories) bits |= 1 << CATEGORIES.indexOf(category);
  return bits;
}

/** The category of a name in lower case; undefined where there is none. */
export function findCategory(name: string): Category | undefined {
  return CATEGORIES.find((category) => category === name);
}
