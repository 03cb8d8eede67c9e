/** Connections to other servers on which MIGRATE moves keys there. */

import type { Clock, Timer } from "../base/clock.ts";
import type { DescriptorReserve } from "../base/descriptor_reserve.ts";
import { ReplyError } from "../base/errors.ts";
import { parseLooseInt32 } from "../base/numbers.ts";
import { bytesOf } from "../base/span.ts";
import type {
  MigrateSocketsView,
  MigrationOutcome,
  MigrationTarget,
} from "../commands/views/migrate_sockets.ts";
import { Frame } from "../resp/frame.ts";
import { type Reply, ReplyDecoder, type ReplyLimits } from "../resp/reply_reader.ts";
import type { Pause } from "../execution/pause.ts";

/** How long a connection is kept for the next keys, in ms. */
const KEPT_FOR = 10_000;
/** So many are kept. */
const MOST_KEPT = 64;
const READ_SIZE = 16 * 1024;
/** What MIGRATE's commands are answered with is a line, and of an error as much is shown, in bytes. */
const LONGEST_ANSWER = 1023;
/** A target that says more at once than this is none. */
const LIMITS: ReplyLimits = { line: 16 * 1024, size: 32 * 1024, depth: 0 };

/** What did not work, and whether for lack of time. */
class MigrateError extends Error {
  override name = "MigrateError";
  readonly failure: NonNullable<MigrationOutcome["failure"]>;
  readonly timedOut: boolean;

  constructor(failure: NonNullable<MigrationOutcome["failure"]>, timedOut: boolean) {
    super(`${failure}${timedOut ? " took too long" : " failed"}`);
    this.failure = failure;
    this.timedOut = timedOut;
  }
}

