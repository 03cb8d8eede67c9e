/** REPLICAOF, and SLAVEOF as it was called: makes the server a replica of another one, or of none. */

import { ReplyError } from "../../base/errors.ts";
import { toLowerAscii } from "../../base/ascii.ts";
import { untilNul } from "../../base/c_string.ts";
import { requireInteger } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, oneOf, string, token } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const IN_CLUSTER = new ReplyError("ERR REPLICAOF not allowed in cluster mode.");
const IS_REPLICA = new ReplyError("ERR Command is not valid when client is a replica.");
const FAILING_OVER = new ReplyError("ERR REPLICAOF not allowed while failing over.");
const BAD_PORT = new ReplyError("ERR Invalid master port");

function replicaOf(
  { server, client, reply, settings }: ServerContext<"primaryLink" | "failover" | "log">,
  args: Frame,
): void {
  const { primaryLink, failover, log } = server;
  if (settings["cluster-enabled"]) throw IN_CLUSTER;
  if (failover.isUnderWay) throw FAILING_OVER;
  if (args.is(1, "NO") && args.is(2, "ONE")) {
    if (primaryLink.primary !== null) {
      primaryLink.standAlone();
      log.notice(`MASTER MODE enabled (user request from '${client.describe()}')`);
    }
    return reply.ok();
  }
  if (client.type === "replica") throw IS_REPLICA;
  const port = requireInteger(args.span(2), BAD_PORT);
  if (port < 0 || port > 65535) throw BAD_PORT;
  const host = untilNul(args.string(1)), { primary } = primaryLink;
  const isSame = primary !== null && toLowerAscii(primary.host) === toLowerAscii(host) &&
    primary.port === Number(port);
  if (isSame) {
    log.notice(
      "REPLICAOF would result into synchronization with the master we are already connected with. No " +
        "operation performed.",
    );
    return reply.simple("OK Already connected to specified master");
  }
  primaryLink.follow(host, Number(port));
  log.notice(`REPLICAOF ${host}:${port} enabled (user request from '${client.describe()}')`);
  reply.ok();
}

export const REPLICAOF: CommandDeclaration<ServerContext> = {
  name: "replicaof",
  summary: "Makes the server a replica of another one, or with NO ONE a primary",
  since: "5.0.0",
  group: "server",
  complexity: "O(1)",
  arity: 3,
  flags: ["admin", "noscript", "stale", "no_async_loading"],
  arguments: [
    oneOf("args", [
      block("host-port", [string("host"), integer("port")]),
      block("no-one", [token("NO"), token("ONE")]),
    ]),
  ],
  run: replicaOf,
};

export const SLAVEOF: CommandDeclaration<ServerContext> = {
  ...REPLICAOF,
  name: "slaveof",
  summary: "Makes the server a replica of another one, or with NO ONE a primary",
  since: "1.0.0",
  deprecated: { since: "5.0.0", replacedBy: "`REPLICAOF`" },
};
