/** In place of `src/base/free_buffer.ts`: Node 20 has no `ArrayBuffer.transfer`. */

/** Empties a buffer that nobody refers to any more; on Node 20 the garbage collector does, when it comes by. */
export function freeBuffer(buffer: ArrayBufferLike): void {
  if ("transfer" in ArrayBuffer.prototype) (buffer as ArrayBuffer).transfer(0);
}
