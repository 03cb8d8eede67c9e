/** The bytes that the bus carries as messages. They come from outside: whatever they are, they are read or refused. */

import { byteString } from "../base/span.ts";
import { isNodeId } from "./cluster_node.ts";
import {
  type GossipEntry,
  type Message,
  type MessageBody,
  type MessageHeader,
  MessageType,
} from "./message.ts";
import {
  Extension,
  EXTENSION_ALIGNMENT,
  Gossip,
  GOSSIP_SIZE,
  Header,
  HEADER_SIZE,
  HOSTNAME_EXTENSION,
  ID_LENGTH,
  IP_ROOM,
  MAX_HOSTNAME,
  MessageFlag,
  Module,
  PREFIX_SIZE,
  PROTOCOL_VERSION,
  Publish,
  SIGNATURE,
  StateByte,
  Update,
  UPDATE_SIZE,
} from "./message_format.ts";
import { SLOT_BYTES } from "./slot_set.ts";

/** Bytes that are no message, or none that is understood here; the text says why. */
export class BadMessage extends Error {}

/**
 * How many bytes the message has that begins here, as its sender claims, of which there are `PREFIX_SIZE` at
 * least. Throws `BadMessage` where no message begins here, after which nothing can be read any more.
 */
export function claimedLength(bytes: Uint8Array): number {
  if (bytes.length < PREFIX_SIZE) throw new BadMessage("there are too few bytes");
  if (byteString(bytes, 0, SIGNATURE.length) !== SIGNATURE) {
    throw new BadMessage("it does not begin as messages do");
  }
  const length = viewOf(bytes).getUint32(Header.length);
  if (length < HEADER_SIZE) throw new BadMessage("it is shorter than a header");
  return length;
}

/**
 * The type of a message of which `HEADER_SIZE` bytes or more have come, and who is said to have sent it: whether it
 * is worth waiting for the rest.
 */
export function peekMessage(bytes: Uint8Array): { readonly type: number; readonly sender: string } {
  return {
    type: viewOf(bytes).getUint16(Header.type),
    sender: byteString(bytes, Header.sender, Header.sender + ID_LENGTH),
  };
}

