/**
 * What DUMP gives and RESTORE takes: a value's type and the value as in an RDB, then two bytes of the
 * RDB version and eight of a CRC-64 over all before it, the low byte first.
 */

import { Crc64 } from "../base/crc64.ts";
import type { ByteRange } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import type { Value } from "../data/value.ts";
import { RDB_VERSION } from "./rdb_format.ts";
import { RdbInput } from "./rdb_input.ts";
import { RdbOutput } from "./rdb_output.ts";
import { readValue, type ValueLimits } from "./rdb_value_reader.ts";
import { rdbTypeOf, writeValue } from "./rdb_value_writer.ts";

const VERSION_BYTES = 2;
const CHECKSUM_BYTES = 8;
/** What stands behind the data of a payload. */
export const FOOTER_BYTES: number = VERSION_BYTES + CHECKSUM_BYTES;

/** The payload of a value of a store. `compress`: see `RdbOutput`. */
export function createPayload(store: ByteStore, value: Value, compress: boolean): Uint8Array {
  const output = new RdbOutput(compress);
  output.byte(rdbTypeOf(value));
  writeValue(output, store, value);
  writeFooter(output);
  return output.bytes;
}

/** Ends a payload, which is all that `output` holds. */
export function writeFooter(output: RdbOutput): void {
  output.byte(RDB_VERSION & 0xff);
  output.byte(RDB_VERSION >> 8);
  const checksum = new Uint8Array(CHECKSUM_BYTES);
  new Crc64().update(output.bytes, 0, output.length).write(checksum, 0);
  output.raw(checksum, 0, CHECKSUM_BYTES);
}

/** How many bytes a value takes in an RDB, its type not counted. */
export function serializedLength(store: ByteStore, value: Value, compress: boolean): number {
  const output = new RdbOutput(compress);
  writeValue(output, store, value);
  return output.length;
}

/**
 * Whether a payload ends as it should: a version that is known, and the right checksum unless
 * `skipsChecksum`.
 */
export function isPayload({ buffer, start, end }: ByteRange, skipsChecksum = false): boolean {
  if (end - start < FOOTER_BYTES) return false;
  const footer = end - FOOTER_BYTES, sum = end - CHECKSUM_BYTES;
  if ((buffer[footer] | buffer[footer + 1] << 8) > RDB_VERSION) return false;
  return skipsChecksum || new Crc64().update(buffer, start, sum).equals(buffer, sum);
}

/**
 * Reads the value of a payload that `isPayload` is right about into a store; null for an aggregate
 * without elements. What is wrong and clear all the same is put right if it `mends`, and refused else.
 * Throws `RdbError`.
 */
export function readPayload(
  { buffer, start, end }: ByteRange,
  store: ByteStore,
  limits: ValueLimits,
  mends = false,
): Value | null {
  // As in Redis nobody looks where the value ends, in front of the footer or within it.
  const input = RdbInput.ofBytes(buffer, start, end, mends);
  return readValue(input, input.byte(), store, limits);
}
