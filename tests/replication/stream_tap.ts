/** What a server sends its replicas, read by a replica that keeps nothing else. */

import type { LoggedCommand } from "../differential/aof.ts";
import { escapeBytes } from "../support/quoting.ts";
import { ConnectionClosed, encodeCommandText, type RawClient } from "../support/raw_client.ts";
import { parseReply } from "../support/reply.ts";
import { waitFor } from "../support/wait_for.ts";
import { FakeReplica } from "./fake_replica.ts";
import { infoMap } from "./topology.ts";

/** How often the primary is told how far the tap is, in ms: as often as replicas do. */
const ACKNOWLEDGE_EVERY = 1000;

/** What is asked how far a server's stream is. */
export interface Tapped {
  readonly port: number;
  /** A connection whose user may call INFO. */
  readonly control: Pick<RawClient, "texts">;
  /** What replicas have to say. */
  readonly password?: string;
}

/**
 * A replica that collects the commands of the stream.
 *
 * ```ts
 * await using tap = await StreamTap.attach({ port: server.port, control });
 * const commands = await tap.collect(() => client.texts("SPOP", "set"));
 * ```
 */
export class StreamTap implements AsyncDisposable {
  /** The snapshot with which the synchronisation began. */
  readonly snapshot: { readonly format: "length" | "eof"; readonly rdb: string };
  /** The id of the stream's history. */
  readonly id: string;
  #offset: number;
  #commands: LoggedCommand[] = [];
  /** A command of which not all has come. */
  #rest = "";
  #following: Promise<void>;
  #failure: unknown;
  #isClosed = false;
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(
    private readonly server: Tapped,
    private readonly replica: FakeReplica,
    { id, offset }: { id: string; offset: number },
    snapshot: { format: "length" | "eof"; rdb: string },
  ) {
    this.id = id;
    this.snapshot = snapshot;
    this.#offset = offset;
    this.#following = this.#follow();
    this.#timer = setInterval(() => this.#acknowledge(this.#offset), ACKNOWLEDGE_EVERY);
  }

  /** Attaches to a server and reads its snapshot. */
  static async attach(server: Tapped): Promise<StreamTap> {
    const replica = await FakeReplica.connect(server.port);
    try {
      await replica.introduce(server.password);
      const sync = await replica.psync();
      if (sync.kind !== "full") throw new Error(`PSYNC ? -1: ${JSON.stringify(sync)}`);
      const snapshot = await replica.readSnapshot();
      await replica.acknowledge(sync.offset);
      await waitUntilOnline(server);
      // One that comes before the primary has seen its snapshot's process end does not begin the stream.
      await replica.acknowledge(sync.offset);
      replica.waitForEver();
      return new StreamTap(server, replica, sync, snapshot);
    } catch (error) {
      replica[Symbol.dispose]();
      throw error;
    }
  }

  /** How much of the stream has come: the offset behind the last whole command. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether the server has closed the connection. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The commands that the server sends while something runs, each with its offset in the stream. */
  async collect(run: () => Promise<unknown>): Promise<readonly LoggedCommand[]> {
    await this.begin();
    await run();
    return await this.end();
  }

  /** Forgets what the server has sent until now. */
  async begin(): Promise<void> {
    await this.settle();
    this.#commands = [];
  }

  /** What the server has sent since `begin`. */
  async end(): Promise<readonly LoggedCommand[]> {
    await this.settle();
    return this.#commands;
  }

  /** Waits until all has come that the server has sent. */
  async settle(): Promise<void> {
    await waitFor("the stream to have come", async () => {
      if (this.#isClosed) return true;
      const [text] = await this.server.control.texts("INFO", "replication");
      return this.#offset >= Number(infoMap(text).get("master_repl_offset"));
    }, { interval: 2 });
    if (this.#failure) throw this.#failure;
    if (this.#isClosed) throw new ConnectionClosed("the server has closed the tap's connection");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.replica[Symbol.dispose]();
    await this.#following;
  }

  async #follow(): Promise<void> {
    try {
      for (;;) {
        this.#rest += await this.replica.readSome();
        this.#parse();
      }
    } catch (error) {
      if (!(error instanceof ConnectionClosed)) this.#failure = error;
      this.#isClosed = true;
    }
  }

  /** Takes the whole commands off what has come; they must be encoded in the one way that the stream has. */
  #parse(): void {
    let at = 0;
    for (;;) {
      const parsed = parseReply(this.#rest, at);
      if (!parsed) break;
      const { children = [], raw } = parsed.reply;
      const args = children.map(({ text }) => text ?? "");
      if (encodeCommandText(args) !== raw) {
        throw new Error(`no command of the stream's form: "${escapeBytes(raw, 200)}"`);
      }
      const isRequest = args[0].toUpperCase() === "REPLCONF" && args[1].toUpperCase() === "GETACK";
      // As replicas do, it tells what it had before the question came.
      if (isRequest) this.#acknowledge(this.#offset);
      this.#commands.push({ args, offset: this.#offset });
      this.#offset += raw.length;
      at = parsed.end;
    }
    this.#rest = this.#rest.slice(at);
  }

  #acknowledge(offset: number): void {
    // Where the connection has ended, reading says so.
    if (!this.#isClosed) this.replica.acknowledge(offset).catch(() => {});
  }
}

/**
 * Waits until a server's replicas are online and the process that wrote the snapshot has ended: until then,
 * FLUSHALL ends that process, and with it the synchronisation, and a BGSAVE is refused.
 */
async function waitUntilOnline({ control }: Tapped): Promise<void> {
  await waitFor("the synchronisation to end", async () => {
    const [replication] = await control.texts("INFO", "replication");
    const [persistence] = await control.texts("INFO", "persistence");
    const states = Array.from(replication.matchAll(/^slave\d+:.*,state=(\w+)/gm), ([, one]) => one);
    return states.length > 0 && states.every((state) => state === "online") &&
      infoMap(persistence).get("rdb_bgsave_in_progress") === "0";
  });
}

/** The commands that a server sends its replicas while something runs. */
export async function collectStream(
  server: Tapped,
  run: () => Promise<unknown>,
): Promise<readonly LoggedCommand[]> {
  await using tap = await StreamTap.attach(server);
  return await tap.collect(run);
}
