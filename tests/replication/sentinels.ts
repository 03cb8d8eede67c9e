/** Real redis-sentinel processes that watch servers of a test. */

import { freePort } from "../support/free_port.ts";
import { RawClient } from "../support/raw_client.ts";
import { hasProgram } from "../support/required_test.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

/** The name under which the primary is watched. */
export const PRIMARY = "watched";

/** What is missing for tests that need Sentinel; undefined: nothing. */
export function missingSentinel(): string | undefined {
  if (hasProgram("redis-sentinel", "--version")) return undefined;
  return "redis-sentinel is not installed (apt-get install redis-sentinel)";
}

/** Three of them, of which two must agree. */
export class Sentinels implements AsyncDisposable {
  private constructor(
    readonly ports: readonly number[],
    private readonly processes: readonly Deno.ChildProcess[],
    private readonly directory: TempDir,
  ) {}

  /** Starts them, and waits until they know each other and so many replicas. */
  static async start(primaryPort: number, replicas: number): Promise<Sentinels> {
    const directory = await TempDir.create("sentinels-");
    const ports = Array.from({ length: 3 }, () => freePort());
    const processes = ports.map((port) => {
      const path = `${directory.path}/${port}.conf`;
      Deno.writeTextFileSync(path, configuration(port, primaryPort, directory.path));
      return new Deno.Command("redis-sentinel", {
        args: [path],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
    });
    const sentinels = new Sentinels(ports, processes, directory);
    try {
      await sentinels.#waitUntilAcquainted(replicas);
    } catch (error) {
      await sentinels[Symbol.asyncDispose]();
      throw error;
    }
    return sentinels;
  }

  /** The port of the primary, as each of them has it. */
  async primaryPorts(): Promise<number[]> {
    return await Promise.all(
      this.ports.map(async (port) => {
        const [, primary] = await ask(port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", PRIMARY);
        return Number(primary);
      }),
    );
  }

  /** Waits until all have the same primary, another one than before; its port. */
  async waitForFailover(before: number): Promise<number> {
    let ports: number[] = [];
    await waitFor("the sentinels to agree on another primary", async () => {
      ports = await this.primaryPorts();
      return ports[0] !== before && ports.every((port) => port === ports[0]);
    }, { interval: 50 });
    return ports[0];
  }

  /** Waits until all have the same primary, and see so many replicas that follow it; its port. */
  async waitForReplicas(count: number): Promise<number> {
    let ports: number[] = [];
    await waitFor(`${count} replicas that the sentinels see`, async () => {
      ports = await this.primaryPorts();
      if (ports.some((port) => port !== ports[0])) return false;
      for (const port of this.ports) {
        const master = await ask(port, "SENTINEL", "MASTER", PRIMARY);
        if (master[master.indexOf("flags") + 1] !== "master") return false;
        const flat = await ask(port, "SENTINEL", "REPLICAS", PRIMARY);
        const of = (name: string) => flat.filter((_, i) => flat[i - 1] === name);
        const isWell = of("flags").every((flags) => flags === "slave") &&
          of("master-link-status").every((status) => status === "ok");
        if (of("flags").length !== count || !isWell) return false;
      }
      return true;
    }, { interval: 50 });
    return ports[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.processes) {
      process.kill("SIGKILL");
      await process.status;
    }
    await this.directory[Symbol.asyncDispose]();
  }

  async #waitUntilAcquainted(replicas: number): Promise<void> {
    for (const port of this.ports) {
      await waitFor("the sentinels to know each other", async () => {
        const flat = await ask(port, "SENTINEL", "MASTER", PRIMARY);
        return flat[flat.indexOf("num-other-sentinels") + 1] === "2";
      }, { interval: 50 });
    }
    await this.waitForReplicas(replicas);
  }
}

async function ask(port: number, ...args: string[]): Promise<string[]> {
  const client = await RawClient.connect(port);
  try {
    return await client.texts(...args);
  } finally {
    await client.close();
  }
}

function configuration(port: number, primaryPort: number, directory: string): string {
  return [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${directory}`,
    `sentinel monitor ${PRIMARY} 127.0.0.1 ${primaryPort} 2`,
    // Within a second they may not have connected to a new primary yet, and would take that for down.
    `sentinel down-after-milliseconds ${PRIMARY} 3000`,
    `sentinel failover-timeout ${PRIMARY} 5000`,
    `sentinel parallel-syncs ${PRIMARY} 1`,
    "",
  ].join("\n");
}
