/** WAIT: how many replicas have what this client changed. */

import { requireInteger } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer } from "../arguments.ts";
import { requireMilliseconds } from "../blocking_timeout.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

/** This server has no replicas. */
const REPLICAS = 0;

function wait({ client, reply }: CommandContext, args: Frame): void {
  const wanted = requireInteger(args.span(1));
  const timeout = requireMilliseconds(args.span(2));
  if (wanted <= REPLICAS || !client.mayWait) {
    reply.integer(REPLICAS);
    return;
  }
  client.waitForReplicas({ timeout, timedOut: () => reply.integer(REPLICAS) });
}

export const WAIT: CommandDeclaration = {
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
