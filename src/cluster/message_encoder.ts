/** Messages as the bytes that the bus carries. */

import { NodeFlag } from "./cluster_node.ts";
import {
  type GossipEntry,
  type Message,
  type MessageBody,
  type MessageHeader,
  MessageType,
  type PublishBody,
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
  MessageFlag,
  PROTOCOL_VERSION,
  Publish,
  SIGNATURE,
  StateByte,
  Update,
  UPDATE_SIZE,
} from "./message_format.ts";

/** The bits of flags that mean something to others. */
const FLAG_BITS = 0xffff;

/** The bytes of a message. Ids, addresses and hostnames are ASCII, and not too long. */
export function encodeMessage({ header, body }: Message): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + bodySize(body));
  const view = new DataView(bytes.buffer);
  writeHeader(bytes, view, header);
  view.setUint16(Header.type, body.type);
  writeBody(bytes, view, body);
  return bytes;
}

function writeHeader(bytes: Uint8Array, view: DataView, header: MessageHeader): void {
  const { address } = header;
  writeText(bytes, Header.signature, SIGNATURE);
  view.setUint32(Header.length, bytes.length);
  view.setUint16(Header.version, PROTOCOL_VERSION);
  view.setUint16(Header.port, address.port);
  view.setBigUint64(Header.currentEpoch, header.currentEpoch);
  view.setBigUint64(Header.configEpoch, header.configEpoch);
  view.setBigUint64(Header.offset, BigInt(header.offset));
  writeText(bytes, Header.sender, header.sender);
  bytes.set(header.slots, Header.slots);
  if (header.primary !== null) writeText(bytes, Header.primary, header.primary);
  writeText(bytes, Header.ip, address.ip);
  view.setUint16(Header.plainPort, address.plainPort);
  view.setUint16(Header.busPort, address.busPort);
  view.setUint16(Header.flags, header.flags & FLAG_BITS);
  bytes[Header.state] = header.isOk ? StateByte.Ok : StateByte.Fail;
  bytes[Header.messageFlags] = (header.isPaused ? MessageFlag.Paused : 0) |
    (header.forcesVote ? MessageFlag.ForceAck : 0);
}

function bodySize(body: MessageBody): number {
  switch (body.type) {
    case MessageType.Ping:
    case MessageType.Pong:
    case MessageType.Meet:
      return body.gossip.length * GOSSIP_SIZE + extensionSize(body.hostname);
    case MessageType.Fail:
      return ID_LENGTH;
    case MessageType.Publish:
    case MessageType.PublishShard:
      return Publish.content + body.channel.length + body.message.length;
    case MessageType.Update:
      return UPDATE_SIZE;
    default:
      return 0;
  }
}

function extensionSize(hostname: string): number {
  if (hostname === "") return 0;
  const size = hostname.length + 1;
  return Extension.content + Math.ceil(size / EXTENSION_ALIGNMENT) * EXTENSION_ALIGNMENT;
}

function writeBody(bytes: Uint8Array, view: DataView, body: MessageBody): void {
  switch (body.type) {
    case MessageType.Ping:
    case MessageType.Pong:
    case MessageType.Meet: {
      view.setUint16(Header.count, body.gossip.length);
      let at = HEADER_SIZE;
      for (const entry of body.gossip) {
        writeGossip(bytes, view, at, entry);
        at += GOSSIP_SIZE;
      }
      writeHostname(bytes, view, at, body.hostname);
      break;
    }
    case MessageType.Fail:
      writeText(bytes, HEADER_SIZE, body.failed);
      break;
    case MessageType.Publish:
    case MessageType.PublishShard:
      writePublication(bytes, view, body);
      break;
    case MessageType.Update:
      view.setBigUint64(HEADER_SIZE + Update.configEpoch, body.configEpoch);
      writeText(bytes, HEADER_SIZE + Update.node, body.node);
      bytes.set(body.slots, HEADER_SIZE + Update.slots);
  }
}

function writeGossip(bytes: Uint8Array, view: DataView, at: number, entry: GossipEntry): void {
  const { address } = entry;
  writeText(bytes, at + Gossip.id, entry.id);
  view.setUint32(at + Gossip.pingSent, entry.pingSent);
  view.setUint32(at + Gossip.pongReceived, entry.pongReceived);
  writeText(bytes, at + Gossip.ip, address.ip);
  view.setUint16(at + Gossip.port, address.port);
  view.setUint16(at + Gossip.busPort, address.busPort);
  view.setUint16(at + Gossip.flags, entry.flags & ~NodeFlag.Myself & FLAG_BITS);
  view.setUint16(at + Gossip.plainPort, address.plainPort);
}

function writeHostname(bytes: Uint8Array, view: DataView, at: number, hostname: string): void {
  if (hostname === "") return;
  view.setUint16(Header.extensions, 1);
  bytes[Header.messageFlags] |= MessageFlag.Extensions;
  view.setUint32(at + Extension.length, extensionSize(hostname));
  view.setUint16(at + Extension.type, HOSTNAME_EXTENSION);
  writeText(bytes, at + Extension.content, hostname);
}

function writePublication(bytes: Uint8Array, view: DataView, body: PublishBody): void {
  const { channel, message } = body, content = HEADER_SIZE + Publish.content;
  view.setUint32(HEADER_SIZE + Publish.channelLength, channel.length);
  view.setUint32(HEADER_SIZE + Publish.messageLength, message.length);
  bytes.set(channel, content);
  bytes.set(message, content + channel.length);
}

function writeText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}
