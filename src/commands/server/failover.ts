/** FAILOVER: a replica takes the primary's place. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireInteger } from "../../base/numbers.ts";
import { spanString } from "../../base/span.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, string, token } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { FailoverOptions } from "../views/replicas.ts";

const NOT_IN_PROGRESS = new ReplyError("ERR No failover in progress.");
const TIMEOUT_TOO_SHORT = new ReplyError("ERR FAILOVER timeout must be greater than 0");

const IN_CLUSTER = new ReplyError(
  "ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.",
);

function failover({ server, reply, settings }: ServerContext<"failover">, args: Frame): void {
  if (settings["cluster-enabled"]) throw IN_CLUSTER;
  if (args.argc === 2 && args.is(1, "ABORT")) {
    if (!server.failover.abort()) throw NOT_IN_PROGRESS;
  } else {
    server.failover.begin(requireOptions(args));
  }
  reply.ok();
}

function requireOptions(args: Frame): FailoverOptions {
  let target: FailoverOptions["target"] = null, force = false, timeout: number | null = null;
  for (let i = 1; i < args.argc; i++) {
    const left = args.argc - i - 1;
    if (args.is(i, "TIMEOUT") && left > 0 && timeout === null) {
      timeout = Number(requireInteger(args.span(++i)));
      if (timeout <= 0) throw TIMEOUT_TOO_SHORT;
    } else if (args.is(i, "TO") && left > 1 && target === null) {
      const port = Number(requireInteger(args.span(i + 2)));
      target = { host: spanString(args.span(i + 1)), port };
      i += 2;
    } else if (args.is(i, "FORCE") && !force) {
      force = true;
    } else {
      throw SYNTAX_ERROR;
    }
  }
  return { target, force, timeout };
}

export const FAILOVER: CommandDeclaration<ServerContext<"failover">> = {
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
