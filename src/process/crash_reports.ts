/** What the log tells of an error that nobody has caught, and that ends the process (`crash-log-enabled`). */

import type { Configuration } from "../config/mod.ts";
import type { Log } from "../observe/log.ts";

/** What a report shows of the server. */
export interface ReportedServer {
  readonly info: { render(sections: readonly string[]): string };
  readonly clients: Iterable<{ describe(): string }>;
  /** Whose command runs, or ran last. */
  readonly dispatcher: { readonly current: { describe(): string } | null };
}

/** What reports need of the process. */
export interface CrashParts {
  readonly configuration: Configuration;
  readonly log: Log;
  /** Where errors that nobody catches are told, as events of the kinds that browsers know. */
  readonly events: EventTarget;
  /** Tells whoever has started the program. */
  readonly tell: (text: string) => void;
  /** Ends the process. */
  readonly exit: (code: number) => void;
}

/** Ends the process with a report when an error comes up that nobody catches. */
export class CrashReports {
  /** What is reported on, once there is one. */
  server: ReportedServer | null = null;
  readonly #parts: CrashParts;
  #hasBegun = false;

  constructor(parts: CrashParts) {
    this.#parts = parts;
  }

  /** Reports from now on. */
  listen(): void {
    const { events } = this.#parts;
    events.addEventListener("error", (event) => {
      event.preventDefault();
      this.crash(event instanceof ErrorEvent ? event.error : event);
    });
    events.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      this.crash(event instanceof PromiseRejectionEvent ? event.reason : event);
    });
  }

  /** Writes the report and ends the process. */
  crash(error: unknown): void {
    const { log, exit, tell, configuration } = this.#parts;
    // An error within the report must not begin another one.
    if (this.#hasBegun) return exit(1);
    this.#hasBegun = true;
    if (configuration.settings["crash-log-enabled"]) log.raw("warning", this.#report(error));
    else log.warning(`The server ends because of an error that nobody has caught: ${error}`);
    tell(`miniredis: a fatal error: ${stackOf(error)}`);
    exit(1);
  }

  #report(error: unknown): string {
    const { server } = this;
    return [
      "\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n",
      `An error that nobody has caught ends the server: ${error}\n`,
      section("STACK TRACE", () => `${stackOf(error)}\n`),
      section("INFO OUTPUT", () => server?.info.render(["everything"]).replaceAll("\r", "") ?? ""),
      section("CLIENT LIST OUTPUT", () => {
        return [...server?.clients ?? []].map((client) => `${client.describe()}\n`).join("");
      }),
      section("CURRENT CLIENT INFO", () => {
        const current = server?.dispatcher.current ?? null;
        return current === null ? "" : `${current.describe()}\n`;
      }),
      "\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n\n",
    ].join("");
  }
}

/** A part of the report; where it can't be told in the state that the server is in, that is told. */
function section(title: string, tell: () => string): string {
  let text: string;
  try {
    text = tell();
  } catch (error) {
    text = `This can't be told: ${stackOf(error)}\n`;
  }
  return `\n------ ${title} ------\n${text}`;
}

function stackOf(error: unknown): string {
  return error instanceof Error && error.stack !== undefined ? error.stack : String(error);
}
