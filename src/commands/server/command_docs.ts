/** COMMAND DOCS' reply for one command (https://redis.io/docs/latest/commands/command-docs/). */

import type { ReplyWriter } from "../../resp/reply_writer.ts";
import type { ArgumentSpec } from "../description.ts";
import type { CommandView } from "../views/commands.ts";
import { replySimpleSet } from "./command_details.ts";

/** Replies a command's name and, as the map's value, what there is to know of it. */
export function replyCommandDocs(reply: ReplyWriter, command: CommandView): void {
  const { declaration, subcommands } = command;
  const { complexity, deprecated, history = [], systemCommand } = declaration;
  reply.bulkString(command.fullName);
  const fields = new FieldMap(reply);
  fields.text("summary", declaration.summary);
  fields.text("since", declaration.since);
  fields.text("group", declaration.group);
  fields.text("complexity", complexity);
  const flags = [...deprecated ? ["deprecated"] : [], ...systemCommand ? ["syscmd"] : []];
  fields.flags("doc_flags", flags);
  fields.text("deprecated_since", deprecated?.since);
  fields.text("replaced_by", deprecated?.replacedBy);
  if (history.length > 0) {
    fields.name("history");
    reply.set(history.length);
    for (const [version, change] of history) {
      reply.array(2);
      reply.bulkString(version);
      reply.bulkString(change);
    }
  }
  fields.arguments("arguments", declaration.arguments);
  if (subcommands.length > 0) {
    fields.name("subcommands");
    reply.map(subcommands.length);
    for (const subcommand of subcommands) replyCommandDocs(reply, subcommand);
  }
  fields.end();
}

function replyArgument(reply: ReplyWriter, argument: ArgumentSpec): void {
  const { optional, multiple, multipleToken } = argument;
  const fields = new FieldMap(reply);
  fields.text("name", argument.name);
  fields.text("type", argument.type);
  if (argument.keySpecIndex !== undefined) {
    fields.name("key_spec_index");
    reply.integer(argument.keySpecIndex);
  }
  fields.text("token", argument.token);
  fields.text("since", argument.since);
  fields.text("deprecated_since", argument.deprecatedSince);
  const flags = [
    ...optional ? ["optional"] : [],
    ...multiple ? ["multiple"] : [],
    ...multipleToken ? ["multiple_token"] : [],
  ];
  fields.flags("flags", flags);
  fields.arguments("arguments", argument.arguments);
  fields.end();
}

/** A map in the making: fields that there is nothing to say about are left out. */
class FieldMap {
  readonly #reply: ReplyWriter;
  readonly #mark: number;
  #count = 0;

  constructor(reply: ReplyWriter) {
    this.#reply = reply;
    this.#mark = reply.deferMap();
  }

  /** Begins a field, whose value follows. */
  name(name: string): void {
    this.#count++;
    this.#reply.bulkString(name);
  }

  text(name: string, value: string | undefined): void {
    if (value === undefined) return;
    this.name(name);
    this.#reply.bulkString(value);
  }

  flags(name: string, flags: readonly string[]): void {
    if (flags.length === 0) return;
    this.name(name);
    replySimpleSet(this.#reply, flags);
  }

  arguments(name: string, list: readonly ArgumentSpec[] | undefined): void {
    if (list === undefined) return;
    this.name(name);
    this.#reply.array(list.length);
    for (const argument of list) replyArgument(this.#reply, argument);
  }

  end(): void {
    this.#reply.setDeferred(this.#mark, this.#count);
  }
}
