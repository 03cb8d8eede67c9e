/** systemd as the supervisor. */

import type { Log } from "../observe/log.ts";
import { NotifyError, type NotifySocket } from "./notify_socket.ts";
import type { Supervisor } from "./supervisor.ts";

/** Tells systemd what a unit with `Type=notify` is to tell. */
export class Systemd implements Supervisor {
  #name: "no" | "systemd" = "no";

  private constructor(private readonly socket: NotifySocket, private readonly log: Log) {}

  /** Says that the server is starting; `name` tells whether that could be said. Throws `SupervisionError`. */
  static async start(socket: NotifySocket, log: Log): Promise<Systemd> {
    const systemd = new Systemd(socket, log);
    if (!await systemd.#send("STATUS=Redis is loading...")) return systemd;
    systemd.#name = "systemd";
    log.notice(
      "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and " +
        "TimeoutStopSec in your service unit.",
    );
    return systemd;
  }

  get name(): "no" | "systemd" {
    return this.#name;
  }

  status(text: string): void {
    this.#send(`STATUS=${text}`);
  }

  ready(): void {
    this.#send("READY=1");
  }

  stopping(): void {
    this.#send("STOPPING=1");
  }

  close(): Promise<void> {
    return this.socket.close();
  }

  /** Sends one message; false, after a line in the log, where that fails. */
  async #send(message: string): Promise<boolean> {
    try {
      await this.socket.send(`${message}\n`);
      return true;
    } catch (error) {
      if (!(error instanceof NotifyError)) throw error;
      this.log.warning(`systemd supervision error: ${error.message}`);
      return false;
    }
  }
}
