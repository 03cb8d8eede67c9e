/** ACL: who there is, what they may do, and what was refused. */

import { integer, oneOf, string, token } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand } from "../help.ts";
import { categories, dryRun, generatePassword, log } from "./acl_tools.ts";
import { deleteUsers, getUser, list, load, names, save, setUser, whoAmI } from "./acl_users.ts";

const COMMON = {
  since: "6.0.0",
  group: "server",
  flags: ["noscript", "loading", "stale"],
} as const;
const ADMIN = { ...COMMON, flags: ["admin", "noscript", "loading", "stale"] } as const;

export const ACL: CommandDeclaration<ServerContext> = {
  name: "acl",
  summary: "Holds the commands about users and access rules",
  since: "6.0.0",
  group: "server",
  complexity: "Depends on the sub-command",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...COMMON,
      name: "cat",
      summary: "Lists the categories of commands, or the commands of a category",
      complexity: "O(1), as there is a fixed number of commands",
      arity: -2,
      arguments: [string("categoryname", { optional: true })],
      run: categories,
    },
    {
      ...ADMIN,
      name: "deluser",
      summary: "Removes users, and closes the connections that they have",
      complexity: "O(1) for each user, amortized",
      arity: -3,
      arguments: [string("username", { multiple: true })],
      run: deleteUsers,
    },
    {
      ...ADMIN,
      name: "dryrun",
      summary: "Tells whether a user may run a command, which is not run",
      since: "7.0.0",
      complexity: "O(1).",
      arity: -4,
      arguments: [
        string("username"),
        string("command"),
        string("arg", { optional: true, multiple: true }),
      ],
      run: dryRun,
    },
    {
      ...COMMON,
      name: "genpass",
      summary: "Makes up a password of 256 bits, or of as many as are asked for",
      complexity: "O(1)",
      arity: -2,
      arguments: [integer("bits", { optional: true })],
      run: generatePassword,
    },
    {
      ...ADMIN,
      name: "getuser",
      summary: "Shows a user's state, passwords and rules",
      complexity: "O(N). Where N is the number of rules and passwords",
      arity: 3,
      arguments: [string("username")],
      history: [
        ["6.2.0", "Shows channel patterns."],
        ["7.0.0", "Shows selectors, and patterns of keys and channels as rules."],
      ],
      run: getUser,
    },
    {
      ...ADMIN,
      name: "list",
      summary: "Lists the users with their rules, as a configuration file has them",
      complexity: "O(N). Where N is the number of users",
      arity: 2,
      run: list,
    },
    {
      ...ADMIN,
      name: "load",
      summary: "Replaces the users by those in the file of users",
      complexity: "O(N). Where N is the number of users",
      arity: 2,
      run: load,
    },
    {
      ...ADMIN,
      name: "log",
      summary: "Shows what was refused lately, the latest first, or forgets it",
      complexity: "O(N) with N entries shown",
      arity: -2,
      arguments: [
        oneOf("operation", [integer("count"), token("RESET")], { optional: true }),
      ],
      run: log,
    },
    {
      ...ADMIN,
      name: "save",
      summary: "Writes the users to the file of users",
      complexity: "O(N). Where N is the number of users",
      arity: 2,
      run: save,
    },
    {
      ...ADMIN,
      name: "setuser",
      summary: "Makes a user, or changes what it may do, by rules",
      complexity: "O(N). Where N is the number of rules",
      arity: -3,
      arguments: [
        string("username"),
        string("rule", { optional: true, multiple: true }),
      ],
      history: [
        ["6.2.0", "Rules about channels."],
        ["7.0.0", "Selectors, and separate permissions to read and write keys."],
      ],
      secrets: (args) => Array.from({ length: args.argc - 2 }, (_, i) => i + 2),
      run: setUser,
    },
    {
      ...ADMIN,
      name: "users",
      summary: "Lists the names of the users",
      complexity: "O(N). Where N is the number of users",
      arity: 2,
      run: names,
    },
    {
      ...COMMON,
      name: "whoami",
      summary: "Tells as which user this connection is authenticated",
      complexity: "O(1)",
      arity: 2,
      run: whoAmI,
    },
    helpSubcommand({ group: "server", since: "6.0.0" }),
  ],
};
