/** How directives take effect: at start, and when CONFIG SET changes them. */

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
  });
  follow(
    ["notify-keyspace-events"],
    () => keyspace.eventClasses = settings["notify-keyspace-events"],
  );
  configuration.onChange("hz", () => cron.start());
}
