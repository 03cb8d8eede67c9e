/** COMMAND GETKEYS and GETKEYSANDFLAGS: which arguments of a call are keys. */

import { CallKeys } from "../../access/call_keys.ts";
import { keyFlagsOf } from "../../access/key_flags.ts";
import { ReplyError } from "../../base/errors.ts";
import { Frame } from "../../resp/frame.ts";
import type { ServerContext } from "../context.ts";
import type { CommandsView } from "../views/commands.ts";
import { replySimpleSet } from "./command_details.ts";

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
  reply.array(keys.count);
  while (keys.next()) reply.bulk(call.span(keys.position));
}

/** COMMAND GETKEYSANDFLAGS command [arg …] */
export function getKeysAndFlags({ reply, server }: ServerContext<"registry">, args: Frame): void {
  const call = innerCall(args);
  const keys = requireKeys(server.registry, call);
  reply.array(keys.count);
  while (keys.next()) {
    reply.array(2);
    reply.bulk(call.span(keys.position));
    replySimpleSet(reply, keyFlagsOf(keys.flags));
  }
}

function innerCall(args: Frame): Frame {
  const words: Uint8Array[] = [];
  for (let i = CALL_FROM; i < args.argc; i++) words.push(args.copy(i));
  return Frame.fromBytes(words);
}

function requireKeys(registry: CommandsView, call: Frame): CallKeys {
  const command = registry.find(call)?.called(call);
  if (command === undefined) throw NO_SUCH_COMMAND;
  if (!command.mayHaveKeys) throw NO_KEYS;
  if (!command.acceptsCount(call.argc)) throw WRONG_COUNT;
  const keys = new CallKeys();
  command.findKeys(call, keys);
  if (keys.count === 0 && !command.declaration.flags.includes("no_mandatory_keys")) {
    throw NO_KEYS_FOUND;
  }
  return keys;
}
