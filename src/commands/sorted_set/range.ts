/** ZRANGE, ZREVRANGE, ZRANGEBYSCORE, ZREVRANGEBYSCORE, ZRANGEBYLEX, ZREVRANGEBYLEX. */

import type { Frame } from "../../resp/frame.ts";
import { block, double, integer, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readSortedSet } from "./access.ts";
import { replyRanks } from "./reply.ts";
import { Selection, type SelectionForm } from "./selection.ts";

/** A command that replies the members which a call selects. */
function rangeCommand(form: SelectionForm): (context: CommandContext, args: Frame) => void {
  return (context, args) => {
    const { db, reply } = context;
    const selection = new Selection(args, 2, form);
    const value = readSortedSet(db, args.span(1));
    if (value === null) {
      reply.array(0);
      return;
    }
    const ranks = selection.ranks(db.store, value);
    replyRanks(context, value, ranks, selection.reverse, selection.withScores);
  };
}

const zrange = rangeCommand({});
const zrevrange = rangeCommand({ kind: "index", reverse: true });
const zrangebyscore = rangeCommand({ kind: "score", reverse: false });
const zrevrangebyscore = rangeCommand({ kind: "score", reverse: true });
const zrangebylex = rangeCommand({ kind: "lex", reverse: false });
const zrevrangebylex = rangeCommand({ kind: "lex", reverse: true });

//@ ZRANGE
//@ ZREVRANGE
//@ ZRANGEBYSCORE
//@ ZREVRANGEBYSCORE
//@ ZRANGEBYLEX
//@ ZREVRANGEBYLEX
