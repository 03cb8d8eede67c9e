/** DEBUG RELOAD and LOADAOF: the data set as it comes back from disk. */

import { ReplyError } from "../../base/errors.ts";
import type { Frame } from "../../resp/frame.ts";
import type { CommandContext } from "../context.ts";

const UNKNOWN_OPTION = new ReplyError(
  "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.",
);

export function reload({ server, reply }: CommandContext, args: Frame): void {
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

export function loadAof({ server, reply }: CommandContext): void {
  server.reload.reloadAppendOnlyFile();
  // What was replayed is in the file already.
  server.propagation.suppress();
  reply.ok();
}