/** A connection to one other server. */
class MigrateSocket {
  /** The database that was last selected there; null: it is not known. */
  database: number | null = null;
  idle: Timer | undefined;
  readonly #conn: Deno.TcpConn;
  readonly #decoder = new ReplyDecoder({ limits: LIMITS });
  readonly #buffer = new Uint8Array(READ_SIZE);

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    conn.setNoDelay(true);
  }

  /** Whether the target has said something that nobody has asked for. */
  get saidMore(): boolean {
    return this.#decoder.incomplete;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /** The next reply. Throws where the connection ends before. */
  async read(): Promise<Reply> {
    for (;;) {
      const reply = this.#decoder.next();
      if (reply !== undefined) return reply;
      const count = await this.#conn.read(this.#buffer);
      if (count === null) throw new Deno.errors.UnexpectedEof("closed by the target");
      this.#decoder.feed(this.#buffer.subarray(0, count));
    }
  }

  close(): void {
    this.idle?.cancel();
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

/** What MIGRATE's connections work with. */
export interface MigrateSocketsParts {
  readonly clock: Clock;
  readonly pause: Pause;
  /** What is given up where there are no others for a connection. */
  readonly descriptors: DescriptorReserve;
}

/** Sends keys to other servers, and keeps the connections for a while. */
export class MigrateSockets implements MigrateSocketsView {
  readonly #clock: Clock;
  readonly #pause: Pause;
  readonly #descriptors: DescriptorReserve;
  /** By host and port, the one that waits longest first. */
  readonly #kept = new Map<string, MigrateSocket>();
  readonly #used = new Set<MigrateSocket>();
  #isClosed = false;

  constructor({ clock, pause, descriptors }: MigrateSocketsParts) {
    this.#clock = clock;
    this.#pause = pause;
    this.#descriptors = descriptors;
  }

  get kept(): number {
    return this.#kept.size;
  }

  send(
    target: MigrationTarget,
    commands: readonly Uint8Array[],
    exclusive: boolean,
    done: (outcome: MigrationOutcome) => void,
  ): void {
    const release = exclusive ? this.#pause.hold() : () => {};
    this.#sendOrRetry(target, commands)
      .then((outcome) => {
        if (!this.#isClosed) done(outcome);
      })
      .finally(release);
  }

  /** Ends all connections; nobody hears of what was under way. */
  close(): void {
    this.#isClosed = true;
    for (const socket of [...this.#kept.values(), ...this.#used]) socket.close();
    this.#kept.clear();
  }

  /** A connection that was kept may be dead by now, and a target may be starting again: tries twice. */
  async #sendOrRetry(
    target: MigrationTarget,
    commands: readonly Uint8Array[],
  ): Promise<MigrationOutcome> {
    const accepted = commands.map(() => false);
    for (let tries = 1;; tries++) {
      const progress: Progress = { accepted, replies: 0, error: null };
      try {
        await this.#sendOnce(target, commands, progress);
        return { accepted, error: progress.error, failure: null };
      } catch (error) {
        if (!(error instanceof MigrateError)) throw error;
        const mayRetry = tries === 1 && !error.timedOut && error.failure !== "connecting" &&
          progress.replies === 0 && !this.#isClosed;
        if (!mayRetry) return { accepted, error: progress.error, failure: error.failure };
      }
    }
  }

  async #sendOnce(
    target: MigrationTarget,
    commands: readonly Uint8Array[],
    progress: Progress,
  ): Promise<void> {
    const name = `${target.host}:${target.port}`;
    const socket = this.#takeKept(name) ?? await this.#connect(target);
    this.#used.add(socket);
    try {
      await this.#exchange(socket, target, commands, progress);
    } catch (error) {
      socket.close();
      throw error;
    } finally {
      this.#used.delete(socket);
    }
    this.#keep(name, socket);
  }

  async #exchange(
    socket: MigrateSocket,
    { credentials, database, timeout }: MigrationTarget,
    commands: readonly Uint8Array[],
    progress: Progress,
  ): Promise<void> {
    const preamble: Uint8Array[] = [];
    if (credentials !== null) preamble.push(encode("AUTH", ...credentials));
    if (socket.database !== database) preamble.push(encode("SELECT", String(database)));
    await this.#within(timeout, "writing", socket, socket.write(join([...preamble, ...commands])));
    const read = () => this.#within(timeout, "reading", socket, socket.read());
    let refused: string | null = null;
    for (const _ of preamble) {
      const reply = await read();
      if (reply instanceof ReplyError) refused ??= cut(reply);
    }
    for (let i = 0; i < commands.length; i++) {
      const reply = await read();
      progress.replies++;
      const error = refused ?? (reply instanceof ReplyError ? cut(reply) : null);
      if (error === null) progress.accepted[i] = true;
      else progress.error ??= error;
    }
    socket.database = progress.error === null ? database : null;
  }

  async #connect({ host, port, timeout }: MigrationTarget): Promise<MigrateSocket> {
    // Redis keeps five characters of the number; what is no number is 0, at which nobody listens.
    const text = String(parseLooseInt32(port)).slice(0, 5);
    if (text.startsWith("-")) throw new MigrateError("connecting", false);
    const number = Number(text) & 0xffff;
    // Redis learns of a refusal when it writes.
    if (number === 0) throw new MigrateError("writing", false);
    let isLate = false;
    const connect = () => Deno.connect({ hostname: host, port: number });
    const connecting = this.#descriptors.openingLater(connect).then((conn) => {
      const socket = new MigrateSocket(conn);
      if (isLate || this.#isClosed) socket.close();
      return socket;
    });
    try {
      return await this.#within(timeout, "connecting", null, connecting);
    } catch (error) {
      isLate = true;
      const refused = error instanceof MigrateError &&
        error.cause instanceof Deno.errors.ConnectionRefused;
      throw refused ? new MigrateError("writing", false) : error;
    }
  }

  /** Waits for a step, `timeout` ms at most. Throws `MigrateError`. */
  async #within<T>(
    timeout: number,
    failure: MigrateError["failure"],
    socket: MigrateSocket | null,
    step: Promise<T>,
  ): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = this.#clock.after(timeout, () => reject(new MigrateError(failure, true)));
    try {
      return await Promise.race([step, late]);
    } catch (error) {
      socket?.close();
      // The step ends with the connection; what it says then is of no interest.
      step.catch(() => {});
      if (error instanceof MigrateError) throw error;
      throw Object.assign(new MigrateError(failure, false), { cause: error });
    } finally {
      timer.cancel();
    }
  }

  #takeKept(name: string): MigrateSocket | undefined {
    const socket = this.#kept.get(name);
    this.#kept.delete(name);
    socket?.idle?.cancel();
    return socket;
  }

  #keep(name: string, socket: MigrateSocket): void {
    // What was said too much would be taken for the answer to the next keys.
    if (this.#isClosed || this.#kept.has(name) || socket.saidMore) {
      socket.close();
      return;
    }
    const [oldest] = this.#kept;
    if (this.#kept.size >= MOST_KEPT && oldest !== undefined) this.#takeKept(oldest[0])?.close();
    this.#kept.set(name, socket);
    socket.idle = this.#clock.after(KEPT_FOR, () => this.#takeKept(name)?.close());
  }
}

/** How far sending has come. */
interface Progress {
  readonly accepted: boolean[];
  /** How many commands the target has answered. */
  replies: number;
  error: string | null;
}

/** So much of an error as is passed on: with its type's byte it is one line of Redis'. */
function cut(error: ReplyError): string {
  return error.message.slice(0, LONGEST_ANSWER - 1);
}

function encode(...args: string[]): Uint8Array {
  return Frame.fromBytes(args.map(bytesOf)).encoded();
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
