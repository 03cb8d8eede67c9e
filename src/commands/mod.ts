/** Every command there is. */

import { BITMAP_COMMANDS } from "./bitmap/mod.ts";
import { CLUSTER_COMMANDS } from "./cluster/mod.ts";
import { CONNECTION_COMMANDS } from "./connection/mod.ts";
import type { ServerContext } from "./context.ts";
import type { CommandDeclaration } from "./declaration.ts";
import { GENERIC_COMMANDS } from "./generic/mod.ts";
import { GEO_COMMANDS } from "./geo/mod.ts";
import { HASH_COMMANDS } from "./hash/mod.ts";
import { HYPERLOGLOG_COMMANDS } from "./hyperloglog/mod.ts";
import { LIST_COMMANDS } from "./list/mod.ts";
import { PUBSUB_COMMANDS } from "./pubsub/mod.ts";
import { SCRIPTING_COMMANDS } from "./scripting/mod.ts";
import { SERVER_COMMANDS } from "./server/mod.ts";
import { SET_COMMANDS } from "./set/mod.ts";
import { SORTED_SET_COMMANDS } from "./sorted_set/mod.ts";
import { STREAM_COMMANDS } from "./stream/mod.ts";
import { STRING_COMMANDS } from "./string/mod.ts";
import { TRANSACTION_COMMANDS } from "./transactions/mod.ts";

export const ALL_COMMANDS: readonly CommandDeclaration<ServerContext>[] = [
  ...BITMAP_COMMANDS,
  ...CLUSTER_COMMANDS,
  ...CONNECTION_COMMANDS,
  ...GENERIC_COMMANDS,
  ...GEO_COMMANDS,
  ...HASH_COMMANDS,
  ...LIST_COMMANDS,
  ...HYPERLOGLOG_COMMANDS,
  ...PUBSUB_COMMANDS,
  ...SCRIPTING_COMMANDS,
  ...SERVER_COMMANDS,
  ...SET_COMMANDS,
  ...SORTED_SET_COMMANDS,
  ...STREAM_COMMANDS,
  ...STRING_COMMANDS,
  ...TRANSACTION_COMMANDS,
];
