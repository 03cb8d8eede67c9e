/** What the reference says about its commands, as data. */

import type { RawClient } from "../support/raw_client.ts";
import { leaves, type Reply } from "../support/reply.ts";

/** An argument as COMMAND DOCS describes it. */
export interface Argument {
  readonly name: string;
  readonly type: string;
  readonly token?: string;
  readonly flags: readonly string[];
  readonly arguments: readonly Argument[];
}

/** A command or sub-command (`config|get`) with its arguments. */
export interface CommandDocs {
  readonly name: string;
  readonly arguments: readonly Argument[];
}

/** All commands and sub-commands of a server, by name. The client must speak RESP2. */
export async function readCommandDocs(client: RawClient): Promise<Map<string, CommandDocs>> {
  const docs = new Map<string, CommandDocs>();
  const collect = (list: Reply) => {
    for (const [name, fields] of entries(list)) {
      const parts = new Map(entries(fields));
      docs.set(name, { name, arguments: (parts.get("arguments")?.children ?? []).map(argument) });
      const subcommands = parts.get("subcommands");
      if (subcommands) collect(subcommands);
    }
  };
  collect(await client.call("COMMAND", "DOCS"));
  return docs;
}

function argument(reply: Reply): Argument {
  const parts = new Map(entries(reply));
  const flags = parts.get("flags");
  return {
    name: parts.get("name")?.text ?? "",
    type: parts.get("type")?.text ?? "",
    token: parts.get("token")?.text,
    flags: flags ? leaves(flags) : [],
    arguments: (parts.get("arguments")?.children ?? []).map(argument),
  };
}

/** The entries of a map, in RESP2 a flat array. */
export function entries(reply: Reply): [string, Reply][] {
  const list: [string, Reply][] = [];
  const children = reply.children ?? [];
  for (let i = 0; i + 1 < children.length; i += 2) list.push([children[i].text!, children[i + 1]]);
  return list;
}

/** All tokens of a command's arguments, nested ones too; two commands have an empty one, left out. */
export function tokensOf(docs: CommandDocs): string[] {
  const tokens: string[] = [];
  const collect = (list: readonly Argument[]) => {
    for (const one of list) {
      if (one.token) tokens.push(one.token.toUpperCase());
      collect(one.arguments);
    }
  };
  collect(docs.arguments);
  return [...new Set(tokens)];
}

/** What command lines use, as `command ARGUMENT`: every token that is an argument, in any case. */
export function usedTokens(
  docs: ReadonlyMap<string, CommandDocs>,
  lines: readonly (readonly string[])[],
): Set<string> {
  const used = new Set<string>();
  for (const line of lines) {
    const command = line[0].toLowerCase();
    const subcommand = `${command}|${line[1]?.toLowerCase()}`;
    const name = docs.has(subcommand) ? subcommand : command;
    for (const arg of line.slice(1)) used.add(`${name} ${arg.toUpperCase()}`);
  }
  return used;
}

/** The tokens that no answered command line used, as `command TOKEN`, sorted. */
export function unusedTokens(
  docs: ReadonlyMap<string, CommandDocs>,
  answered: readonly (readonly string[])[],
): string[] {
  const used = usedTokens(docs, answered);
  const missing: string[] = [];
  for (const [name, one] of docs) {
    for (const token of tokensOf(one)) {
      if (!used.has(`${name} ${token}`)) missing.push(`${name} ${token}`);
    }
  }
  return missing.sort();
}
