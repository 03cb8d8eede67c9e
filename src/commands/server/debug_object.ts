/** DEBUG OBJECT, LISTPACK and QUICKLIST: how values are kept. */

import { NO_SUCH_KEY, ReplyError } from "../../base/errors.ts";
import { formatFixed } from "../../base/float_format.ts";
import { byteString, spanString } from "../../base/span.ts";
import type { ByteStore } from "../../data/byte_store.ts";
import { Element } from "../../data/element.ts";
import { type ElementSink, sendEntry } from "../../data/element_sink.ts";
import * as list from "../../data/list_value.ts";
import * as listpack from "../../data/listpack.ts";
import type { Quicklist } from "../../data/quicklist.ts";
import { END } from "../../data/quicklist_chain.ts";
import { Encoding, ENCODING_NAMES, Value, ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { serializedLength } from "../../persistence/rdb_payload.ts";
import type { Frame } from "../../resp/frame.ts";
import { isShared } from "../generic/object.ts";
import type { CommandContext } from "../context.ts";
import { looseNumber } from "./debug_arguments.ts";

const NO_LISTPACK = new ReplyError("ERR Not a listpack encoded object.");
const NO_QUICKLIST = new ReplyError("ERR Not a quicklist encoded object.");

/** What Redis answers for one of its integers that all keys share. */
const SHARED = 2147483647;
/** Redis keeps 24 bits of the time of a key's last use. */
const LRU_MASK = 0xffffff;

function requireRow({ db }: CommandContext, args: Frame): number {
  const row = db.peek(args.span(2));
  if (row === NO_ROW) throw NO_SUCH_KEY;
  return row;
}

/** Replies a line about a value. */
export function object(context: CommandContext, args: Frame): void {
  const { db, keyspace, reply, settings } = context;
  const row = requireRow(context, args);
  const value = db.load(row, new Value());
  const access = db.accessOf(row);
  // There are no addresses here; where the value is in its store says as much.
  const address = (value.object === null ? value.ref : row).toString(16).padStart(12, "0");
  const fields: [string, string | number][] = [
    ["Value at", `0x${address}`],
    ["refcount", isShared(context, row) ? SHARED : 1],
    ["encoding", ENCODING_NAMES[value.encoding]],
    ["serializedlength", serializedLength(db.store, value, settings.rdbcompression)],
    ["lru", access & LRU_MASK],
    ["lru_seconds_idle", keyspace.accessClock.idleSeconds(access)],
  ];
  if (value.type === ValueType.List) {
    const { nodes, bytes } = measureList(db.store, value);
    fields.push(
      ["ql_nodes", nodes],
      ["ql_avg_node", formatFixed(list.length(db.store, value) / nodes, 2)],
      ["ql_listpack_max", settings["list-max-listpack-size"]],
      // Nodes in the middle are not compressed here, whatever list-compress-depth says.
      ["ql_compressed", 0],
      ["ql_uncompressed_size", bytes],
    );
  }
  reply.simple(fields.map(([name, content]) => `${name}:${content}`).join(" "));
}

/** Of how many nodes a list is made, and their bytes. */
function measureList(store: ByteStore, value: Value): { nodes: number; bytes: number } {
  let count = 0, bytes = 0;
  for (const node of nodesOf(store, value)) {
    count++;
    bytes += bytesOf(node);
  }
  return { nodes: count, bytes };
}

/** Bytes in a store. */
interface Blob {
  readonly store: ByteStore;
  readonly ref: number;
}

/** A node of a list. */
interface Node extends Blob {
  readonly isPlain: boolean;
}

/** The bytes of a node, of a plain one those of its element. */
function bytesOf({ store, ref, isPlain }: Node): number {
  if (!isPlain) return store.length(ref);
  const element = new Element();
  sendEntry(store.buffer(ref), store.offset(ref) + listpack.FIRST_POSITION, element);
  return element.span().length;
}

/** The nodes that a list is made of. */
function* nodesOf(store: ByteStore, value: Value): Iterable<Node> {
  if (value.encoding === Encoding.QuicklistNode) {
    yield { store, ref: value.ref, isPlain: false };
    return;
  }
  const { nodes, store: own } = value.object as Quicklist;
  for (let node = nodes.first; node !== END; node = nodes.next(node)) {
    yield { store: own, ref: nodes.ref(node), isPlain: nodes.isPlain(node) };
  }
}

/** Gathers entries as text. */
class EntryTexts implements ElementSink {
  readonly texts: string[] = [];

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    this.texts.push(JSON.stringify(byteString(buffer, start, end)));
  }

  bulkInteger(value: number | bigint): void {
    this.texts.push(String(value));
  }
}

/** Prints the entries of the listpack that holds a value. */
export function printListpack(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = db.load(requireRow(context, args), new Value());
  if (value.encoding !== Encoding.Listpack) throw NO_LISTPACK;
  const blob: Blob = { store: db.store, ref: value.ref };
  const title = `${spanString(args.span(2))}: listpack`;
  console.log(describeListpack(title, blob, db.store.length(value.ref), true).join("\n"));
  reply.simple("Listpack structure printed on stdout");
}

/** Prints the nodes that a list is made of, with their entries where a third argument is not 0. */
export function printQuicklist(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = db.load(requireRow(context, args), new Value());
  if (value.type !== ValueType.List) throw NO_QUICKLIST;
  const withEntries = args.argc === 4 && looseNumber(args, 3) !== 0;
  const lines = [`${spanString(args.span(2))}: ${list.length(db.store, value)} elements`];
  let number = 0;
  for (const node of nodesOf(db.store, value)) {
    const title = `${node.isPlain ? "plain " : ""}node ${++number}`;
    lines.push(...describeListpack(title, node, bytesOf(node), withEntries));
  }
  console.log(lines.join("\n"));
  reply.simple("Quicklist structure printed on stdout");
}

function describeListpack(
  title: string,
  { store, ref }: Blob,
  bytes: number,
  withEntries: boolean,
): string[] {
  const buffer = store.buffer(ref), base = store.offset(ref);
  const lines = [`{${title} of ${bytes} bytes}`];
  if (!withEntries) return lines;
  const entries = new EntryTexts();
  for (
    let at = listpack.FIRST_POSITION;
    !listpack.atEnd(buffer, base, at);
    at = listpack.nextPosition(buffer, base, at)
  ) {
    sendEntry(buffer, base + at, entries);
    lines.push(`{${entries.texts.length - 1} at ${at}: ${entries.texts.at(-1)}}`);
  }
  return lines;
}
