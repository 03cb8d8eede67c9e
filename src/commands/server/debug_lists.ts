/** DEBUG QUICKLIST-PACKED-THRESHOLD: which elements of lists are plain nodes. */

import { ReplyError } from "../../base/errors.ts";
import { DEBUG_DEFAULTS, parseMemory } from "../../config/mod.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ServerContext } from "../context.ts";

const THRESHOLD = "quicklist-packed-threshold";
/** The largest threshold that Redis takes, in bytes. */
const LARGEST = 2n ** 32n - 2n ** 20n;

const NO_THRESHOLD = new ReplyError(
  "ERR argument must be a memory value bigger than 1 and smaller than 4gb",
);

/** Sets from how many bytes on, with an optional unit, elements are plain nodes; 0: the default. */
export function setPackedThreshold(
  { server, reply }: ServerContext<"configuration">,
  args: Frame,
): void {
  const bytes = parseMemory(args.shownText(2));
  if (bytes === undefined || bytes > LARGEST) throw NO_THRESHOLD;
  server.configuration.assignDebug(THRESHOLD, Number(bytes) || DEBUG_DEFAULTS[THRESHOLD]);
  reply.ok();
}
