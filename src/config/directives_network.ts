/** Directives about connections, clients and access. */

import {
  directive,
  INT_MAX,
  integer,
  LONG_MAX,
  memory,
  oneOf,
  path,
  text,
  UINT_MAX,
  yesNo,
} from "./directive.ts";
import { ADDRESSES, OUTPUT_BUFFER_LIMITS } from "./special_types.ts";
import { MEMORY_OR_PERCENT, PERMISSIONS } from "./value_type.ts";

const MB = 1024 * 1024;
const GB = 1024 * MB;

/** See `DIRECTIVES`. */
export const NETWORK_DIRECTIVES = {
  "bind": directive(ADDRESSES, ["*", "-::*"]),
  "bind-source-addr": text("", {
    emptyIsUnset: true,
    fixed: "Deno can't choose the address that an outgoing connection comes from",
  }),
  "port": integer(6379, 0, 65535),
  "protected-mode": yesNo("yes"),
  "tcp-backlog": integer(511, 0, INT_MAX, { immutable: true }),
  "tcp-keepalive": integer(300, 0, INT_MAX, {
    partial: "0 turns keep-alive off; Deno leaves it to the system how long a peer may be silent " +
      "(net.ipv4.tcp_keepalive_time)",
  }),
  "timeout": integer(0, 0, INT_MAX),
  "unixsocket": path("", { immutable: true, emptyIsUnset: true }),
  "unixsocketperm": directive(PERMISSIONS, 0, { immutable: true }),
  "socket-mark-id": integer(0, 0, UINT_MAX, {
    immutable: true,
    fixed: "Deno can't mark sockets for the packet filter",
  }),
  "maxclients": integer(10000, 1, UINT_MAX),
  "maxmemory-clients": directive(MEMORY_OR_PERCENT, { amount: 0, isPercent: false }),
  "client-query-buffer-limit": memory(GB, MB, LONG_MAX),
  "client-output-buffer-limit": directive(OUTPUT_BUFFER_LIMITS, {
    normal: { hard: 0, soft: 0, seconds: 0 },
    replica: { hard: 256 * MB, soft: 64 * MB, seconds: 60 },
    pubsub: { hard: 32 * MB, soft: 8 * MB, seconds: 60 },
  }),
  "proto-max-bulk-len": memory(512 * MB, MB, LONG_MAX),
  "tracking-table-max-keys": integer(1000000, 0, LONG_MAX),
  "requirepass": text("", { sensitive: true, emptyIsUnset: true, holdsNul: true }),
  "aclfile": path("", { immutable: true }),
  "acllog-max-len": integer(128, 0, LONG_MAX),
  "acl-pubsub-default": oneOf(["allchannels", "resetchannels"], "resetchannels"),
  "enable-debug-command": oneOf(["no", "yes", "local"], "no", { immutable: true }),
  "enable-module-command": oneOf(["no", "yes", "local"], "no", { immutable: true }),
  "enable-protected-configs": oneOf(["no", "yes", "local"], "no", { immutable: true }),
} as const;
