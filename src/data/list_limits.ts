/** How large the nodes of a list may become, and which elements are nodes for themselves. */

/** Up to where elements share a node; a server's settings have this property. */
export interface ListLimits {
  /** Positive: how many elements; -1 to -5: how many bytes, 4 KiB to 64 KiB. */
  readonly "list-max-listpack-size": number;
  /** Elements of so many bytes or more share no node. */
  readonly "quicklist-packed-threshold": number;
}

/** The bytes that -1, -2 … -5 stand for. */
const NODE_BYTES: readonly number[] = [4096, 8192, 16384, 32768, 65536];
/** The most bytes that a node of several elements has under any limits. */
export const LARGEST_NODE: number = NODE_BYTES[NODE_BYTES.length - 1];
/** Where elements are counted, a node is no larger than this all the same, in bytes. */
const COUNTED_NODE_BYTES = 8192;
/** Redis' own bound for counts. */
const MOST_ELEMENTS = (1 << 15) - 1;

/** A listpack that elements are replaced in grows no further than that, in bytes: it counts up to 4 GiB. */
const LARGEST_LISTPACK = 2 ** 30;

/** Added to an element's length for what its entry takes beside; Redis estimates it so, too. */
const ENTRY_OVERHEAD = 8;

/** The most bytes that a node of several elements may have. */
export function nodeBytes(limits: ListLimits): number {
  const size = limits["list-max-listpack-size"];
  return size < 0 ? NODE_BYTES[Math.min(-size, NODE_BYTES.length) - 1] : COUNTED_NODE_BYTES;
}

/** The most elements that a node may have; without end where bytes are counted. */
export function nodeElements(limits: ListLimits): number {
  const size = limits["list-max-listpack-size"];
  return size < 0 ? Infinity : Math.min(Math.max(size, 1), MOST_ELEMENTS);
}

/** Whether a node may have so many bytes and elements. */
export function isNodeSize(bytes: number, elements: number, limits: ListLimits): boolean {
  return bytes <= nodeBytes(limits) && elements <= nodeElements(limits);
}

/** Whether an element of `length` bytes is a plain node: one that is no listpack in Redis. */
export function isPlain(length: number, limits: ListLimits): boolean {
  return length >= limits["quicklist-packed-threshold"];
}

/**
 * Whether an element of `length` bytes may join the `elements` elements of a node of `bytes` bytes, which is
 * a listpack.
 */
export function nodeTakes(
  bytes: number,
  elements: number,
  length: number,
  limits: ListLimits,
): boolean {
  return !isPlain(length, limits) &&
    isNodeSize(bytes + length + ENTRY_OVERHEAD, elements + 1, limits);
}

/**
 * Whether an element of `length` bytes may take the place of another one in a listpack of `bytes` bytes. It
 * may make that larger than nodes are otherwise.
 */
export function nodeTakesInPlace(bytes: number, length: number, limits: ListLimits): boolean {
  return !isPlain(length, limits) && bytes + length + ENTRY_OVERHEAD <= LARGEST_LISTPACK;
}
