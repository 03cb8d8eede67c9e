/** LMOVE, RPOPLPUSH. */

import { formatInteger } from "../../base/numbers.ts";
import { type ByteRange, copyBytes, spansEqual } from "../../base/span.ts";
import type { ByteStore } from "../../data/byte_store.ts";
import type { ElementSink } from "../../data/element_sink.ts";
import * as list from "../../data/list_value.ts";
import { Value, ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, oneOf, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeTyped } from "../lookup.ts";
import { popEvent, pushEvent, requireEnd, saveShortened } from "./access.ts";

/** Elements up to so many bytes are copied to memory that is there. */
const KEPT_BYTES = 1024;

/** An element on its way from one list to another, which may be the same. */
class MovedElement implements ElementSink, ByteRange {
  readonly #kept = new Uint8Array(KEPT_BYTES);
  buffer = this.#kept;
  readonly start = 0;
  end = 0;

  /** Takes the element at an end of a list out of it. */
  take(store: ByteStore, value: Value, from: list.ListEnd, limits: list.ListLimits): void {
    list.sendEnd(store, value, from, this);
    list.remove(store, value, from, 1, limits);
  }

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    this.end = end - start;
    if (this.end > KEPT_BYTES) this.buffer = buffer.slice(start, end);
    else copyBytes(buffer, start, end, this.buffer, 0);
  }

  bulkInteger(value: number | bigint): void {
    this.end = formatInteger(value, this.buffer, 0);
  }

  /** Lets go of a large element. */
  clear(): void {
    this.buffer = this.#kept;
  }
}

/** Means nothing outside of a call. */
const MOVED = new MovedElement();

/**
 * Moves an element from an end of one list to an end of another one, or of the same, and replies it. The
 * source is the list at `row`; the destination is created where it does not exist. Throws `WRONGTYPE`.
 */
export function moveElement(
  context: CommandContext,
  row: number,
  source: ByteRange,
  destination: ByteRange,
  from: list.ListEnd,
  to: list.ListEnd,
): void {
  const { db, reply } = context;
  const { settings } = context;
  if (spansEqual(source, destination)) {
    // Looked up once as the source and once as the destination: two uses of the key.
    row = db.lookupWrite(destination);
    const value = db.load(row);
    MOVED.take(db.store, value, from, settings);
    list.push(db.store, value, to, MOVED, settings);
    db.save(row, value);
    db.changed(destination, EventClass.List, pushEvent(to), 0);
    db.changed(source, EventClass.List, popEvent(from));
  } else {
    let target = writeTyped(db, destination, ValueType.List);
    if (target === NO_ROW) target = db.add(destination, list.create(db.store, new Value()));
    // To look a key up, or to add one, may have moved the other's row.
    row = db.peek(source);
    const taken = db.load(row, new Value());
    MOVED.take(db.store, taken, from, settings);
    const value = db.load(target);
    list.push(db.store, value, to, MOVED, settings);
    db.save(target, value);
    db.changed(destination, EventClass.List, pushEvent(to), 0);
    saveShortened(db, row, source, taken, popEvent(from), 1);
  }
  reply.bulk(MOVED);
  MOVED.clear();
}

function move(context: CommandContext, args: Frame, from: list.ListEnd, to: list.ListEnd): void {
  const source = args.span(1);
  const row = writeTyped(context.db, source, ValueType.List);
  if (row === NO_ROW) context.reply.null();
  else moveElement(context, row, source, args.span(2), from, to);
}

function lmove(context: CommandContext, args: Frame): void {
  move(context, args, requireEnd(args, 3), requireEnd(args, 4));
}

function rpoplpush(context: CommandContext, args: Frame): void {
  move(context, args, "tail", "head");
}

export const LMOVE: CommandDeclaration = {
  name: "lmove",
  summary: "Moves an element from an end of a list to an end of another one, and replies it",
  since: "6.2.0",
  group: "list",
  complexity: "O(1)",
  arity: 5,
  flags: ["write", "denyoom"],
  traits: ["quick"],
  categories: ["list"],
  keys: [keyAt(1, ["RW", "access", "delete"]), keyAt(2, ["RW", "insert"])],
  arguments: [
    key("source"),
    key("destination", { keySpecIndex: 1 }),
    oneOf("wherefrom", [token("LEFT"), token("RIGHT")]),
    oneOf("whereto", [token("LEFT"), token("RIGHT")]),
  ],
  run: lmove,
};

export const RPOPLPUSH: CommandDeclaration = {
  name: "rpoplpush",
  summary: "Moves the last element of a list to the head of another one, and replies it",
  since: "1.2.0",
  group: "list",
  complexity: "O(1)",
  arity: 3,
  flags: ["write", "denyoom"],
  traits: ["quick"],
  categories: ["list"],
  keys: [keyAt(1, ["RW", "access", "delete"]), keyAt(2, ["RW", "insert"])],
  arguments: [key("source"), key("destination", { keySpecIndex: 1 })],
  deprecated: { since: "6.2.0", replacedBy: "`LMOVE` with the `RIGHT` and `LEFT` arguments" },
  run: rpoplpush,
};
