/** The sub-commands of ACL about users. */

import type { SelectorTexts } from "../../access/selector.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import type { CommandContext, ServerContext } from "../context.ts";

/** ACL SETUSER. */
export function setUser({ client, reply, server }: ServerContext<"access">, args: Frame): void {
  const [name, ...rules] = args.strings().slice(2);
  server.access.setUser(name, rules, client);
  reply.ok();
}

/** ACL DELUSER. */
export function deleteUsers({ client, reply, server }: ServerContext<"access">, args: Frame): void {
  reply.integer(server.access.deleteUsers(args.strings().slice(2), client));
}

/** ACL LIST. */
export function list({ reply, server }: ServerContext<"access">): void {
  replyTexts(reply, server.access.users.describe().map((line) => `user ${line}`));
}

/** ACL USERS. */
export function names({ reply, server }: ServerContext<"access">): void {
  replyTexts(reply, Array.from(server.access.users, (user) => user.name));
}

/** ACL WHOAMI. */
export function whoAmI({ client, reply }: CommandContext): void {
  reply.bulkString(client.user.name);
}

/** ACL LOAD. */
export function load({ client, reply, server }: ServerContext<"access">): void {
  server.access.load(client);
  reply.ok();
}

/** ACL SAVE. */
export function save({ reply, server }: ServerContext<"access">): void {
  server.access.save();
  reply.ok();
}

/** ACL GETUSER. */
export function getUser({ reply, server }: ServerContext<"access">, args: Frame): void {
  const user = server.access.users.get(args.string(2));
  if (user === undefined) return reply.null();
  const [own, ...selectors] = user.describeSelectors();
  reply.map(6);
  reply.bulkString("flags");
  reply.set(user.flags.length);
  for (const flag of user.flags) reply.bulkString(flag);
  reply.bulkString("passwords");
  replyTexts(reply, user.passwordHashes);
  replyFields(reply, own);
  reply.bulkString("selectors");
  reply.array(selectors.length);
  for (const selector of selectors) {
    reply.map(Object.keys(selector).length);
    replyFields(reply, selector);
  }
}

/** Replies the fields of a map whose header was replied. */
function replyFields(reply: ReplyWriter, { commands, keys, channels }: SelectorTexts): void {
  for (const [name, text] of Object.entries({ commands, keys, channels })) {
    reply.bulkString(name);
    reply.bulkString(text);
  }
}

function replyTexts(reply: ReplyWriter, texts: readonly string[]): void {
  reply.array(texts.length);
  for (const text of texts) reply.bulkString(text);
}
