/** How directives take effect: at start, and when CONFIG SET changes them. */

import { ValueError } from "../config/mod.ts";
import { openFileLimit } from "../observe/process.ts";
import { ListenError } from "./listeners.ts";
import type { Server } from "./server.ts";

const LFU = /lfu/;

/** Applies the configuration to a new server, and from now on each change of it. */
export function applySettings(server: Server): void {
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
  follow(
    ["notify-keyspace-events"],
    () => keyspace.eventClasses = settings["notify-keyspace-events"],
  );
  configuration.onChange("hz", () => cron.start());
  follow(["latency-tracking"], () => {
    server.statistics.tracksLatency = settings["latency-tracking"];
  });
  follow(
    ["slowlog-log-slower-than", "slowlog-max-len", "latency-monitor-threshold"],
    () => server.observers.settingsChanged(),
  );
  followMaxClients(server);
  const move = (reason: string) => () => {
    try {
      server.moveListeners();
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      log.warning(error.message);
      throw new ValueError(reason);
    }
  };
  configuration.onChange("port", move("Unable to listen on this port. Check server logs."));
  configuration.onChange("bind", move("Failed to bind to specified addresses."));
}

/** Files that the server opens itself, beside its clients' connections. */
const RESERVED_FILES = 32;

/** Lowers `maxclients` to what the system lets the process have open, where that is known. */
function followMaxClients({ configuration, log }: Server): void {
  const { settings } = configuration;
  const limit = openFileLimit();
  if (limit === null) return;
  const most = Math.max(1, limit - RESERVED_FILES);
  const sayTooMany = () => {
    const { maxclients } = settings;
    log.warning(
      `You requested maxclients of ${maxclients} requiring at least ${
        maxclients + RESERVED_FILES
      } ` +
        "max file descriptors.",
    );
    log.warning(
      `Current maximum open files is ${limit}. maxclients has been reduced to ${most} to ` +
        "compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.",
    );
  };
  if (settings.maxclients > most) {
    sayTooMany();
    configuration.assign("maxclients", most);
  }
  configuration.onChange("maxclients", (wanted) => {
    if (wanted <= most) return;
    sayTooMany();
    throw new ValueError(
      "The operating system is not able to handle the specified number of clients, " +
        `try with ${most}`,
    );
  });
}
