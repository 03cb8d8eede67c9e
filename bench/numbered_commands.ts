/** Very many commands of one shape, made quickly: only the digits of a number in them differ. */

import { encodeCommand } from "./raw_connection.ts";

const DIGITS = 8;
/** Stands for the digits until they are known. */
const PLACE = "#".repeat(DIGITS);
const ZERO = "0".charCodeAt(0);

/** A number's place in an argument of `numberedCommands`. */
export const NUMBER = PLACE;

/**
 * Commands `before` + `repeated` × `times`, with numbers from 0 up to `count` in place of `NUMBER` in
 * `repeated`: a new one for each repetition. Yields chunks of `commands` commands, each a part of one
 * buffer, which the next chunk overwrites.
 */
export function* numberedCommands(options: {
  readonly before: readonly string[];
  readonly repeated: readonly string[];
  readonly times: number;
  readonly count: number;
  readonly commands: number;
}): Generator<Uint8Array> {
  const { before, repeated, times, count, commands } = options;
  const perChunk = commands * times;
  if (count % perChunk !== 0) throw new RangeError(`${count} is no multiple of ${perChunk}`);
  const arguments_ = [...before, ...Array.from({ length: times }, () => repeated).flat()];
  const text = encodeCommand(...arguments_).repeat(commands);
  const buffer = new TextEncoder().encode(text);
  const places = Array.from(text.matchAll(new RegExp(PLACE, "g")), (match) => match.index);
  const placesPerNumber = places.length / perChunk;
  for (let next = 0; next < count;) {
    for (let at = 0; at < places.length; next++) {
      for (const end = at + placesPerNumber; at < end; at++) writeDigits(buffer, places[at], next);
    }
    yield buffer;
  }
}

function writeDigits(buffer: Uint8Array, at: number, number: number): void {
  for (let i = at + DIGITS - 1; i >= at; i--) {
    buffer[i] = ZERO + number % 10;
    number = Math.floor(number / 10);
  }
}
