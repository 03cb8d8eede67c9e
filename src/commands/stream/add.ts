/** XADD. */

import { ReplyError } from "../../base/errors.ts";
import { contentLength, LARGEST_NODE, type Stream } from "../../data/stream.ts";
import {
  addWrapped,
  compareIds,
  formatId,
  generateId,
  isMinId,
  makeId,
  MAX_ID,
  type StreamId,
  UNSIGNED_MAX,
} from "../../data/stream_id.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { addStream, writeStream } from "./access.ts";
import { isCharacter, type NewId, replyId, requireNewId } from "./ids.ts";
import { propagatedArguments, TRIM_ARGUMENTS, TrimOptions } from "./trim.ts";

const ZERO_ID = new ReplyError("ERR The ID specified in XADD must be greater than 0-0");
const SMALL_ID = new ReplyError(
  "ERR The ID specified in XADD is equal or smaller than the target stream top item",
);
const NO_MORE_IDS = new ReplyError(
  "ERR The stream has exhausted the last possible ID, unable to add more items",
);
const TOO_LARGE = new ReplyError("ERR Elements are too large to be stored");

function xadd(context: CommandContext, args: Frame): void {
  const { db, keyspace, propagation, reply, settings } = context;
  const options = new TrimOptions();
  let noMakeStream = false;
  let given: NewId | null = null;
  let idAt = 2;
  for (; idAt < args.argc && !isCharacter(args.span(idAt), "*");) {
    const next = options.read(args, idAt);
    if (next > idAt) {
      idAt = next;
    } else if (args.is(idAt, "NOMKSTREAM")) {
      noMakeStream = true;
      idAt++;
    } else {
      given = requireNewId(args.span(idAt));
      break;
    }
  }
  const trim = options.finish(context, false);
  const first = idAt + 1;
  if (args.argc - first < 2 || (args.argc - first) % 2 === 1) {
    throw new ReplyError("ERR wrong number of arguments for 'xadd' command");
  }
  if (given !== null && given.seq !== null && isMinId({ ms: given.ms, seq: given.seq })) {
    throw ZERO_ID;
  }

  const key = args.span(1);
  let stream = writeStream(db, key);
  if (stream === null) {
    if (noMakeStream) {
      reply.null();
      return;
    }
    stream = addStream(db, key);
  }
  const id = chooseId(stream, given, keyspace.now);
  if (contentLength(args, first) > LARGEST_NODE) throw TOO_LARGE;
  stream.append(id, args, first, settings);
  replyId(reply, id);
  db.changed(key, EventClass.Stream, "xadd");
  if (trim !== null && stream.trim(trim) > 0) db.notify(EventClass.Stream, "xtrim", key);

  const isChosen = given === null || given.seq === null;
  if ((isChosen || trim?.approximate) && propagation.isHeard) {
    const propagated = propagatedArguments(args);
    options.rewrite(propagated, stream);
    if (isChosen) propagated[idAt] = formatId(id);
    propagation.replace(...propagated);
  }
  keyspace.observer.keyReady(db, key);
}

/** The ID of the new entry, `given` as far as it is. Throws where there is none. */
function chooseId(stream: Stream, given: NewId | null, now: number): StreamId {
  const { lastId } = stream;
  if (compareIds(lastId, MAX_ID) === 0) throw NO_MORE_IDS;
  if (given === null) {
    const id = generateId(lastId, now);
    if (id === null) throw NO_MORE_IDS;
    return id;
  }
  const { ms } = given;
  let { seq } = given;
  if (seq === null) {
    if (ms === lastId.ms && lastId.seq === UNSIGNED_MAX) throw SMALL_ID;
    seq = ms === lastId.ms ? addWrapped(lastId.seq, 1) : 0;
  }
  const id = makeId(ms, seq);
  if (compareIds(id, lastId) <= 0) throw SMALL_ID;
  return id;
}

export const XADD: CommandDeclaration = {
  name: "xadd",
  summary: "Appends an entry to a stream, which is created where it does not exist",
  since: "5.0.0",
  group: "stream",
  complexity: "O(1); O(N) when trimming, N being the number of entries removed.",
  arity: -5,
  flags: ["write", "denyoom", "fast"],
  // Who trims gives a strategy and a threshold, and an ID, a field and a value as everybody.
  quickUpTo: 6,
  categories: ["stream"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RW", "update"], "More than an insertion, as it may trim the stream")],
  arguments: [
    key(),
    token("NOMKSTREAM", { since: "6.2.0", optional: true }),
    block("trim", TRIM_ARGUMENTS, { optional: true }),
    oneOf("id_or_auto", [token("*", { name: "auto_id" }), string("id")]),
    block("field_value", [string("field"), string("value")], { multiple: true }),
  ],
  history: [
    ["6.2.0", "Takes `NOMKSTREAM`, `MINID` and `LIMIT`."],
    ["7.0.0", "Takes IDs of the form `<ms>-*`."],
  ],
  run: xadd,
};
