/** Elements copied out of a collection. */

import { bytesOf } from "../base/span.ts";
import type { ElementSink } from "./element_sink.ts";

/** Gathers copies of the elements that it is handed. */
export class ElementList implements ElementSink {
  readonly elements: Uint8Array[] = [];

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    this.elements.push(buffer.slice(start, end));
  }

  bulkInteger(value: number | bigint): void {
    this.elements.push(bytesOf(String(value)));
  }
}
