/** ZSCAN. */

import { Element } from "../../data/element.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, pattern } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readScanOptions, replyEmptyScan, requireScanCursor } from "../scan_options.ts";
import { readSortedSet } from "./access.ts";

function zscan(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const cursor = requireScanCursor(args.span(2));
  const value = readSortedSet(db, args.span(1));
  // As in Redis, options are not even looked at where there is no sorted set.
  if (value === null) {
    replyEmptyScan(reply);
    return;
  }
  const options = readScanOptions(args, 3);
  const { store } = db;
  const member = new Element();
  let shown = 0;
  reply.array(2);
  reply.bulkInteger(sortedSet.nextCursor(value, cursor, options.count));
  const elements = reply.deferArray();
  sortedSet.scan(store, value, cursor, options.count, (place) => {
    sortedSet.sendMember(store, value, place, member);
    if (!options.matches(member.span())) return;
    member.sendTo(reply);
    sortedSet.sendScoreText(store, value, place, reply);
    shown++;
  });
  reply.setDeferred(elements, 2 * shown);
}

//@ ZSCAN
