/** DEBUG REPLYBUFFER: how clients' reply buffers get their sizes. */

import { requireInteger } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ServerContext } from "../context.ts";
import { subcommandSyntaxError } from "../help.ts";
import type { ReplyBuffersView } from "../views/debug.ts";
import { looseNumber } from "./debug_arguments.ts";

const NEVER = -1;

/** `PEAK-RESET-TIME <NEVER|RESET|milliseconds>` or `RESIZING <0|1>`. */
export function setReplyBuffers(context: ServerContext<"debug">, args: Frame): void {
  const { replyBuffers } = context.server.debug;
  if (args.is(2, "PEAK-RESET-TIME")) {
    replyBuffers.peakResetTime = peakResetTime(replyBuffers, args);
  } else if (args.is(2, "RESIZING")) {
    replyBuffers.resizes = looseNumber(args, 3) !== 0;
  } else {
    throw subcommandSyntaxError(args);
  }
  context.reply.ok();
}

function peakResetTime({ defaultPeakResetTime }: ReplyBuffersView, args: Frame): number {
  if (args.is(3, "NEVER")) return NEVER;
  if (args.is(3, "RESET")) return defaultPeakResetTime;
  return Number(requireInteger(args.span(3)));
}
