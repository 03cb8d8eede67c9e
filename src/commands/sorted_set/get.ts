/** ZCARD, ZSCORE, ZMSCORE, ZRANK, ZREVRANK: a sorted set asked for single members, or for how many it has. */

import { Span } from "../../base/span.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readSortedSet } from "./access.ts";

function zcard(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSortedSet(db, args.span(1));
  reply.integer(value === null ? 0 : sortedSet.size(db.store, value));
}

function zscore(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSortedSet(db, args.span(1));
  const place = value === null ? sortedSet.NONE : sortedSet.find(db.store, value, args.span(2));
  if (value === null || place === sortedSet.NONE) reply.null();
  else reply.double(sortedSet.score(db.store, value, place));
}

function zmscore(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSortedSet(db, args.span(1));
  const member = new Span();
  reply.array(args.argc - 2);
  for (let i = 2; i < args.argc; i++) {
    args.spanInto(i, member);
    const place = value === null ? sortedSet.NONE : sortedSet.find(db.store, value, member);
    if (value === null || place === sortedSet.NONE) reply.null();
    else reply.double(sortedSet.score(db.store, value, place));
  }
}

function zrank(context: CommandContext, args: Frame): void {
  replyRank(context, args, false);
}

function zrevrank(context: CommandContext, args: Frame): void {
  replyRank(context, args, true);
}

function replyRank({ db, reply }: CommandContext, args: Frame, reverse: boolean): void {
  const value = readSortedSet(db, args.span(1));
  const place = value === null ? sortedSet.NONE : sortedSet.find(db.store, value, args.span(2));
  if (value === null || place === sortedSet.NONE) {
    reply.null();
    return;
  }
  const rank = sortedSet.rankOf(db.store, value, place);
  reply.integer(reverse ? sortedSet.size(db.store, value) - 1 - rank : rank);
}

//@ ZCARD
//@ ZSCORE
//@ ZMSCORE
//@ ZRANK
//@ ZREVRANK
