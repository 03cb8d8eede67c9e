/** A cluster of servers in processes of their own, ours and real ones, made by redis-cli. */

import { assertEquals } from "@std/assert";
import { startMiniredis } from "../support/miniredis_process.ts";
import { startReference } from "../support/reference.ts";
import { redisCli } from "../support/redis_cli.ts";
import type { ServerProcess } from "../support/server_process.ts";
import { waitFor } from "../support/wait_for.ts";

/** Who a node is: ours, or a real redis-server. */
export type Kind = "ours" | "real";

/** What each node is started with. */
export const NODE_DIRECTIVES = {
  "cluster-enabled": "yes",
  "cluster-node-timeout": "3000",
  "repl-diskless-sync-delay": "0",
};

/** Starts a node that knows no other. */
export async function startNode(kind: Kind): Promise<ServerProcess> {
  const start = kind === "ours" ? startMiniredis : startReference;
  return await start({ directives: NODE_DIRECTIVES });
}

/** The cluster. */
export class ClusterOf implements AsyncDisposable {
  private constructor(readonly nodes: ServerProcess[]) {}

  /** Starts nodes and has redis-cli join them, each primary with so many replicas. */
  static async create(kinds: readonly Kind[], replicas: number): Promise<ClusterOf> {
    const cluster = new ClusterOf(await Promise.all(kinds.map(startNode)));
    try {
      const places = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`);
      await cluster.manage("create", ...places, "--cluster-replicas", String(replicas));
      await cluster.agreed();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** A node, as redis-cli names it. */
  place(node = 0): string {
    return `127.0.0.1:${this.nodes[node].port}`;
  }

  /** Runs `redis-cli --cluster`, which must succeed; returns what it says. */
  async manage(...args: string[]): Promise<string> {
    const { code, output, errors } = await redisCli(this.nodes[0].port, [
      ...["--cluster", ...args, "--cluster-yes"],
    ]);
    assertEquals(code, 0, `redis-cli --cluster ${args.join(" ")}:\n${output}${errors}`);
    return output;
  }

  /** The reply of a node, as text. */
  async ask(node: number, ...args: string[]): Promise<string> {
    const client = await this.nodes[node].connect();
    const { raw } = await client.call(...args);
    await client.close();
    return raw;
  }

  /** A node's id. */
  async id(node: number): Promise<string> {
    return /[0-9a-f]{40}/.exec(await this.ask(node, "CLUSTER", "MYID"))?.[0] ?? "";
  }

  /** Waits until all nodes say the same of who has which slots, and that all slots are served. */
  async agreed(): Promise<void> {
    await waitFor("nodes that agree", async () => {
      const views = await Promise.all(this.nodes.keys().map((node) => this.view(node)));
      return views.every((view) => view === views[0]) && /^ok/.test(views[0]);
    });
  }

  /** What a node sees: the cluster's state, and each node with its role, its primary and its slots. */
  async view(node: number): Promise<string> {
    const info = await this.ask(node, "CLUSTER", "INFO");
    const lines = (await this.ask(node, "CLUSTER", "NODES")).split("\n").slice(1, -1);
    const shown = lines.filter((line) => line.length > 40).map((line) => {
      const [id, , flags, primary, , , epoch, , ...slots] = line.trim().split(" ");
      return [id, flags.replace("myself,", ""), primary, epoch, ...slots].join(" ");
    });
    return [/state:(\w+)/.exec(info)?.[1], ...shown.sort()].join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()));
  }
}
