/** The two servers that are compared, and the state that is put back between scripts. */

import type { CertifiedKey } from "../support/certificates.ts";
import { freePort } from "../support/free_port.ts";
import { RawClient } from "../support/raw_client.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { startReference } from "../support/reference.ts";
import type { Directives, ServerProcess } from "../support/server_process.ts";
import { waitFor } from "../support/wait_for.ts";

/** Both servers keep an AOF of plain commands, written before each reply. */
const DIRECTIVES: Directives = {
  "save": "",
  "appendonly": "yes",
  "appendfsync": "no",
  "aof-use-rdb-preamble": "no",
  // Rewrites would switch files at moments that differ.
  "auto-aof-rewrite-percentage": "0",
  "enable-debug-command": "yes",
};

/** One of the two servers, with the connection that the harness itself uses. */
export class Side implements AsyncDisposable {
  private constructor(
    /** What messages call it. */
    readonly name: string,
    readonly server: ServerProcess,
    /** In database 0, RESP2. */
    readonly control: RawClient,
    private configuration: ReadonlyMap<string, string>,
  ) {}

  /** Opens a connection for a script. */
  connect: () => Promise<RawClient> = () => RawClient.connect(this.server.port);

  /** Has scripts connect with TLS from now on. */
  async useTls({ certFile, keyFile }: CertifiedKey, caCert: string): Promise<void> {
    const port = freePort();
    await this.texts(
      ...["CONFIG", "SET", "tls-cert-file", certFile, "tls-key-file", keyFile],
      ...["tls-auth-clients", "no", "tls-port", String(port)],
    );
    this.configuration = await readConfiguration(this.control);
    this.connect = () => RawClient.connectTls(port, { caCerts: [caCert] });
  }

  /** Takes over a freshly started server. */
  static async of(name: string, server: ServerProcess, password?: string): Promise<Side> {
    const control = await server.connect();
    if (password !== undefined) await control.texts("AUTH", password);
    return new Side(name, server, control, await readConfiguration(control));
  }

  /**
   * Is no replica any more, empties all databases, forgets all functions and leaves the AOF as if database 9 had been written last, so that scripts
   * start with the same SELECT state on both sides.
   */
  async reset(): Promise<void> {
    // A node of a cluster has one database, and is a replica only if a script says so.
    const isNode = this.configuration.get("cluster-enabled") === "yes";
    if (!isNode) await this.texts("REPLICAOF", "NO", "ONE");
    await this.texts("FLUSHALL");
    await this.texts("FUNCTION", "FLUSH");
    if (isNode) return;
    await this.texts("SELECT", "9");
    await this.texts("SET", "mark", "1");
    await this.texts("FLUSHDB");
    await this.texts("SELECT", "0");
  }

  /** Puts back every configuration value that differs from the start. */
  async restoreConfiguration(): Promise<void> {
    const now = await readConfiguration(this.control);
    for (const [name, value] of this.configuration) {
      // `reset` sees to that.
      if (name === "replicaof" || name === "slaveof") continue;
      if (now.get(name) !== value) await this.texts("CONFIG", "SET", name, value);
    }
  }

  /** Leaves the default user alone there, who may do everything, and forgets what was refused. */
  async restoreUsers(): Promise<void> {
    const others = (await this.texts("ACL", "USERS")).filter((name) => name !== "default");
    if (others.length > 0) await this.texts("ACL", "DELUSER", ...others);
    await this.texts("ACL", "SETUSER", "default", "reset", "on", "nopass", "~*", "&*", "+@all");
    await this.texts("ACL", "LOG", "RESET");
  }

  /** Waits until no client is left but the harness' own. */
  async waitForOtherClientsToGo(): Promise<void> {
    await waitFor(`${this.name} to free its clients`, async () => {
      const [info] = await this.texts("INFO", "clients");
      return /^connected_clients:1\r$/m.test(info);
    });
  }

  /** How many clients are blocked. */
  async blockedClients(): Promise<number> {
    const [info] = await this.texts("INFO", "clients");
    return Number(/^blocked_clients:(\d+)/m.exec(info)?.[1]);
  }

  async texts(...args: string[]): Promise<string[]> {
    try {
      return await this.control.texts(...args);
    } catch (error) {
      throw new Error(`${this.name}: ${args.join(" ")}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.control.close();
    await this.server[Symbol.asyncDispose]();
  }
}

async function readConfiguration(control: RawClient): Promise<Map<string, string>> {
  const flat = await control.texts("CONFIG", "GET", "*");
  const configuration = new Map<string, string>();
  for (let i = 0; i < flat.length; i += 2) configuration.set(flat[i], flat[i + 1]);
  return configuration;
}

/** Whether env DIFFERENTIAL_SELF=1 asks for the reference on both sides. */
export function comparesReferenceWithItself(): boolean {
  return Deno.env.get("DIFFERENTIAL_SELF") === "1";
}

/** The reference and the server under test. */
export class Pair implements AsyncDisposable {
  private constructor(
    readonly expected: Side,
    readonly actual: Side,
    /** Whether both are the reference. */
    readonly isReferenceTwice: boolean,
  ) {}

  /** Starts both, with `directives` beside the harness' own; `withItself`: the reference twice. */
  static async start(
    directives: Directives = {},
    withItself = comparesReferenceWithItself(),
  ): Promise<Pair> {
    const options: { directives: Directives } = { directives: { ...DIRECTIVES, ...directives } };
    const starts = await Promise.allSettled([
      startReference(options),
      withItself ? startReference(options) : startMiniredis(options),
    ]);
    const failed = starts.find((start) => start.status === "rejected");
    if (failed) {
      for (const start of starts) {
        if (start.status === "fulfilled") await start.value[Symbol.asyncDispose]();
      }
      throw failed.reason;
    }
    const [reference, ours] = starts.map((start) =>
      (start as PromiseFulfilledResult<ServerProcess>).value
    );
    const { requirepass } = options.directives;
    const password = typeof requirepass === "string" ? requirepass : undefined;
    try {
      return new Pair(
        await Side.of("redis-server", reference, password),
        await Side.of("miniredis", ours, password),
        withItself,
      );
    } catch (error) {
      await Promise.all([reference[Symbol.asyncDispose](), ours[Symbol.asyncDispose]()]);
      throw error;
    }
  }

  get sides(): readonly [Side, Side] {
    return [this.expected, this.actual];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.sides.map((side) => side[Symbol.asyncDispose]()));
  }
}