/** The message that bytes are, from the first to the last. Throws `BadMessage`. */
export function decodeMessage(bytes: Uint8Array): Message {
  if (claimedLength(bytes) !== bytes.length) throw new BadMessage("its length is another one");
  const view = viewOf(bytes);
  if (view.getUint16(Header.version) !== PROTOCOL_VERSION) {
    throw new BadMessage("it is of another version");
  }
  return { header: readHeader(bytes, view), body: readBody(bytes, view) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readHeader(bytes: Uint8Array, view: DataView): MessageHeader {
  const messageFlags = bytes[Header.messageFlags];
  return {
    sender: readId(bytes, Header.sender),
    currentEpoch: view.getBigUint64(Header.currentEpoch),
    configEpoch: view.getBigUint64(Header.configEpoch),
    offset: Number(view.getBigUint64(Header.offset)),
    slots: bytes.subarray(Header.slots, Header.slots + SLOT_BYTES),
    primary: bytes[Header.primary] === 0 ? null : readId(bytes, Header.primary),
    address: {
      ip: readIp(bytes, Header.ip),
      port: view.getUint16(Header.port),
      plainPort: view.getUint16(Header.plainPort),
      busPort: view.getUint16(Header.busPort),
    },
    flags: view.getUint16(Header.flags),
    isOk: bytes[Header.state] === StateByte.Ok,
    isPaused: (messageFlags & MessageFlag.Paused) !== 0,
    forcesVote: (messageFlags & MessageFlag.ForceAck) !== 0,
  };
}

function readBody(bytes: Uint8Array, view: DataView): MessageBody {
  const type = view.getUint16(Header.type);
  switch (type) {
    case MessageType.Ping:
    case MessageType.Pong:
    case MessageType.Meet:
      return { type, ...readPing(bytes, view) };
    case MessageType.Fail:
      requireLength(bytes, HEADER_SIZE + ID_LENGTH);
      return { type, failed: readId(bytes, HEADER_SIZE) };
    case MessageType.Publish:
    case MessageType.PublishShard:
      return { type, ...readPublication(bytes, view) };
    case MessageType.Update:
      requireLength(bytes, HEADER_SIZE + UPDATE_SIZE);
      return {
        type,
        configEpoch: view.getBigUint64(HEADER_SIZE + Update.configEpoch),
        node: readId(bytes, HEADER_SIZE + Update.node),
        slots: bytes.subarray(HEADER_SIZE + Update.slots),
      };
    case MessageType.FailoverAuthRequest:
    case MessageType.FailoverAuthAck:
    case MessageType.MfStart:
      requireLength(bytes, HEADER_SIZE);
      return { type };
    case MessageType.Module:
      requireAtLeast(bytes, HEADER_SIZE + Module.content);
      requireLength(
        bytes,
        HEADER_SIZE + Module.content + view.getUint32(HEADER_SIZE + Module.length),
      );
      return { type };
    default:
      throw new BadMessage(`it is of type ${type}`);
  }
}

function requireLength(bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new BadMessage("its content has another length");
}

function requireAtLeast(bytes: Uint8Array, length: number): void {
  if (bytes.length < length) throw new BadMessage("its content ends too early");
}

function readPing(bytes: Uint8Array, view: DataView) {
  const count = view.getUint16(Header.count);
  requireAtLeast(bytes, HEADER_SIZE + count * GOSSIP_SIZE);
  const gossip = Array.from(
    { length: count },
    (_, i) => readGossip(bytes, view, HEADER_SIZE + i * GOSSIP_SIZE),
  );
  return { gossip, hostname: readExtensions(bytes, view, HEADER_SIZE + count * GOSSIP_SIZE) };
}

function readGossip(bytes: Uint8Array, view: DataView, at: number): GossipEntry {
  return {
    id: readId(bytes, at + Gossip.id),
    pingSent: view.getUint32(at + Gossip.pingSent),
    pongReceived: view.getUint32(at + Gossip.pongReceived),
    address: {
      ip: readIp(bytes, at + Gossip.ip),
      port: view.getUint16(at + Gossip.port),
      plainPort: view.getUint16(at + Gossip.plainPort),
      busPort: view.getUint16(at + Gossip.busPort),
    },
    flags: view.getUint16(at + Gossip.flags),
  };
}

/** Extensions from `at` to the end; returns the hostname that is among them. Those that are unknown are left out. */
function readExtensions(bytes: Uint8Array, view: DataView, at: number): string {
  let hostname = "";
  const isExtended = (bytes[Header.messageFlags] & MessageFlag.Extensions) !== 0;
  for (let left = isExtended ? view.getUint16(Header.extensions) : 0; left > 0; left--) {
    requireAtLeast(bytes, at + Extension.content);
    const length = view.getUint32(at + Extension.length);
    if (length < Extension.content || length % EXTENSION_ALIGNMENT !== 0) {
      throw new BadMessage("an extension has no such length");
    }
    requireAtLeast(bytes, at + length);
    if (view.getUint16(at + Extension.type) === HOSTNAME_EXTENSION) {
      hostname = readText(bytes, at + Extension.content, at + length);
      if (hostname.length > MAX_HOSTNAME || !/^[A-Za-z0-9.-]*$/.test(hostname)) {
        throw new BadMessage("a hostname is none");
      }
    }
    at += length;
  }
  requireLength(bytes, at);
  return hostname;
}

function readPublication(bytes: Uint8Array, view: DataView) {
  const content = HEADER_SIZE + Publish.content;
  requireAtLeast(bytes, content);
  const channelLength = view.getUint32(HEADER_SIZE + Publish.channelLength);
  const messageLength = view.getUint32(HEADER_SIZE + Publish.messageLength);
  requireLength(bytes, content + channelLength + messageLength);
  const end = content + channelLength;
  return { channel: bytes.subarray(content, end), message: bytes.subarray(end) };
}

function readId(bytes: Uint8Array, at: number): string {
  const id = byteString(bytes, at, at + ID_LENGTH);
  if (!isNodeId(id)) throw new BadMessage("an id is none");
  return id;
}

/** An address, or a name in place of one; it gets into nodes.conf, so it must not look like anything else there. */
function readIp(bytes: Uint8Array, at: number): string {
  const ip = readText(bytes, at, at + IP_ROOM);
  if (!/^[A-Za-z0-9.:_%-]*$/.test(ip)) throw new BadMessage("an address is none");
  return ip;
}

/** The text that ends with the first NUL, or with the room that there is for it. */
function readText(bytes: Uint8Array, start: number, end: number): string {
  const nul = bytes.subarray(start, end).indexOf(0);
  return byteString(bytes, start, nul < 0 ? end : start + nul);
}
