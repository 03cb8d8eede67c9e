/** The program that started this one and is told how it fares, as the directive `supervised` says. */

/** Is told of the server's life. What it is told while nobody listens is lost, and said in the log. */
export interface Supervisor {
  /** Who it is, as INFO names it. */
  readonly name: "no" | "upstart" | "systemd";
  /** Says in words for people what the server does. */
  status(text: string): void;
  /** Says that commands are served. */
  ready(): void;
  /** Says that the server is about to end. */
  stopping(): void;
  /** Resolves when all of it has been told, or nobody takes it; nothing may be said afterwards. */
  close(): Promise<void>;
}

/** What a server has that nobody supervises, and every embedded one. */
export const NO_SUPERVISOR: Supervisor = {
  name: "no",
  status() {},
  ready() {},
  stopping() {},
  close: () => Promise.resolve(),
};

/** A supervisor that this program has no means to tell anything; `message` is the reason, in one line. */
export class SupervisionError extends Error {
  static {
    this.prototype.name = "SupervisionError";
  }
}
