/** Compact encodings in RDBs, old and new, as listpacks. */

import { Span } from "../base/span.ts";
import * as listpack from "../data/listpack.ts";
import { RdbType } from "./rdb_format.ts";
import type { RdbInput } from "./rdb_input.ts";
import { readZiplist, readZipmap } from "./rdb_old_encodings.ts";

const ZIPLISTS: ReadonlySet<number> = new Set([
  RdbType.ListZiplist,
  RdbType.ListQuicklist,
  RdbType.HashZiplist,
  RdbType.SortedSetZiplist,
]);

/**
 * Reads a string that is a listpack, or becomes one, in a value of a type. The listpack is sound; it is
 * valid until more is read.
 */
export function readListpack(input: RdbInput, type: number): Span {
  const blob = input.string();
  const { buffer, start, end } = blob;
  if (ZIPLISTS.has(type)) {
    const builder = new listpack.ListpackBuilder(end - start);
    if (!readZiplist(buffer, start, end, builder)) input.fail("A ziplist that is not sound");
    return Span.of(builder.finish());
  }
  if (type === RdbType.HashZipmap) {
    const builder = new listpack.ListpackBuilder(end - start);
    if (!readZipmap(buffer, start, end, builder)) input.fail("A zipmap that is not sound");
    return Span.of(builder.finish());
  }
  if (!listpack.validate(buffer, start, end)) input.fail("A listpack that is not sound");
  return blob;
}
