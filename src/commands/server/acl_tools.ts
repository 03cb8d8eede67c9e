/** The sub-commands of ACL that are not about one user: categories, passwords, what would and what was refused. */

import type { AccessLogEntry } from "../../access/access_log.ts";
import { Call, type Denial } from "../../access/call.ts";
import { CATEGORIES, findCategory } from "../../access/categories.ts";
import { generateSecret } from "../../access/passwords.ts";
import { toLowerAscii } from "../../base/ascii.ts";
import { ReplyError } from "../../base/errors.ts";
import { requireInteger } from "../../base/numbers.ts";
import { Frame } from "../../resp/frame.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import { subcommandSyntaxError } from "../help.ts";
import type { CommandsView, CommandView } from "../views/commands.ts";

const USUAL_BITS = 256;
const MOST_BITS = 4096;
const WRONG_BITS = new ReplyError(
  "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up " +
    `to ${MOST_BITS}`,
);
const USUAL_ENTRIES = 10;

/** Longest stretch of a category's name that an error repeats. */
const QUOTED_BYTES = 128;

/** ACL CAT. */
export function categories(context: ServerContext<"registry">, args: Frame): void {
  const { reply, server } = context;
  if (args.argc > 3) throw subcommandSyntaxError(args);
  const names = args.argc === 2 ? CATEGORIES : commandsOf(server.registry, args.shownText(2));
  reply.array(names.length);
  for (const name of names) reply.bulkString(name);
}

function commandsOf(registry: CommandsView, name: string): string[] {
  const category = findCategory(toLowerAscii(name));
  if (category === undefined) {
    throw new ReplyError(`ERR Unknown category '${name.slice(0, QUOTED_BYTES)}'`);
  }
  return registry.originals.flatMap((command) => [command, ...command.subcommands])
    .filter((command) => command.categories.includes(category))
    .map((command) => command.fullName);
}

/** ACL GENPASS. */
export function generatePassword(context: CommandContext, args: Frame): void {
  if (args.argc > 3) throw subcommandSyntaxError(args);
  const bits = args.argc === 3 ? Number(requireInteger(args.span(2))) : USUAL_BITS;
  if (bits < 1 || bits > MOST_BITS) throw WRONG_BITS;
  context.reply.bulkString(generateSecret(bits));
}

/** ACL DRYRUN. */
export function dryRun({ reply, server }: ServerContext<"access" | "registry">, args: Frame): void {
  const user = server.access.users.get(args.string(2));
  if (user === undefined) throw new ReplyError(`ERR User '${args.shownText(2)}' not found`);
  const frame = Frame.fromStrings(args.strings().slice(3));
  const command = server.registry.find(frame)?.called(frame);
  if (command === undefined) throw new ReplyError(`ERR Command '${args.shownText(3)}' not found`);
  if (!command.acceptsCount(frame.argc)) {
    throw new ReplyError(`ERR wrong number of arguments for '${command.fullName}' command`);
  }
  const denial = user.check(new Call(command, frame));
  if (denial === null) reply.ok();
  else {reply.bulkString(
      `This user has no permissions to ${describeDenial(denial, command, frame)}`,
    );}
}

function describeDenial({ reason, position }: Denial, command: CommandView, frame: Frame): string {
  if (reason === "command") return `run the '${command.fullName}' command`;
  return `access the '${frame.shownText(position)}' ${reason}`;
}

/** ACL LOG. */
export function log(context: ServerContext<"access">, args: Frame): void {
  const { clock, reply, server } = context;
  if (args.argc > 3) throw subcommandSyntaxError(args);
  if (args.argc === 3 && args.is(2, "RESET")) {
    server.access.log.reset();
    return reply.ok();
  }
  const count = args.argc === 3 ? Number(requireInteger(args.span(2))) : USUAL_ENTRIES;
  const entries = server.access.log.latest(count), now = clock.now();
  reply.array(entries.length);
  for (const entry of entries) replyEntry(reply, entry, now);
}

function replyEntry(reply: ReplyWriter, entry: AccessLogEntry, now: number): void {
  reply.map(7);
  reply.bulkString("count");
  reply.integer(entry.count);
  reply.bulkString("reason");
  reply.bulkString(entry.reason);
  reply.bulkString("context");
  reply.bulkString(entry.context);
  reply.bulkString("object");
  reply.bulkString(entry.object);
  reply.bulkString("username");
  reply.bulkString(entry.username);
  reply.bulkString("age-seconds");
  reply.double((now - entry.time) / 1000);
  reply.bulkString("client-info");
  reply.bulkString(entry.client);
}
