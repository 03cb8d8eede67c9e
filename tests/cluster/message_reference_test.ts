/** What real nodes say to each other, over relays that listen. */

import { assert, assertEquals } from "@std/assert";
import { bytesOf } from "../../src/base/span.ts";
import { MESSAGE_NAMES } from "../../src/cluster/message.ts";
import { claimedLength, decodeMessage } from "../../src/cluster/message_decoder.ts";
import { encodeMessage } from "../../src/cluster/message_encoder.ts";
import { referenceTest } from "../support/reference.ts";
import { Relay } from "../support/relay.ts";
import { startReference } from "../support/reference.ts";
import { freePort } from "../support/free_port.ts";
import { waitFor } from "../support/wait_for.ts";

referenceTest(
  "every message of real nodes is read, and written to the byte as they did",
  async () => {
    await using stack = new AsyncDisposableStack();
    const nodes = await Promise.all(Array.from({ length: 4 }, async (_, i) => {
      const busPort = freePort();
      const relay = stack.use(await Relay.start(busPort));
      const server = stack.use(
        await startReference({
          directives: {
            "cluster-enabled": "yes",
            "cluster-node-timeout": "700",
            "cluster-port": String(busPort),
            "cluster-announce-bus-port": String(relay.port),
            "repl-diskless-sync-delay": "0",
            ...(i === 2 ? { "cluster-announce-hostname": "host-3.example" } : {}),
          },
        }),
      );
      const client = await server.connect();
      const [id] = await client.texts("CLUSTER", "MYID");
      return { relay, server, client, id };
    }));
    const [a, b, c, replica] = nodes;
    const ranges = [["0", "5000"], ["5001", "10000"], ["10001", "16383"]];
    for (const [i, range] of ranges.entries()) {
      await nodes[i].client.call("CLUSTER", "ADDSLOTSRANGE", ...range);
      await nodes[i].client.call("CLUSTER", "SET-CONFIG-EPOCH", String(i + 1));
    }
    for (const { server, relay } of nodes.slice(1)) {
      await a.client.call("CLUSTER", "MEET", "127.0.0.1", `${server.port}`, `${relay.port}`);
    }
    const isOk = async ({ client }: typeof a) =>
      /state:ok[^]*known_nodes:4/.test((await client.call("CLUSTER", "INFO")).text ?? "");
    await waitFor("the nodes to know each other", async () => {
      for (const node of nodes) if (!await isOk(node)) return false;
      return true;
    });
    await waitFor("a replica", async () => {
      return (await replica.client.call("CLUSTER", "REPLICATE", a.id)).text === "OK";
    });
    await waitFor("the replica's data", async () => {
      return /master_link_status:up/.test((await replica.client.call("INFO")).text ?? "");
    });
    await waitFor("news of the replica", async () => {
      return (await c.client.call("CLUSTER", "NODES")).text?.includes(`slave ${a.id}`);
    });
    await a.client.call("PUBLISH", "channel", "to all");
    await a.client.call("SPUBLISH", "{b}", "to the shard");
    await b.client.call("SET", "{a}", "1");
    await replica.client.call("CLUSTER", "FAILOVER");
    const isPrimary = (of: typeof a, who: typeof a) => async () =>
      new RegExp(`${who.id} \\S* (myself,)?master -`).test(
        (await of.client.call("CLUSTER", "NODES")).text ?? "",
      );
    await waitFor("a manual failover", isPrimary(b, replica));
    await waitFor("the old primary", async () => !await isPrimary(b, a)());
    await waitFor("the link", async () => {
      return /master_link_status:up/.test((await a.client.call("INFO")).text ?? "");
    });
    const { port } = replica.server;
    await replica.server.kill("SIGKILL");
    await waitFor("an automatic failover", isPrimary(b, a));
    // It believes to be the primary still, and is told.
    await replica.server.restart({}, port);
    await waitFor("the news to get there", async () => {
      const client = await replica.server.connect();
      return (await client.call("CLUSTER", "NODES")).text?.includes("myself,slave");
    });

    const seen = new Set<string>();
    for (const { relay } of nodes) {
      for (const link of relay.links) {
        for (const way of ["toServer", "toClient"] as const) {
          const bytes = bytesOf(link.text(way));
          for (let at = 0; at + 8 <= bytes.length;) {
            const end = at + claimedLength(bytes.subarray(at));
            if (end > bytes.length) break;
            const piece = bytes.subarray(at, end), message = decodeMessage(piece);
            const name = MESSAGE_NAMES[message.body.type], ours = encodeMessage(message);
            const difference = piece.findIndex((byte, i) => byte !== ours[i]);
            assertEquals(
              [name, ours.length, difference],
              [name, piece.length, -1],
              `Redis: ${piece[difference]}, ours: ${ours[difference]}`,
            );
            seen.add(name);
            if ("hostname" in message.body && message.header.sender === c.id) {
              assertEquals(message.body.hostname, "host-3.example");
            }
            at = end;
          }
        }
      }
    }
    const expected = "ping pong meet fail publish auth-req auth-ack mfstart publishshard".split(
      " ",
    );
    for (const name of expected) assert(seen.has(name), `${name} is not among ${[...seen]}`);
  },
);
