/** Messages to systemd: datagrams to the Unix socket that it names, as sd_notify(3) sends them. */

import { SupervisionError } from "./supervisor.ts";

/** Takes messages for systemd. */
export interface NotifySocket {
  /** Sends a message. Rejects with `NotifyError`, or with `SupervisionError` where it never can. */
  send(message: string): Promise<void>;
  /** Waits until what was sent has been taken, at most a second, and lets go of the socket. */
  close(): Promise<void>;
}

/** A message that was not sent; `message` is the reason as Redis logs it. */
export class NotifyError extends Error {
  static {
    this.prototype.name = "NotifyError";
  }
}

const ENVIRONMENT = "NOTIFY_SOCKET";
/** Linux' numbers, which are those of the only system that has systemd. */
const EINVAL = 22, ENAMETOOLONG = 36;
/** The room for a socket's name, in bytes; a path also needs one for its end. */
const NAME_ROOM = 108;
/** How long the end waits for a supervisor that does not read, in ms. */
const PATIENCE = 1000;

/**
 * The socket at `address`, which is NOTIFY_SOCKET's value. Where that is missing or no address, each
 * message is refused with what sd_notify says of it. Throws `SupervisionError`.
 *
 * @param directory Where a socket can be made if there is no place for temporary files.
 */
export function openNotifySocket(address: string | undefined, directory: string): NotifySocket {
  if (address === undefined) return new MissingSocket(`${ENVIRONMENT} not found!`);
  const errno = problemOf(address);
  if (errno !== 0) return new MissingSocket(`sd_notify: -${errno}`);
  return new DatagramSocket(address, bind(directory));
}

/** The number of what is wrong with an address; 0: nothing. */
function problemOf(address: string): number {
  if (!/^[/@]./s.test(address)) return EINVAL;
  if (new TextEncoder().encode(address).length < NAME_ROOM) return 0;
  return address[0] === "@" ? EINVAL : ENAMETOOLONG;
}

/** Stands for a socket that was not named. */
class MissingSocket implements NotifySocket {
  constructor(private readonly reason: string) {}

  send(): Promise<void> {
    return Promise.reject(new NotifyError(this.reason));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class DatagramSocket implements NotifySocket {
  readonly #target: Deno.UnixAddr;
  /** Settles, never with an error, when the last message has been sent or lost. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly address: string, private readonly socket: Deno.DatagramConn) {
    // The system begins the name of a socket that is no file with a zero byte.
    this.#target = { transport: "unixpacket", path: address.replace(/^@/, "\0") };
  }

  send(message: string): Promise<void> {
    const sent = this.#sendAfter(this.#last, new TextEncoder().encode(message));
    this.#last = sent.catch(() => {});
    return sent;
  }

  async close(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const lostPatience = new Promise((resolve) => timer = setTimeout(resolve, PATIENCE));
    await Promise.race([this.#last, lostPatience]);
    clearTimeout(timer);
    this.socket.close();
  }

  /**
   * Tries to send at once, so that a message is out before whatever long work it speaks of; waits for
   * the earlier ones only where the runtime still has one in hand.
   */
  async #sendAfter(earlier: Promise<unknown>, bytes: Uint8Array): Promise<void> {
    try {
      await this.socket.send(bytes, this.#target);
    } catch (error) {
      if (!(error instanceof Deno.errors.Busy)) throw this.#explain(error);
      await earlier;
      await this.socket.send(bytes, this.#target).catch((error) => {
        throw this.#explain(error);
      });
    }
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    const errno = /\(os error (\d+)\)/.exec(error.message);
    if (errno !== null) return new NotifyError(`sd_notify: -${errno[1]}`);
    if (error instanceof Deno.errors.NotCapable) return new SupervisionError(error.message);
    if (error instanceof TypeError && this.address[0] === "@") {
      return new SupervisionError(
        `Deno ${Deno.version.deno} can't reach ${ENVIRONMENT}=${this.address}, ` +
          "which is not a file: it takes Deno 2.9",
      );
    }
    return error;
  }
}

/** A socket to send from. It needs a path, though nobody looks there: it is gone when this returns. */
function bind(directory: string): Deno.DatagramConn {
  if (typeof Deno.listenDatagram !== "function") {
    throw new SupervisionError(
      `the runtime can't send to ${ENVIRONMENT}; Deno can, with --unstable-net`,
    );
  }
  const reasons: string[] = [];
  for (const dir of [undefined, directory]) {
    try {
      return bindBelow(dir);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      reasons.push(error.message);
    }
  }
  throw new SupervisionError(`can't make a socket to send from: ${reasons.join("; ")}`);
}

function bindBelow(dir: string | undefined): Deno.DatagramConn {
  const place = Deno.makeTempDirSync({ dir, prefix: "miniredis-" });
  try {
    return Deno.listenDatagram({ transport: "unixpacket", path: `${place}/notify` });
  } finally {
    Deno.removeSync(place, { recursive: true });
  }
}
