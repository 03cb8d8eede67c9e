/** The two servers that are compared, each in a process of its own. */

import { type Child, makeDirectory, removeDirectory, startChild } from "./children.ts";
import { RawConnection } from "./raw_connection.ts";

/** One of the two servers, and how it is started. */
export interface Contender {
  readonly name: "miniredis" | "redis-server" | "valkey";
  readonly command: readonly string[];
}

/** What both servers are given besides a port and a directory, so that they do the same work. */
const COMMON_DIRECTIVES = [
  ["bind", "127.0.0.1"],
  ["save", ""],
  ["appendfsync", "everysec"],
  ["aof-use-rdb-preamble", "no"],
  ["auto-aof-rewrite-percentage", "0"],
  // Else what is measured of a snapshot is the disk: redis-server would sync every 4 MB.
  ["rdb-save-incremental-fsync", "no"],
];

const START_ATTEMPTS = 5;
const START_TIMEOUT = 300_000;

/** What a server is started with. */
export interface ServerOptions {
  readonly appendonly: boolean;
  /** The data directory; a temporary one, removed at the end, if not given. */
  readonly directory?: string;
  /** What this server is given beside what all are given. */
  readonly directives?: Readonly<Record<string, string>>;
}

/** A running server. */
export class BenchServer implements AsyncDisposable {
  private constructor(
    readonly contender: Contender,
    readonly port: number,
    readonly startedAt: number,
    readonly directory: string,
    private readonly child: Child,
    private readonly ownsDirectory: boolean,
  ) {}

  get pid(): number {
    return this.child.pid;
  }

  /** Starts a server and waits until it has loaded its data and answers. */
  static async start(contender: Contender, options: ServerOptions): Promise<BenchServer> {
    const server = await BenchServer.launch(contender, options);
    const deadline = Date.now() + START_TIMEOUT;
    try {
      using connection = await server.connect();
      while (await connection.call("PING") !== "+PONG") {
        if (Date.now() > deadline) throw new Error(`not ready after ${START_TIMEOUT / 1000} s`);
        await pause(5);
      }
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw new Error(`${contender.name} failed: ${server.child.output}`, { cause: error });
    }
  }

  /** Starts a server and waits until it accepts connections; it may still be loading. */
  static async launch(contender: Contender, options: ServerOptions): Promise<BenchServer> {
    const directory = options.directory ?? makeDirectory();
    for (let attempt = 1;; attempt++) {
      const port = freePort();
      const startedAt = performance.now();
      const child = startChild([
        ...contender.command,
        ...directives([
          ...COMMON_DIRECTIVES,
          ["port", String(port)],
          ["dir", directory],
          ["appendonly", options.appendonly ? "yes" : "no"],
          ...Object.entries(options.directives ?? {}),
        ]),
      ]);
      if (await acceptsConnections(child, port)) {
        const owns = options.directory === undefined;
        return new BenchServer(contender, port, startedAt, directory, child, owns);
      }
      if (attempt === START_ATTEMPTS) {
        throw new Error(`${contender.command.join(" ")} does not start: ${child.output}`);
      }
    }
  }

  connect(): Promise<RawConnection> {
    return RawConnection.connect(this.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.kill();
    if (this.ownsDirectory) removeDirectory(this.directory);
  }
}

/** Waits so many ms. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * How `deno task start` runs the server: its command up to `main.ts`, so that what is measured has the
 * same permissions and flags as what users run.
 */
export function denoCommand(): readonly string[] {
  const root = new URL("../", import.meta.url);
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const match = /deno run (.*?) ?main\.ts/.exec(tasks.start.command);
  if (match === null) throw new Error("deno.json's task start does not run main.ts");
  return [Deno.execPath(), "run", ...match[1].split(" "), new URL("main.ts", root).pathname];
}

function directives(pairs: readonly (readonly string[])[]): string[] {
  return pairs.flatMap(([name, value]) => [`--${name}`, value]);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** False when the process ended instead. */
async function acceptsConnections(child: Child, port: number): Promise<boolean> {
  let ended = false;
  child.ended.then(() => ended = true);
  while (!ended) {
    try {
      using _connection = await RawConnection.connect(port);
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await pause(2);
    }
  }
  return false;
}
