/** A server in a process of its own, on a free port, with a directory of its own. */

import { freePort } from "./free_port.ts";
import { ConnectionClosed, RawClient } from "./raw_client.ts";
import { TempDir } from "./temp_dir.ts";
import { PATIENCE } from "./wait_for.ts";

/** Directives in redis.conf's terms; a list gives one directive several values (`save 900 1`). */
export type Directives = Readonly<Record<string, string | readonly string[]>>;

/** What a server is started with. */
export interface ServerOptions {
  /** Directives for the command line; `port` and `dir` are chosen here. */
  readonly directives?: Directives;
  /** The data directory; a temporary one, removed at the end, if not given. */
  readonly dir?: string;
  /** Whether it is enough that the server answers LOADING. */
  readonly mayLoad?: boolean;
  /** How long the server may take until it answers, in milliseconds; `PATIENCE` if not given. */
  readonly startTimeout?: number;
}

const LOG_LIMIT = 256 * 1024;
const START_ATTEMPTS = 5;

/**
 * A running server. `start` in `reference.ts` and `miniredis_process.ts` makes them; disposing one ends
 * the process by its pid and removes its temporary directory.
 */
export class ServerProcess implements AsyncDisposable {
  #process!: Deno.ChildProcess;
  #status!: Deno.CommandStatus | undefined;
  #log = "";
  #drained!: Promise<unknown>;
  #port = 0;
  #clients = new Set<RawClient>();

  private constructor(
    private readonly command: readonly string[],
    private readonly options: ServerOptions,
    private readonly ownDir: TempDir | undefined,
    /** The data directory. */
    readonly dir: string,
  ) {}

  /**
   * Starts `command` followed by `--port … --dir …` and the directives, and waits until it answers PING.
   * Throws with the end of the server's log if it exits or does not answer in time.
   */
  static async start(
    command: readonly string[],
    options: ServerOptions = {},
  ): Promise<ServerProcess> {
    const ownDir = options.dir === undefined ? await TempDir.create("server-") : undefined;
    const server = new ServerProcess(command, options, ownDir, options.dir ?? ownDir!.path);
    try {
      await server.#launch();
    } catch (error) {
      await ownDir?.[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  /** The TCP port on 127.0.0.1. */
  get port(): number {
    return this.#port;
  }

  /** The process id, for looking at memory or CPU time. */
  get pid(): number {
    return this.#process.pid;
  }

  /** The last 256 KB of what the server wrote to stdout and stderr. */
  get log(): string {
    return this.#log;
  }

  /** A new connection, closed with the server at the latest. */
  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.#port);
    this.#clients.add(client);
    return client;
  }

  /** Ends the process with a signal and waits until it is gone; returns how it ended. */
  async kill(signal: Deno.Signal = "SIGTERM"): Promise<Deno.CommandStatus> {
    if (!this.#status) {
      try {
        this.#process.kill(signal);
      } catch (error) {
        // It may have ended by itself between our look and the kill.
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    return await this.waitForExit();
  }

  /** Waits until the process has ended by itself or by `kill`. */
  async waitForExit(): Promise<Deno.CommandStatus> {
    const status = await this.#process.status;
    await this.#drained;
    for (const client of this.#clients) await client.close();
    this.#clients.clear();
    return status;
  }

  /**
   * Starts the server again on the same directory (on a new port, unless one is given), after `kill` or
   * after it ended. `directives` replace or add to those of the first start.
   */
  async restart(directives: Directives = {}, port?: number): Promise<void> {
    await this.kill();
    await this.#launch(directives, port);
  }

  /** Ends the process if it still runs and removes the temporary directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), PATIENCE);
    await this.kill();
    clearTimeout(timer);
    await this.ownDir?.[Symbol.asyncDispose]();
  }

  async #launch(directives: Directives = {}, port?: number): Promise<void> {
    for (let attempt = 1;; attempt++) {
      this.#port = port ?? freePort();
      this.#spawn({ ...this.options.directives, ...directives });
      const failure = await this.#waitUntilReady();
      if (failure === undefined) return;
      await this.kill("SIGKILL");
      if (attempt < START_ATTEMPTS && /address already in use/i.test(this.#log)) continue;
      throw new Error(`${this.command.join(" ")} ${failure}; its log ends:\n${tail(this.#log)}`);
    }
  }

  #spawn(directives: Directives): void {
    const args = ["--port", String(this.#port), "--dir", this.dir];
    for (const [name, value] of Object.entries(directives)) {
      for (const one of typeof value === "string" ? [value] : value) args.push(`--${name}`, one);
    }
    const [program, ...first] = this.command;
    this.#status = undefined;
    this.#log = "";
    const process = new Deno.Command(program, {
      args: [...first, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#process = process;
    process.status.then((status) => {
      if (process === this.#process) this.#status = status;
    });
    this.#drained = Promise.all([this.#drain(process.stdout), this.#drain(process.stderr)]);
  }

  async #drain(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#log = (this.#log + decoder.decode(chunk, { stream: true })).slice(-LOG_LIMIT);
    }
  }

  /** Returns what went wrong, or `undefined` when the server answers PING. */
  async #waitUntilReady(): Promise<string | undefined> {
    const timeout = this.options.startTimeout ?? PATIENCE;
    const deadline = performance.now() + timeout;
    let oddity = "";
    while (performance.now() < deadline) {
      if (this.#status) return `exited with code ${this.#status.code}`;
      try {
        if (await this.#answersPing()) return undefined;
      } catch (error) {
        // Where the server has ended, another test's may have its port by now, and answer anything.
        oddity = `: ${String(error)}`;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return `did not answer PING within ${timeout} ms${oddity}`;
  }

  async #answersPing(): Promise<boolean> {
    let client: RawClient;
    try {
      client = await RawClient.connect(this.#port);
    } catch (error) {
      if (isNoAnswer(error)) return false;
      throw error;
    }
    try {
      const reply = await client.call("PING");
      // A server that wants a password is up; one that is loading answers LOADING.
      if (this.options.mayLoad && /^LOADING/.test(reply.text ?? "")) return true;
      return reply.text === "PONG" || /^NOAUTH/.test(reply.text ?? "");
    } catch (error) {
      if (isNoAnswer(error)) return false;
      throw error;
    } finally {
      await client.close();
    }
  }
}

/** Whether a server was not there yet, or ended while it was asked: what became of it is seen next. */
function isNoAnswer(error: unknown): boolean {
  return error instanceof ConnectionClosed || error instanceof Deno.errors.ConnectionRefused ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
}

function tail(log: string): string {
  return log.split("\n").slice(-30).join("\n");
}
