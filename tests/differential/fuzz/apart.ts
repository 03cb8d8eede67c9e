/** Calls that change what a connection is, wait, or are no RESP: each has a connection of its own. */

import {
  ConnectionClosed,
  encodeCommandText,
  type RawClient,
  ReplyTimeout,
} from "../../support/raw_client.ts";
import { leaves, type Reply } from "../../support/reply.ts";
import { waitFor } from "../../support/wait_for.ts";
import type { Side } from "../pair.ts";

const APART =
  /^(!raw|[ps]?subscribe|[ps]?unsubscribe|hello|auth|quit|reset|wait|migrate|bl.*|br.*|bz.*)$/i;
const APART_OF_CLIENT = /^(tracking|caching|no-evict|setname)$/i;

/** Comes back when all before it was answered. */
const SENTINEL = "the sentinel";
/** How long a client that waits is let wait, in ms, and how long it may take until it is answered. */
const WAIT = 30, PATIENCE = 30_000;

/** Whether a call is one of these. */
export function isApart(args: readonly string[]): boolean {
  const [name, second = ""] = args;
  return APART.test(name) || /^client$/i.test(name) && APART_OF_CLIENT.test(second) ||
    /^xread/i.test(name) && args.some((arg) => /^block/i.test(arg));
}

/** Sends a call on a new connection; the reply is an array of all that came back. */
export async function answerApart(
  args: readonly string[],
  side: Side,
  protocol: 2 | 3,
): Promise<Reply> {
  const client = await side.connect();
  let id = "";
  try {
    await client.texts("HELLO", String(protocol));
    [id] = await client.texts("CLIENT", "ID");
    const isRaw = args[0] === "!raw";
    const sentinel = encodeCommandText(["PING", SENTINEL]);
    try {
      await client.write(isRaw ? args[1] ?? "" : encodeCommandText(args) + sentinel);
      if (isRaw) await client.closeWrite();
    } catch (error) {
      // What it has said before it closed is still read.
      if (!(error instanceof ConnectionClosed || error instanceof Deno.errors.NotConnected)) {
        throw error;
      }
    }
    return combine(await readAll(client, side, id));
  } finally {
    await client.close();
    if (id !== "") await waitUntilGone(side, id);
  }
}

/** Subscriptions count until the server has noticed that they ended. */
async function waitUntilGone(side: Side, id: string): Promise<void> {
  await waitFor(`${side.name} to free client ${id}`, async () => {
    const [line] = await side.texts("CLIENT", "LIST", "ID", id);
    return line === "";
  });
}

/** Reads up to the sentinel, or up to the end; a client that waits is told that its time is over. */
async function readAll(client: RawClient, side: Side, id: string): Promise<Reply[]> {
  const replies: Reply[] = [];
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      const reply = await client.read(WAIT);
      if (leaves(reply).includes(SENTINEL)) return replies;
      replies.push(reply);
    } catch (error) {
      if (error instanceof ConnectionClosed) return [...replies, CLOSED];
      if (!(error instanceof ReplyTimeout)) throw error;
      if (performance.now() > deadline) {
        throw new Error(
          `${side.name} did not answer; its log ends:\n${side.server.log.slice(-4000)}`,
          {
            cause: error,
          },
        );
      }
      await side.texts("CLIENT", "UNBLOCK", id);
    }
  }
}

const CLOSED: Reply = { type: "+", text: "closed", raw: "+closed\r\n" };

function combine(replies: readonly Reply[]): Reply {
  const raw = replies.map(({ raw }) => raw).join("");
  // HELLO may stand within bytes that are none of its own.
  return { type: "*", children: replies, raw: raw.replace(/\$2\r\nid\r\n:\d+/g, "$2\r\nid\r\n:0") };
}
