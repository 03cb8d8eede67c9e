/** WAIT: how many replicas have what this client changed. */

import { ReplyError } from "../../base/errors.ts";
import { requireInteger } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer } from "../arguments.ts";
import { requireMilliseconds } from "../blocking_timeout.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const NOT_ON_REPLICAS = new ReplyError(
  "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a " +
    "replica is configured to be writable (which is not the default) writes to replicas are just " +
    "local and are not propagated.",
);

function wait(
  { client, reply, server }: ServerContext<"replicas" | "primaryLink">,
  args: Frame,
): void {
  const { replicas } = server;
  if (server.primaryLink.isReplica) throw NOT_ON_REPLICAS;
  const wanted = requireInteger(args.span(1));
  const timeout = requireMilliseconds(args.span(2));
  const count = replicas.countOf(client);
  if (count >= wanted || !client.mayWait) {
    reply.integer(count);
    return;
  }
  const timedOut = () => reply.integer(replicas.countOf(client));
  replicas.waitFor(client, wanted, { timeout, timedOut });
}

export const WAIT: CommandDeclaration<ServerContext<"replicas" | "primaryLink">> = {
  name: "wait",
  summary: "Waits until so many replicas have what this connection changed, and tells how many do",
  since: "3.0.0",
  group: "generic",
  complexity: "O(1)",
  arity: 3,
  flags: ["noscript"],
  categories: ["connection"],
  tips: ["request_policy:all_shards", "response_policy:agg_min"],
  arguments: [integer("numreplicas"), integer("timeout")],
  run: wait,
};
