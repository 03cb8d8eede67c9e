/** Memory that is free at once, and not when the garbage collector comes by. */

/** Empties a buffer that nobody refers to any more. */
export function freeBuffer(buffer: ArrayBufferLike): void {
  (buffer as ArrayBuffer).transfer(0);
}
