/** Errors that nobody has caught, as the events that Deno has for them. */

import process from "node:process";

/** As the class of that name. */
export class ErrorEvent extends Event {
  readonly error: unknown;

  constructor(error: unknown) {
    super("error", { cancelable: true });
    this.error = error;
  }
}

/** As the class of that name. */
export class PromiseRejectionEvent extends Event {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super("unhandledrejection", { cancelable: true });
    this.reason = reason;
  }
}

/** Where they are told. */
export const crashes: EventTarget = new EventTarget();

/** Tells of such errors from now on: only for a process that is the server's own. */
export function tellCrashes(): void {
  const tell = (event: ErrorEvent | PromiseRejectionEvent, error: unknown) => {
    if (!crashes.dispatchEvent(event)) return;
    console.error(error);
    process.exit(1);
  };
  process.on("uncaughtException", (error) => tell(new ErrorEvent(error), error));
  process.on("unhandledRejection", (reason) => tell(new PromiseRejectionEvent(reason), reason));
}
