/** Primaries and replicas, and what is looked at in them. */

import { NUMBER, numberedCommands } from "../numbered_commands.ts";
import type { RawConnection } from "../raw_connection.ts";
import { BenchServer, type Contender, pause } from "../server.ts";

/** What all of them are started with: who asks is served at once. */
const DIRECTIVES = {
  "repl-diskless-sync": "yes",
  "repl-diskless-sync-delay": "0",
  // The backlog's limit, and what a replica may be behind, are not what is measured.
  "client-output-buffer-limit": "replica 0 0 0",
};

const LOOK_INTERVAL = 5;
const TIMEOUT = 600_000;
const AT_ONCE = 100;

/** A server that may be a primary or a replica, and a connection to it. */
export class ReplicationServer implements AsyncDisposable {
  private constructor(readonly server: BenchServer, readonly control: RawConnection) {}

  static async start(
    contender: Contender,
    directives: Readonly<Record<string, string>> = {},
  ): Promise<ReplicationServer> {
    const server = await BenchServer.start(contender, {
      appendonly: false,
      directives: { ...DIRECTIVES, ...directives },
    });
    return new ReplicationServer(server, await server.connect());
  }

  get name(): string {
    return this.server.contender.name;
  }

  get port(): number {
    return this.server.port;
  }

  get pid(): number {
    return this.server.pid;
  }

  /** Sends a command that is answered by `expected`. */
  async expect(expected: string, ...command: string[]): Promise<void> {
    const reply = await this.control.call(...command);
    if (reply !== expected) throw new Error(`${this.name} answered ${reply} to ${command}`);
  }

  /** Sets keys that are numbers from 0 on. */
  async fill(count: number, value: string): Promise<void> {
    await setKeys(this.control, count, value);
  }

  async follow(port: number): Promise<void> {
    await this.expect("+OK", "REPLICAOF", "127.0.0.1", String(port));
  }

  /** A field of INFO; undefined: there is none. */
  async info(field: string, section = "replication"): Promise<string | undefined> {
    const text = await this.control.callBulk("INFO", section);
    return new RegExp(`^${field}:(.*)\r$`, "m").exec(text)?.[1];
  }

  /** How far the data is, in bytes of the stream. */
  async offset(): Promise<number> {
    return Number(await this.info("master_repl_offset"));
  }

  /** Waits until the link to the primary is up. */
  async waitForLink(look: () => void = () => {}): Promise<void> {
    await waitUntil(`the link of ${this.name}`, async () => {
      look();
      return await this.info("master_link_status") === "up";
    });
  }

  /** Waits until the data is as far as `offset`. */
  async waitForOffset(offset: number): Promise<void> {
    await waitUntil(`${this.name} to get to ${offset}`, async () => await this.offset() >= offset);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.control[Symbol.dispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** Sets keys that are numbers from 0 on, through a connection. */
export async function setKeys(
  connection: RawConnection,
  count: number,
  value: string,
): Promise<void> {
  const repeated = [`k:${NUMBER}`, value];
  const chunks = numberedCommands({
    before: ["SET"],
    repeated,
    times: 1,
    count,
    commands: AT_ONCE,
  });
  await connection.pipeline(chunks, count);
}

/** Asks again and again until something is so. */
export async function waitUntil(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!await isSo()) {
    if (performance.now() - began > TIMEOUT) throw new Error(`waited in vain for ${what}`);
    await pause(LOOK_INTERVAL);
  }
}

/** How long something takes, in ms. */
export async function timed(run: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}
