/**
 * ASCII case folding. Commands, options and patterns fold the letters A to Z and nothing else:
 * JavaScript's own `toUpperCase` would also change bytes from 0x80 on.
 */

import type { ByteRange } from "./span.ts";

const UPPER_A = 0x41;
const UPPER_Z = 0x5a;
const LOWER_A = 0x61;
const LOWER_Z = 0x7a;
const CASE_BIT = 0x20;

/** The byte in lower case if it is one of A to Z, else the byte itself. */
export function toLowerByte(byte: number): number {
  return byte >= UPPER_A && byte <= UPPER_Z ? byte | CASE_BIT : byte;
}

/** The byte in upper case if it is one of a to z, else the byte itself. */
export function toUpperByte(byte: number): number {
  return byte >= LOWER_A && byte <= LOWER_Z ? byte & ~CASE_BIT : byte;
}

/**
 * Whether the range holds `token` in any mix of cases. `token` is given in upper case; nothing is
 * allocated.
 */
export function equalsIgnoreCase(range: ByteRange, token: string): boolean {
  const { buffer, start, end } = range;
  if (end - start !== token.length) return false;
  for (let i = start, j = 0; i < end; i++, j++) {
    if (toUpperByte(buffer[i]) !== token.charCodeAt(j)) return false;
  }
  return true;
}

/** The byte string with A to Z in lower case. */
export function toLowerAscii(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= UPPER_A && code <= UPPER_Z) return text.replace(/[A-Z]+/g, lowerRun);
  }
  return text;
}

/** The byte string with a to z in upper case. */
export function toUpperAscii(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= LOWER_A && code <= LOWER_Z) return text.replace(/[a-z]+/g, upperRun);
  }
  return text;
}

function lowerRun(letters: string): string {
  return letters.toLowerCase();
}

function upperRun(letters: string): string {
  return letters.toUpperCase();
}
