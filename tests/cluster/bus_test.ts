import { assert, assertEquals, assertFalse } from "@std/assert";
import { bytesOf } from "../../src/base/span.ts";
import { MessageType } from "../../src/cluster/message.ts";
import { decodeMessage } from "../../src/cluster/message_decoder.ts";
import { encodeMessage } from "../../src/cluster/message_encoder.ts";
import { Header } from "../../src/cluster/message_format.ts";
import { SLOT_BYTES } from "../../src/cluster/slot_set.ts";
import { Relay } from "../support/relay.ts";
import { waitFor } from "../support/wait_for.ts";
import { BusNode } from "./bus_node.ts";

function ping(sender: string, type: typeof MessageType.Ping | typeof MessageType.Meet) {
  return encodeMessage({
    header: {
      ...{ sender, currentEpoch: 0n, configEpoch: 0n, offset: 0, primary: null },
      slots: new Uint8Array(SLOT_BYTES),
      address: { ip: "", port: 1, plainPort: 0, busPort: 1 },
      ...{ flags: 1, isOk: true, isPaused: false, forcesVote: false },
    },
    body: { type, gossip: [], hostname: "" },
  });
}

async function connect({ busPort }: BusNode): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port: busPort });
}

async function isClosed(conn: Deno.TcpConn): Promise<boolean> {
  try {
    return await conn.read(new Uint8Array(1)) === null;
  } catch {
    return true;
  }
}

Deno.test("a stranger gets an answer to a PING, and is taken in only after a MEET", async () => {
  await using node = await BusNode.start();
  using conn = await connect(node);
  const { nodes } = node.cluster.state;
  await conn.write(ping("b".repeat(40), MessageType.Ping));
  const answer = new Uint8Array(10_000);
  const count = await conn.read(answer);
  assertEquals(decodeMessage(answer.subarray(0, count ?? 0)).header.sender, node.id);
  assertEquals(nodes.size, 1);
  await conn.write(ping("b".repeat(40), MessageType.Meet));
  await waitFor("the stranger to be known", () => nodes.size === 2);
  assert(/handshake - 0 0 0/.test(node.nodes));
  // Nobody is at its address.
  await waitFor("it to be given up", () => nodes.size === 1);
});

Deno.test("what is no message closes the connection, what is a bad one is passed over", async () => {
  await using node = await BusNode.start();
  using bad = await connect(node);
  await bad.write(bytesOf("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  assert(await isClosed(bad));
  using conn = await connect(node);
  const odd = ping("b".repeat(40), MessageType.Ping);
  new DataView(odd.buffer).setUint16(Header.count, 9);
  await conn.write(odd);
  const huge = ping("b".repeat(40), MessageType.Ping);
  new DataView(huge.buffer).setUint16(Header.type, MessageType.Publish);
  new DataView(huge.buffer).setUint32(Header.length, huge.length + 100_000);
  await conn.write(huge);
  for (let i = 0; i < 10; i++) await conn.write(new Uint8Array(10_000));
  await conn.write(ping("b".repeat(40), MessageType.Ping));
  assert(await conn.read(new Uint8Array(10_000)), "only the last one is answered");
  assertEquals(node.cluster.received[MessageType.Ping], 1);
  assert(node.log.some((line) => line.includes("is ignored")));
});

Deno.test("a link that takes nothing is closed when too much waits for it, and made again", async () => {
  const limit = 1_000_000;
  await using one = await BusNode.start({ "cluster-link-sendbuf-limit": limit });
  await using other = await BusNode.start();
  await using relay = await Relay.start(other.busPort);
  one.cluster.meet({ ip: "127.0.0.1", port: other.port, plainPort: 0, busPort: relay.port });
  const find = () => one.cluster.state.find(other.id);
  await waitFor("the other node", () => find()?.link);
  relay.hold();
  const link = find()?.link;
  for (let i = 0; i < 40; i++) {
    one.cluster.messenger.publish(bytesOf("c"), new Uint8Array(500_000), false);
  }
  await waitFor("the link to be closed", () => one.cluster.linksOverLimit === 1);
  relay.release();
  await waitFor("another link", () => find()?.link && find()?.link !== link);
  assertFalse(one.bus.bytes > limit);
  await waitFor("an answer", () => find()?.pingSentAt === 0);
});

Deno.test("nothing leaves when nodes.conf can't be written", async () => {
  await using one = await BusNode.start();
  await using other = await BusNode.start();
  one.cluster.meet({ ip: "127.0.0.1", port: other.port, plainPort: 0, busPort: other.busPort });
  await waitFor("both", () => one.cluster.state.find(other.id) && other.cluster.state.find(one.id));
  one.breakFile();
  const { state } = one.cluster, epoch = state.myself.configEpoch = state.beginEpoch();
  one.cluster.messenger.pongAll();
  await waitFor("the failure", () => one.log.some((line) => line.startsWith("failed: ")));
  assertEquals(one.bus.links, 0);
  assertFalse(other.cluster.state.find(one.id)?.configEpoch === epoch);
});

Deno.test("strangers that say MEET again and again are met once", async () => {
  await using node = await BusNode.start();
  using conn = await connect(node);
  for (let i = 0; i < 50; i++) await conn.write(ping("b".repeat(40), MessageType.Meet));
  await waitFor("them", () => node.cluster.received[MessageType.Meet] === 50);
  assertEquals(node.cluster.state.nodes.size, 2);
});
