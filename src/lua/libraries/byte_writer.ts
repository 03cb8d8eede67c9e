/** Bytes that are written one after the other and become a byte string. */

import { byteString } from "../../base/span.ts";

/** A buffer that grows. */
export class ByteWriter {
  #bytes: Uint8Array = new Uint8Array(64);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = 0;

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /** The bytes as a byte string. */
  toString(): string {
    return byteString(this.#bytes, 0, this.#length);
  }

  /** Writes one byte. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Writes the lowest `size` bytes (1 to 4) of an integer, the highest first. */
  integer(value: number, size: number): void {
    this.#reserve(size);
    for (let i = size - 1; i >= 0; i--) {
      this.#bytes[this.#length + i] = value;
      value = value >> 8;
    }
    this.#length += size;
  }

  /** Writes a 64-bit integer, the highest byte first. */
  integer64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#length, BigInt.asUintN(64, value));
    this.#length += 8;
  }

  /** Writes a float of 4 bytes. */
  float(value: number, isLittle: boolean): void {
    this.#reserve(4);
    this.#view.setFloat32(this.#length, value, isLittle);
    this.#length += 4;
  }

  /** Writes a float of 8 bytes. */
  double(value: number, isLittle: boolean): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, isLittle);
    this.#length += 8;
  }

  /** Writes a byte string. */
  text(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length + i] = text.charCodeAt(i);
    this.#length += text.length;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
