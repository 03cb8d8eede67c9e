/** What a replica says to its primary before it is sent any data, and what is made of the answers. */

import type { Settings } from "../../config/mod.ts";
import type { Log } from "../../observe/log.ts";
import { LinkError, type PrimarySocket } from "./primary_socket.ts";

/** From where on a replica could go on. */
export interface ResumptionPoint {
  readonly id: string;
  /** How many bytes of that history it has. */
  readonly offset: number;
}

/** What the primary is going to send. */
export type SyncKind =
  /** What was missed; the history may have another name from now on. */
  | { readonly kind: "partial"; readonly id: string | null }
  /** All data, which is that of a history at some offset. */
  | { readonly kind: "full"; readonly id: string; readonly offset: number }
  /** All data, of a history that has no name, as before Redis 2.8. */
  | { readonly kind: "nameless" };

/** What a handshake works with. */
export interface HandshakeParts {
  readonly socket: PrimarySocket;
  readonly settings: Readonly<Settings>;
  readonly log: Log;
  /** Where a partial resynchronisation could begin, or null; asked when it is time for it. */
  readonly resumption: () => ResumptionPoint | null;
  /** What follows PSYNC's arguments; null: nothing. */
  readonly psyncOption: string | null;
}

/** Shakes hands. Throws `LinkError`. */
export async function shakeHands(parts: HandshakeParts): Promise<SyncKind> {
  const { socket, log } = parts;
  socket.sendCommand("PING");
  const pong = await readReply(socket);
  // Who has to authenticate is told so.
  if (!/^\+|^-(NOAUTH|NOPERM|ERR operation not permitted)/.test(pong)) {
    throw new LinkError(`Error reply to PING from master: '${pong}'`);
  }
  log.notice("Master replied to PING, replication can continue...");
  await introduce(parts);
  return await askForData(parts);
}

async function readReply(socket: PrimarySocket): Promise<string> {
  try {
    return await socket.readLine();
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    throw new LinkError(
      `Failed to read response from the server: ${error.message}\n` +
        "Master did not respond to command during SYNC handshake",
    );
  }
}

/** Says who is there, and what it understands. All of it is sent before the first answer is read. */
async function introduce({ socket, settings, log }: HandshakeParts): Promise<void> {
  const { masteruser, masterauth, port } = settings;
  const authenticates = masterauth !== "";
  if (authenticates) {
    socket.sendCommand("AUTH", ...masteruser === "" ? [] : [masteruser], masterauth);
  }
  const announcedPort = settings["replica-announce-port"] ||
    (settings["tls-replication"] && settings["tls-port"] || port);
  socket.sendCommand("REPLCONF", "listening-port", String(announcedPort));
  const announcedAddress = settings["replica-announce-ip"];
  if (announcedAddress !== "") socket.sendCommand("REPLCONF", "ip-address", announcedAddress);
  socket.sendCommand("REPLCONF", "capa", "eof", "capa", "psync2");
  if (authenticates) {
    const reply = await readReply(socket);
    if (reply.startsWith("-")) throw new LinkError(`Unable to AUTH to MASTER: ${reply}`);
  }
  const said = ["listening-port", ...announcedAddress === "" ? [] : ["ip-address"], "capa"];
  for (const name of said) {
    const reply = await readReply(socket);
    if (!reply.startsWith("-")) continue;
    log.notice(`(Non critical) Master does not understand REPLCONF ${name}: ${reply}`);
  }
}

async function askForData(parts: HandshakeParts): Promise<SyncKind> {
  const { socket, log, psyncOption: option } = parts;
  const point = parts.resumption();
  const [id, offset] = point === null ? ["?", "-1"] : [point.id, String(point.offset + 1)];
  if (point === null) log.notice("Partial resynchronization not possible (no cached master)");
  else log.notice(`Trying a partial resynchronization (request ${id}:${offset}).`);
  socket.sendCommand("PSYNC", id, offset, ...option === null ? [] : [option]);
  let reply = "";
  // The primary says that it is alive while it has no answer.
  while (reply === "") reply = await readReply(socket);
  return understand(reply, parts);
}

/** What PSYNC was answered. */
function understand(reply: string, { socket, log }: HandshakeParts): SyncKind {
  if (reply.startsWith("+FULLRESYNC")) {
    const [, id, offset] = /^\+FULLRESYNC ([^ ]{40}) (\d{1,15})$/.exec(reply) ?? [];
    if (id === undefined) {
      log.warning("Master replied with wrong +FULLRESYNC syntax.");
      return { kind: "nameless" };
    }
    log.notice(`Full resync from master: ${id}:${offset}`);
    return { kind: "full", id, offset: Number(offset) };
  }
  if (reply.startsWith("+CONTINUE")) {
    log.notice("Successful partial resynchronization with master.");
    return { kind: "partial", id: /^\+CONTINUE +([^ ]{40})$/.exec(reply)?.[1] ?? null };
  }
  if (/^-(NOMASTERLINK|LOADING)/.test(reply)) {
    log.notice(`Master is currently unable to PSYNC but should be in the future: ${reply}`);
    throw new LinkError("");
  }
  if (reply.startsWith("-ERR")) {
    log.notice(`Master does not support PSYNC or is in error state (reply: ${reply})`);
  } else {
    log.warning(`Unexpected reply to PSYNC from master: ${reply}`);
  }
  log.notice("Retrying with SYNC...");
  socket.send(SYNC);
  return { kind: "nameless" };
}

const SYNC = new TextEncoder().encode("SYNC\r\n");
