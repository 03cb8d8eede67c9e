/** How directives take effect: at start, and when CONFIG SET changes them. */

import { DIRECTIVE_NAMES } from "../config/directives.ts";
import { type Configuration, remarkOn, ValueError } from "../config/mod.ts";
import type { Access } from "../execution/access.ts";
import type { CallObservers } from "../execution/call_observers.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Cron } from "./cron.ts";
import type { Memory } from "./memory.ts";
import { followMaxClients, type OpenFilesParts } from "./open_files.ts";
import { ListenError } from "../network/listen_error.ts";
import { readOutgoingMaterial, TlsError } from "../network/tls_material.ts";

const LFU = /lfu/;

/** What directives take effect on. */
export interface SettingsParts extends OpenFilesParts {
  readonly configuration: Configuration;
  readonly keyspace: Keyspace;
  readonly log: Log;
  readonly cron: Cron;
  readonly memory: Memory;
  readonly access: Access;
  readonly statistics: Statistics;
  readonly observers: CallObservers;
  readonly primaryLink: { settingsChanged(): void };
  /** Where clients come in. */
  readonly acceptor: {
    /** Has listeners follow the directives. Rejects with `ListenError`, and has changed nothing then. */
    move(): Promise<void>;
    /** Reads certificates again. Rejects with `TlsError`, and has changed nothing then. */
    renewCertificates(): Promise<void>;
  };
}

/** Applies the configuration to a new server, and from now on each change of it. */
export function applySettings(server: SettingsParts): void {
  const { configuration, keyspace, log, cron } = server;
  const { settings } = configuration;
  const { accessClock } = keyspace;

  /** Does now, and whenever one of `names` changes, what makes them true. */
  const follow = (
    names: readonly Parameters<typeof configuration.onChange>[0][],
    act: () => void,
  ) => {
    act();
    for (const name of names) configuration.onChange(name, act);
  };

  follow(["loglevel"], () => log.level = settings.loglevel);
  follow(["maxmemory-policy", "lfu-log-factor", "lfu-decay-time"], () => {
    accessClock.lfu = LFU.test(settings["maxmemory-policy"]);
    accessClock.logFactor = settings["lfu-log-factor"];
    accessClock.decayTime = settings["lfu-decay-time"];
    server.memory.eviction.reset();
  });
  const { isLazy } = keyspace.lazyFreeing;
  follow(
    [
      ...["lazyfree-lazy-user-del", "lazyfree-lazy-server-del"] as const,
      ...["lazyfree-lazy-expire", "lazyfree-lazy-eviction"] as const,
    ],
    () => {
      isLazy.user = settings["lazyfree-lazy-user-del"];
      isLazy.server = settings["lazyfree-lazy-server-del"];
      isLazy.expiry = settings["lazyfree-lazy-expire"];
      isLazy.eviction = settings["lazyfree-lazy-eviction"];
    },
  );
  follow(
    ["notify-keyspace-events"],
    () => keyspace.eventClasses = settings["notify-keyspace-events"],
  );
  configuration.onChange("requirepass", (password) => {
    server.access.setDefaultPassword(password);
  });
  configuration.onChange("maxmemory", () => server.memory.limitChanged());
  configuration.onChange("hz", () => cron.hzChanged());
  follow(["latency-tracking"], () => {
    server.statistics.tracksLatency = settings["latency-tracking"];
  });
  follow(
    ["slowlog-log-slower-than", "slowlog-max-len", "latency-monitor-threshold"],
    () => server.observers.settingsChanged(),
  );
  follow(
    ["replica-read-only", "replica-serve-stale-data"],
    () => server.primaryLink.settingsChanged(),
  );
  followMaxClients(server);
  followListeners(server);
  sayRemarks(server);
}

/** Has CONFIG SET say in the log what it can't bring about. */
function sayRemarks({ configuration, log }: SettingsParts): void {
  for (const name of DIRECTIVE_NAMES) {
    const remark = remarkOn(name);
    if (remark !== null) configuration.onChange(name, () => log.warning(remark));
  }
}

const TLS_FAILED = "Unable to update TLS configuration. Check server logs.";

/** The directives whose change means other certificates, or another way to use them. */
const CERTIFICATES = [
  ...["tls-cert-file", "tls-key-file", "tls-key-file-pass", "tls-ca-cert-file"] as const,
  ...["tls-ca-cert-dir", "tls-auth-clients", "tls-protocols"] as const,
];

/** Those that mean other connections to a primary. */
const OUTGOING = [
  ...["tls-replication", "tls-client-cert-file", "tls-client-key-file"] as const,
  "tls-client-key-file-pass" as const,
];

/** Has listeners and certificates follow CONFIG SET, which is refused where they can't. */
function followListeners({ configuration, acceptor, log }: SettingsParts): void {
  const { settings } = configuration;
  const refusal = (error: unknown, failure: string) => {
    if (!(error instanceof ListenError || error instanceof TlsError)) return error;
    log.warning(error.message);
    return new ValueError(error instanceof TlsError ? TLS_FAILED : failure);
  };
  const attempt = (act: () => Promise<void>, failure: string) => () =>
    act().catch((error) => {
      throw refusal(error, failure);
    });
  const move = () => acceptor.move();
  const NO_PORT = "Unable to listen on this port. Check server logs.";
  for (const name of ["port", "tls-port", "metrics-port"] as const) {
    configuration.onChange(name, attempt(move, NO_PORT));
  }
  configuration.onChange("bind", attempt(move, "Failed to bind to specified addresses."));
  const renew = () => acceptor.renewCertificates();
  for (const name of CERTIFICATES) configuration.onChange(name, attempt(renew, TLS_FAILED));
  // Read again for each connection; that they can be is known here.
  const look = () => {
    try {
      if (settings["tls-replication"]) readOutgoingMaterial(settings);
    } catch (error) {
      throw refusal(error, TLS_FAILED);
    }
  };
  for (const name of OUTGOING) configuration.onChange(name, look);
}
