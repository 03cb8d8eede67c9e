/** How large the nodes of a list may become: `list-max-listpack-size`. */

/** Up to where elements share a node; a server's settings have this property. */
export interface ListLimits {
  /** Positive: how many elements; -1 to -5: how many bytes, 4 KiB to 64 KiB. */
  readonly "list-max-listpack-size": number;
}

/** The bytes that -1, -2 … -5 stand for. */
const NODE_BYTES: readonly number[] = [4096, 8192, 16384, 32768, 65536];
/** The most bytes that a node of several elements has under any limits. */
export const LARGEST_NODE: number = NODE_BYTES[NODE_BYTES.length - 1];
/** Where elements are counted, a node is no larger than this all the same, in bytes. */
const COUNTED_NODE_BYTES = 8192;
/** Redis' own bound for counts. */
const MOST_ELEMENTS = (1 << 15) - 1;

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

/** Whether an element of `length` bytes may join the `elements` elements of a node of `bytes` bytes. */
export function nodeTakes(
  bytes: number,
  elements: number,
  length: number,
  limits: ListLimits,
): boolean {
  return isNodeSize(bytes + length + ENTRY_OVERHEAD, elements + 1, limits);
}
