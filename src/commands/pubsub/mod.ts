/** Publish and subscribe. */

import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { PUBLISH, PUBSUB, SPUBLISH } from "./publish.ts";
import {
  PSUBSCRIBE,
  PUNSUBSCRIBE,
  SSUBSCRIBE,
  SUBSCRIBE,
  SUNSUBSCRIBE,
  UNSUBSCRIBE,
} from "./subscribe.ts";

export const PUBSUB_COMMANDS: readonly CommandDeclaration<ServerContext<"pubsub" | "cluster">>[] = [
  SUBSCRIBE,
  UNSUBSCRIBE,
  PSUBSCRIBE,
  PUNSUBSCRIBE,
  SSUBSCRIBE,
  SUNSUBSCRIBE,
  PUBLISH,
  SPUBLISH,
  PUBSUB,
];
