/** COMMAND: what the commands of this server are. */

import { findCategory } from "../../access/categories.ts";
import { toLowerAscii } from "../../base/ascii.ts";
import { SYNTAX_ERROR } from "../../base/errors.ts";
import { matchGlob } from "../../base/glob.ts";
import { Span } from "../../base/span.ts";
import type { Frame } from "../../resp/frame.ts";
import { oneOf, pattern, string } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand } from "../help.ts";
import type { CommandsView, CommandView } from "../views/commands.ts";
import { replyCommandDetails } from "./command_details.ts";
import { replyCommandDocs } from "./command_docs.ts";
import { getKeys, getKeysAndFlags } from "./command_keys.ts";

/** The command that `config` or `config|get` names, in any case. */
function findByFullName(registry: CommandsView, fullName: string): CommandView | undefined {
  const [name, subname, more] = fullName.split("|");
  if (more !== undefined) return undefined;
  const command = registry.get(name);
  return subname === undefined ? command : command?.subcommand(Span.ofString(subname));
}

function replyAll({ reply, server }: ServerContext<"registry">): void {
  reply.array(server.registry.size);
  for (const command of server.registry) replyCommandDetails(reply, command);
}

function count({ reply, server }: ServerContext<"registry">): void {
  reply.integer(server.registry.size);
}

function info(context: ServerContext<"registry">, args: Frame): void {
  const { reply, server } = context;
  if (args.argc === 2) return replyAll(context);
  reply.array(args.argc - 2);
  for (let i = 2; i < args.argc; i++) {
    const command = findByFullName(server.registry, args.string(i));
    if (command === undefined) reply.null();
    else replyCommandDetails(reply, command);
  }
}

function docs({ reply, server: { registry } }: ServerContext<"registry">, args: Frame): void {
  const names = args.strings().slice(2);
  const commands = names.length === 0
    ? [...registry]
    : names.map((name) => findByFullName(registry, name)).filter((found) => found !== undefined);
  reply.map(commands.length);
  for (const command of commands) replyCommandDocs(reply, command);
}

function list({ reply, server }: ServerContext<"registry">, args: Frame): void {
  const isShown = requireFilter(args);
  const names: string[] = [];
  for (const command of server.registry) {
    for (const one of [command, ...command.subcommands]) {
      if (isShown(one)) names.push(one.fullName);
    }
  }
  reply.array(names.length);
  for (const name of names) reply.bulkString(name);
}

function requireFilter(args: Frame): (command: CommandView) => boolean {
  if (args.argc === 2) return () => true;
  if (args.argc !== 5 || !args.is(2, "FILTERBY")) throw SYNTAX_ERROR;
  // Nothing of this server comes from a module.
  if (args.is(3, "MODULE")) return () => false;
  if (args.is(3, "ACLCAT")) {
    const category = findCategory(toLowerAscii(args.string(4)));
    return (command) => category !== undefined && command.categories.includes(category);
  }
  if (args.is(3, "PATTERN")) {
    const wanted = args.span(4);
    return (command) => matchGlob(wanted, Span.ofString(command.fullName), true);
  }
  throw SYNTAX_ERROR;
}

const COMMON = {
  group: "server",
  flags: ["loading", "stale"],
  categories: ["connection"],
} as const;
const IN_ANY_ORDER = ["nondeterministic_output_order"];
const NAMES = [string("command-name", { optional: true, multiple: true })];

export const COMMAND: CommandDeclaration<ServerContext> = {
  ...COMMON,
  name: "command",
  summary: "Describes all commands: arity, flags, keys, categories",
  since: "2.8.13",
  complexity: "O(N) with N commands",
  arity: -1,
  tips: IN_ANY_ORDER,
  run: replyAll,
  subcommands: [
    {
      ...COMMON,
      name: "count",
      summary: "Counts the commands",
      since: "2.8.13",
      complexity: "O(1)",
      arity: 2,
      run: count,
    },
    {
      ...COMMON,
      name: "docs",
      summary: "Documents the named commands, or all: summary, arguments, history",
      since: "7.0.0",
      complexity: "O(N) with N names",
      arity: -2,
      tips: IN_ANY_ORDER,
      arguments: NAMES,
      run: docs,
    },
    {
      ...COMMON,
      name: "getkeys",
      summary: "Picks the keys out of a whole command",
      since: "2.8.13",
      complexity: "O(N) with N arguments",
      arity: -4,
      run: getKeys,
    },
    {
      ...COMMON,
      name: "getkeysandflags",
      summary: "Picks the keys out of a whole command and tells what it does with each",
      since: "7.0.0",
      complexity: "O(N) with N arguments",
      arity: -4,
      run: getKeysAndFlags,
    },
    helpSubcommand({ group: "server", categories: ["connection"], since: "5.0.0" }),
    {
      ...COMMON,
      name: "info",
      summary: "Describes the named commands, or all",
      since: "2.8.13",
      complexity: "O(N) with N names",
      arity: -2,
      tips: IN_ANY_ORDER,
      arguments: NAMES,
      history: [["7.0.0", "Without names it describes all commands."]],
      run: info,
    },
    {
      ...COMMON,
      name: "list",
      summary: "Lists the names of all commands, or of those that pass a filter",
      since: "7.0.0",
      complexity: "O(N) with N commands",
      arity: -2,
      tips: IN_ANY_ORDER,
      arguments: [
        oneOf("filterby", [
          string("module-name", { token: "MODULE" }),
          string("category", { token: "ACLCAT" }),
          pattern("pattern", { token: "PATTERN" }),
        ], { token: "FILTERBY", optional: true }),
      ],
      run: list,
    },
  ],
};
