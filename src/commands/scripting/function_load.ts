/** FUNCTION LOAD, DELETE and FLUSH. */

import { ReplyError } from "../../base/errors.ts";
import { copySpan } from "../../base/span.ts";
import type { Frame } from "../../resp/frame.ts";
import type { CommandContext } from "../context.ts";
import { subcommandSyntaxError } from "../help.ts";

const FLUSH_MODE = new ReplyError("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");

/** Runs FUNCTION LOAD. */
export function functionLoad({ client, keyspace, reply }: CommandContext, args: Frame): void {
  const last = args.argc - 1;
  for (let i = 2; i < last; i++) {
    if (!args.is(i, "REPLACE")) {
      throw new ReplyError(`ERR Unknown option given: ${args.shownText(i)}`);
    }
  }
  const name = keyspace.libraries.load(copySpan(args.span(last)), {
    replaces: last > 2,
    isLimited: !client.mustObey,
  });
  keyspace.dirty++;
  reply.bulkString(name);
}

/** Runs FUNCTION DELETE. */
export function functionDelete({ keyspace, reply }: CommandContext, args: Frame): void {
  keyspace.libraries.delete(args.string(2));
  keyspace.dirty++;
  reply.ok();
}

/** Runs FUNCTION FLUSH. */
export function functionFlush({ keyspace, reply }: CommandContext, args: Frame): void {
  if (args.argc > 3) throw subcommandSyntaxError(args);
  if (args.argc === 3 && !args.is(2, "SYNC") && !args.is(2, "ASYNC")) throw FLUSH_MODE;
  keyspace.libraries.clear();
  keyspace.dirty++;
  reply.ok();
}
