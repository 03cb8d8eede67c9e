/** The HELP sub-commands, derived from the declarations that they explain. */

import { ReplyError } from "../base/errors.ts";
import type { Frame } from "../resp/frame.ts";
import { toUpperAscii } from "../base/ascii.ts";
import type { CommandContext } from "./context.ts";
import type { CommandDeclaration } from "./declaration.ts";
import type { ArgumentSpec, CommandDescription } from "./description.ts";

/** Replies a container's sub-commands, each with its syntax and what it does. */
export function help({ command, reply }: CommandContext, args: Frame): void {
  const { container } = command;
  if (container === undefined) throw new Error("HELP belongs to a container");
  const lines = [helpTitle(args)];
  // Only COMMAND may be called without a sub-command.
  if (container.arity === -1) lines.push("(no subcommand)", `    ${container.summary}.`);
  for (const subcommand of container.subcommands ?? []) {
    if (subcommand.name === "help") continue;
    lines.push(syntax(subcommand), `    ${subcommand.summary}.`);
  }
  lines.push("HELP", "    Prints this help.");
  reply.array(lines.length);
  for (const line of lines) reply.simple(line);
}

/** The first line of what HELP replies. */
export function helpTitle(args: Frame): string {
  return `${calledName(args)} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`;
}

/** The declaration of a container's HELP sub-command. */
export function helpSubcommand(
  container: Pick<CommandDescription, "group" | "categories" | "since" | "traits">,
): CommandDeclaration {
  return {
    name: "help",
    summary: "Tells what the sub-commands do",
    since: container.since,
    group: container.group,
    complexity: "O(1)",
    arity: 2,
    flags: ["loading", "stale"],
    traits: container.traits,
    categories: container.categories,
    run: help,
  };
}

/** How a command is written, as in `SET key value [NX|XX]`. */
export function syntax(declaration: CommandDescription): string {
  const words = (declaration.arguments ?? []).map(argumentSyntax);
  return [toUpperAscii(declaration.name), ...words].join(" ");
}

function argumentSyntax(argument: ArgumentSpec): string {
  const inner = argumentBody(argument);
  const { token, optional, multiple, multipleToken } = argument;
  const hasToken = token !== undefined && argument.type !== "pure-token";
  const word = hasToken ? `${token} ${inner}` : inner;
  if (optional && argument.type === "oneof" && !hasToken && !multiple) {
    return `[${inner.slice(1, -1)}]`;
  }
  const more = multiple ? ` [${multipleToken && hasToken ? word : inner} ...]` : "";
  return optional ? `[${word}${more}]` : word + more;
}

function argumentBody({ type, name, token, arguments: parts = [] }: ArgumentSpec): string {
  switch (type) {
    case "pure-token":
      return token ?? name;
    case "oneof":
      return `(${parts.map(argumentSyntax).join("|")})`;
    case "block":
      return parts.map(argumentSyntax).join(" ");
    default:
      return `<${name}>`;
  }
}

/** The error of a sub-command that was called with arguments which its arity allows and it doesn't. */
export function subcommandSyntaxError(args: Frame): ReplyError {
  return new ReplyError(
    `ERR unknown subcommand or wrong number of arguments for '${args.shownText(1)}'. ` +
      `Try ${calledName(args)} HELP.`,
  );
}

/** What a container was called by, as texts show it: that may have been changed (rename-command). */
export function calledName(args: Frame): string {
  return toUpperAscii(args.shownText(0));
}
