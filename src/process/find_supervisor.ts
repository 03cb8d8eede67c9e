/** Finds out who supervises the program, from `supervised` and the environment. */

import { ConfigError, type Configuration } from "../config/mod.ts";
import { COMMAND_LINE } from "../config/errors.ts";
import { systemPath } from "../config/paths.ts";
import type { Log } from "../observe/log.ts";
import { openNotifySocket } from "./notify_socket.ts";
import { NO_SUPERVISOR, SupervisionError, type Supervisor } from "./supervisor.ts";
import { Systemd } from "./systemd.ts";

/**
 * The supervisor that `supervised` asks for, which is told that the server is loading. As in Redis, one
 * that did not start the program or does not listen is a matter for the log; `auto` takes the one that
 * the environment speaks of, and is that one's name from then on. Throws `ConfigError` where the runtime
 * or its permissions don't let one be told.
 */
export async function findSupervisor(configuration: Configuration, log: Log): Promise<Supervisor> {
  const { supervised } = configuration.settings;
  if (supervised === "no") return NO_SUPERVISOR;
  try {
    const supervisor = await find(configuration, log);
    if (supervisor.name !== "no") configuration.assign("supervised", supervisor.name);
    return supervisor;
  } catch (error) {
    if (!(error instanceof SupervisionError)) throw error;
    const place = configuration.placeOf("supervised") ?? { file: COMMAND_LINE, line: 0 };
    const instead = `give 'supervised no'${
      supervised === "upstart" ? "" : ", and Type=exec to systemd"
    }`;
    throw new ConfigError(place, "supervised", `${error.message}; or ${instead}`);
  }
}

async function find(configuration: Configuration, log: Log): Promise<Supervisor> {
  const { supervised, dir } = configuration.settings;
  const startSystemd = (address: string | undefined) =>
    Systemd.start(openNotifySocket(address, systemPath(dir)), log);
  if (supervised === "systemd") return await startSystemd(variable("NOTIFY_SOCKET"));
  if (variable("UPSTART_JOB") !== undefined) return stopForUpstart(log);
  if (supervised === "upstart") {
    log.warning("upstart supervision requested, but UPSTART_JOB not found!");
    return NO_SUPERVISOR;
  }
  const address = variable("NOTIFY_SOCKET");
  if (address === undefined) return NO_SUPERVISOR;
  const systemd = await startSystemd(address);
  if (systemd.name !== "no") return systemd;
  await systemd.close();
  return NO_SUPERVISOR;
}

/** Upstart takes a program as started when it stops itself, and has it go on. */
function stopForUpstart(log: Log): Supervisor {
  log.notice("supervised by upstart, will stop to signal readiness.");
  try {
    Deno.kill(Deno.pid, "SIGSTOP");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new SupervisionError(
      `Deno ${Deno.version.deno} does not let the program stop itself for Upstart: it takes Deno 2.9`,
    );
  }
  return { ...NO_SUPERVISOR, name: "upstart" };
}

/** A variable of the environment. Throws `SupervisionError` where the program may not know it. */
function variable(name: "NOTIFY_SOCKET" | "UPSTART_JOB"): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new SupervisionError(`${name} can't be read: start with --allow-env=${name}`);
  }
}
