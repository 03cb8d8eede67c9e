/** DEBUG POPULATE: many keys at once. */

import { allocateBytes } from "../../base/allocate.ts";
import { LOADING, OutOfMemory } from "../../base/errors.ts";
import { requirePositive } from "../../base/numbers.ts";
import { bytesOf, Span } from "../../base/span.ts";
import { Encoding } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { exceedsMemory } from "../../observe/process.ts";
import type { Frame } from "../../resp/frame.ts";
import type { CommandContext } from "../context.ts";

/** Longer strings are kept as raw ones. */
const LONGEST_EMBSTR = 44;

/** No key takes less, in bytes. */
const LEAST_PER_KEY = 32;

/** Makes keys that do not exist yet; neither the append-only file nor replicas hear of them. */
export function populate({ db, keyspace, reply }: CommandContext, args: Frame): void {
  // A file that is loaded takes the keys for its own, and is refused as damaged: Redis crashes here.
  if (keyspace.loading.isHeld) throw LOADING;
  const count = requirePositive(args.span(2));
  const prefix = args.argc > 3 ? args.string(3) : "key";
  const size = args.argc > 4 ? requirePositive(args.span(4)) : 0;
  if (exceedsMemory(count * (LEAST_PER_KEY + size))) {
    throw new OutOfMemory(`OOM there is no memory for ${count} keys`);
  }
  for (let i = 0; i < count; i++) {
    const key = Span.ofString(`${prefix}:${i}`);
    if (db.lookupWrite(key) !== NO_ROW) continue;
    const text = fitted(bytesOf(`value:${i}`), size);
    const encoding = text.length <= LONGEST_EMBSTR ? Encoding.Embstr : Encoding.Raw;
    db.setString(NO_ROW, key, Span.of(text), encoding);
    keyspace.observer.keyChanged(db, key);
  }
  reply.ok();
}

/** The bytes, cut or filled up with zeros to `size`; 0: as they are. */
function fitted(bytes: Uint8Array, size: number): Uint8Array {
  if (size === 0) return bytes;
  const value = allocateBytes(size);
  value.set(bytes.subarray(0, size));
  return value;
}
