/**
 * Large arrays that are not needed any more, until their memory is given back. The garbage collector sees to
 * that at its next look through the whole heap, and while the heap hardly grows there is none for minutes.
 *
 * They are given back a little later than they are freed: in the turn in which a value goes others may still
 * read its bytes (what follows in the same command, a reply, what is propagated). Who reads longer holds them
 * all back. One list for the process, as memory is the process'.
 */

import { setImmediate } from "node:timers";
import { freeBuffer } from "../base/free_buffer.ts";
import { Hold } from "../base/hold.ts";

/** Smaller ones are left to the garbage collector. */
const SMALLEST = 1024 * 1024;
/** With so many bytes they don't wait for the next call, but only for the end of the turn. */
const MANY = 64 * 1024 * 1024;
/** So many may wait, beside the last one: a script can free more in one turn. The collector has the rest. */
const MOST_WAITING = 512 * 1024 * 1024;

const waiting: Uint8Array[] = [];
let waitingBytes = 0;
let endsTurn = false;

/** While this is held, arrays that were freed are still read: by a snapshot. */
export const freedArraysInUse: Hold = new Hold();

/** Says that nobody needs an array after this turn of the event loop, nor any other view of its memory. */
export function freeArray(bytes: Uint8Array): void {
  const size = bytes.buffer.byteLength;
  if (size < SMALLEST) return;
  while (waiting.length > 0 && waitingBytes > MOST_WAITING) {
    waitingBytes -= (waiting.shift() as Uint8Array).buffer.byteLength;
  }
  waiting.push(bytes);
  waitingBytes += size;
  if (waitingBytes <= MANY || endsTurn) return;
  endsTurn = true;
  setImmediate(() => {
    endsTurn = false;
    releaseFreedArrays();
  });
}

/** Gives the memory of what was freed back to the system; to be called in a turn in which nothing reads. */
export function releaseFreedArrays(): void {
  if (waiting.length === 0 || freedArraysInUse.isHeld) return;
  // 300 MB take some 20 ms, as in redis-server.
  for (const { buffer } of waiting) freeBuffer(buffer);
  waiting.length = waitingBytes = 0;
}
