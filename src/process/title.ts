/** The title that the system shows for the process (`set-proc-title`, `proc-title-template`). */

import nodeProcess from "node:process";
import type { Configuration } from "../config/mod.ts";
import { systemPath } from "../config/paths.ts";
import { expandTitle, type TitleVariable } from "../config/title_template.ts";

/** What `{title}` stands for; Redis has the name there by which it was called. */
const PROGRAM = "miniredis";

/**
 * Gives the process its title as the directives say, now and when CONFIG SET changes what it tells.
 */
export function followTitle(
  configuration: Configuration,
  setTitle: (title: string) => void = (title) => void (nodeProcess.title = title),
): void {
  const { settings } = configuration;
  const apply = () => {
    if (!settings["set-proc-title"]) return;
    const title = expandTitle(
      settings["proc-title-template"],
      (name) => valueOf(name, configuration),
    );
    if (title !== null) setTitle(systemPath(title));
  };
  apply();
  for (const name of ["proc-title-template", "port", "tls-port", "bind"] as const) {
    configuration.onChange(name, apply);
  }
}

function valueOf(name: TitleVariable, { settings, configFile }: Configuration): string {
  switch (name) {
    case "title":
      return PROGRAM;
    case "listen-addr": {
      const port = settings.port || settings["tls-port"];
      return port === 0 ? settings.unixsocket : `${settings.bind[0] ?? "*"}:${port}`;
    }
    case "server-mode":
      return settings["cluster-enabled"] ? " [cluster]" : "";
    case "config-file":
      return configFile ?? "-";
    case "port":
    case "tls-port":
      return String(settings[name]);
    case "unixsocket":
      return settings.unixsocket;
  }
}
