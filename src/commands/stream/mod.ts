/** The stream commands. */

import type { CommandDeclaration } from "../declaration.ts";
import { XADD } from "./add.ts";
import { XDEL, XSETID } from "./change.ts";
import { XAUTOCLAIM, XCLAIM } from "./claim.ts";
import { XGROUP } from "./group.ts";
import { XINFO } from "./info.ts";
import { XACK, XPENDING } from "./pending.ts";
import { XLEN, XRANGE, XREVRANGE } from "./range.ts";
import { XREAD, XREADGROUP } from "./read.ts";
import { XTRIM } from "./trim.ts";

/** Every command of the stream group. */
export const STREAM_COMMANDS: readonly CommandDeclaration[] = [
  XACK,
  XADD,
  XAUTOCLAIM,
  XCLAIM,
  XDEL,
  XGROUP,
  XINFO,
  XLEN,
  XPENDING,
  XRANGE,
  XREAD,
  XREADGROUP,
  XREVRANGE,
  XSETID,
  XTRIM,
];
