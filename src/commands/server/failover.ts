/** FAILOVER: a replica takes the primary's place. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireInteger } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const NOT_IN_PROGRESS = new ReplyError("ERR No failover in progress.");
const TIMEOUT_TOO_SHORT = new ReplyError("ERR FAILOVER timeout must be greater than 0");
const NO_REPLICAS = new ReplyError("ERR FAILOVER requires connected replicas.");

/** This server has no replicas that could take over. */
function failover(_context: CommandContext, args: Frame): never {
  if (args.argc === 2 && args.is(1, "ABORT")) throw NOT_IN_PROGRESS;
  checkOptions(args);
  throw NO_REPLICAS;
}

function checkOptions(args: Frame): void {
  let target = false, forced = false, timed = false;
  for (let i = 1; i < args.argc; i++) {
    const left = args.argc - i - 1;
    if (args.is(i, "TIMEOUT") && left > 0 && !timed) {
      if (requireInteger(args.span(++i)) <= 0) throw TIMEOUT_TOO_SHORT;
      timed = true;
    } else if (args.is(i, "TO") && left > 1 && !target) {
      requireInteger(args.span(i + 2));
      target = true;
      i += 2;
    } else if (args.is(i, "FORCE") && !forced) {
      forced = true;
    } else {
      throw SYNTAX_ERROR;
    }
  }
}

export const FAILOVER: CommandDeclaration = {
  name: "failover",
  summary: "Has a replica take this server's place",
  since: "6.2.0",
  group: "server",
  complexity: "O(1)",
  arity: -1,
  flags: ["admin", "noscript", "stale"],
  arguments: [
    block("target", [string("host"), integer("port"), token("FORCE", { optional: true })], {
      token: "TO",
      optional: true,
    }),
    token("ABORT", { optional: true }),
    integer("milliseconds", { token: "TIMEOUT", optional: true }),
  ],
  run: failover,
};
