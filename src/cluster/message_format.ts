/** Where everything is in the bytes of a message, all numbers with the high byte first. */

import { SLOT_BYTES } from "./slot_set.ts";

/** What each message begins with. */
export const SIGNATURE = "RCmb";
export const PROTOCOL_VERSION = 1;

/** How many characters an id has. */
export const ID_LENGTH = 40;
/** Room for an IP address, with a NUL behind it. */
export const IP_ROOM = 46;
/** The longest hostname that a node can announce. */
export const MAX_HOSTNAME = 255;

/** The header. */
export const Header = {
  signature: 0,
  length: 4,
  version: 8,
  port: 10,
  type: 12,
  /** How many nodes there is gossip about. */
  count: 14,
  currentEpoch: 16,
  configEpoch: 24,
  offset: 32,
  sender: 40,
  slots: 80,
  primary: 2128,
  ip: 2168,
  /** How many extensions there are. */
  extensions: 2214,
  plainPort: 2246,
  busPort: 2248,
  flags: 2250,
  state: 2252,
  messageFlags: 2253,
} as const;
export const HEADER_SIZE = 2256;
/** Messages of which no end is known yet: signature and length. */
export const PREFIX_SIZE = 8;

/** What `messageFlags` says, as bits. */
export const MessageFlag = { Paused: 1 << 0, ForceAck: 1 << 1, Extensions: 1 << 2 } as const;

/** What `state` says. */
export const StateByte = { Ok: 0, Fail: 1 } as const;

/** What is said about another node. */
export const Gossip = {
  id: 0,
  pingSent: 40,
  pongReceived: 44,
  ip: 48,
  port: 94,
  busPort: 96,
  flags: 98,
  plainPort: 100,
} as const;
export const GOSSIP_SIZE = 104;

/** An extension: its length with these fields, which 8 divides, its type, its content. */
export const Extension = { length: 0, type: 4, content: 8 } as const;
export const EXTENSION_ALIGNMENT = 8;
/** The sender's hostname, with a NUL behind it. */
export const HOSTNAME_EXTENSION = 0;

/** What a PUBLISH or PUBLISHSHARD has: two lengths, the channel, the message. */
export const Publish = { channelLength: 0, messageLength: 4, content: 8 } as const;

/** What an UPDATE has. */
export const Update = { configEpoch: 0, node: 8, slots: 48 } as const;
export const UPDATE_SIZE: number = Update.slots + SLOT_BYTES;

/** What a module's message has before its content: 8 bytes, the content's length, 4 bytes less 3. */
export const Module = { length: 8, content: 13 } as const;
