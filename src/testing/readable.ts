/** Bytes as text that loses nothing: what is no UTF-8 is written as `\xff`, byte by byte. */

import { bytesOf } from "../base/span.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes as text: as UTF-8 where they are that, else with each byte that is not ASCII as `\xff`. */
export function readableBytes(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    // Its class is not asked for: within jest it is of another realm.
    return Array.from(bytes, escaped).join("");
  }
}

/** The same for a byte string. */
export function readableText(byteText: string): string {
  return readableBytes(bytesOf(byteText));
}

function escaped(byte: number): string {
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
