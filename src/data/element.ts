/** One element of a collection, as a compact encoding or a table hands it over. */

import { formatInteger, INTEGER_TEXT_MAX } from "../base/numbers.ts";
import { EMPTY, Span } from "../base/span.ts";
import type { ElementSink } from "./element_sink.ts";

/**
 * A sink that keeps the last element which it was given: bytes where they lie, or an integer. Reused
 * from element to element; valid until the collection changes.
 */
export class Element implements ElementSink {
  /** Whether it is stored as an integer. */
  isInteger = false;
  /** The integer if `isInteger`: a number if it is safe, else a bigint. */
  integer: number | bigint = 0;
  readonly #span = new Span();
  #text: Uint8Array | null = null;

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    this.isInteger = false;
    this.#span.set(buffer, start, end);
  }

  bulkInteger(value: number | bigint): void {
    this.isInteger = true;
    this.integer = value;
  }

  /** The element's bytes: the string where it lies, or the integer in decimal. */
  span(): Span {
    if (!this.isInteger) return this.#span;
    const text = this.#text ??= new Uint8Array(INTEGER_TEXT_MAX);
    return this.#span.set(text, 0, formatInteger(this.integer, text, 0));
  }

  /** Hands the element on. */
  sendTo(sink: ElementSink): void {
    if (this.isInteger) sink.bulkInteger(this.integer);
    else sink.bulkBytes(this.#span.buffer, this.#span.start, this.#span.end);
  }

  /** Lets go of the bytes that it points into, which nothing else may need any more. */
  clear(): void {
    this.bulkBytes(EMPTY, 0, 0);
  }
}
