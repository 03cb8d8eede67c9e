/** DEBUG RELOAD and LOADAOF: the data set as it comes back from disk. */

import { ReplyError } from "../../base/errors.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ServerContext } from "../context.ts";

const UNKNOWN_OPTION = new ReplyError(
  "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.",
);

/** Puts the RDB file in place of the data set, written anew unless NOSAVE is given. */
export function reload({ server, reply }: ServerContext<"reload">, args: Frame): void {
  let save = true, flush = true, merge = false;
  for (let i = 2; i < args.argc; i++) {
    if (args.is(i, "MERGE")) merge = true;
    else if (args.is(i, "NOFLUSH")) flush = false;
    else if (args.is(i, "NOSAVE")) save = false;
    else throw UNKNOWN_OPTION;
  }
  server.reload.reloadRdb({ save, flush, merge });
  reply.ok();
}

/** Puts the append-only file in place of the data set. */
export function loadAof({ propagation, reply, server }: ServerContext<"reload">): void {
  server.reload.reloadAppendOnlyFile();
  // What was replayed is in the file already.
  propagation.suppress();
  reply.ok();
}
