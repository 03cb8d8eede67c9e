/** COMMAND GETKEYS and GETKEYSANDFLAGS: which arguments of a call are keys. */

import { ReplyError } from "../../base/errors.ts";
import { Frame } from "../../resp/frame.ts";
import type { ServerContext } from "../context.ts";
import type { KeyPosition } from "../description.ts";
import { findKeys, mayHaveKeys } from "../key_positions.ts";
import type { CommandsView, CommandView } from "../views/commands.ts";
import { inKeyFlagOrder, replySimpleSet } from "./command_details.ts";

const NO_SUCH_COMMAND = new ReplyError("ERR Invalid command specified");
const NO_KEYS = new ReplyError("ERR The command has no key arguments");
const WRONG_COUNT = new ReplyError("ERR Invalid number of arguments specified for command");
const NO_KEYS_FOUND = new ReplyError("ERR Invalid arguments specified for command");

/** Where the call that is asked about begins. */
const CALL_FROM = 2;

/** COMMAND GETKEYS command [arg …] */
export function getKeys({ reply, server }: ServerContext<"registry">, args: Frame): void {
  const call = innerCall(args);
  const keys = requireKeys(server.registry, call);
  reply.array(keys.length);
  for (const { position } of keys) reply.bulk(call.span(position));
}

/** COMMAND GETKEYSANDFLAGS command [arg …] */
export function getKeysAndFlags({ reply, server }: ServerContext<"registry">, args: Frame): void {
  const call = innerCall(args);
  const keys = requireKeys(server.registry, call);
  reply.array(keys.length);
  for (const { position, flags } of keys) {
    reply.array(2);
    reply.bulk(call.span(position));
    replySimpleSet(reply, inKeyFlagOrder(flags));
  }
}

function innerCall(args: Frame): Frame {
  const words: Uint8Array[] = [];
  for (let i = CALL_FROM; i < args.argc; i++) words.push(args.copy(i));
  return Frame.fromBytes(words);
}

function requireKeys(registry: CommandsView, call: Frame): readonly KeyPosition[] {
  const command = calledCommand(registry, call);
  if (command === undefined) throw NO_SUCH_COMMAND;
  const { declaration } = command;
  if (!mayHaveKeys(declaration)) throw NO_KEYS;
  if (!command.acceptsCount(call.argc)) throw WRONG_COUNT;
  const keys = findKeys(declaration, call);
  if (keys !== null && keys.length > 0) return keys;
  if (!declaration.flags.includes("no_mandatory_keys")) throw NO_KEYS_FOUND;
  return [];
}

function calledCommand(registry: CommandsView, call: Frame): CommandView | undefined {
  const container = registry.find(call);
  if (!container || container.subcommands.length === 0 || call.argc < 2) return container;
  return container.subcommand(call.span(1));
}
