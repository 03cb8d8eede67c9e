/** MODULE: there are no modules here, and none can be loaded: they are machine code for Redis itself. */

import { ReplyError } from "../../base/errors.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, string } from "../arguments.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand } from "../help.ts";
import { allowedBy } from "./local_client.ts";

const NOT_LOADED = new ReplyError(
  "ERR Error loading the extension. Please check the server logs.",
);
const NO_SUCH_MODULE = new ReplyError(
  "ERR Error unloading module: no such module with that name",
);

function list({ reply }: CommandContext): void {
  reply.array(0);
}

function load({ server }: ServerContext<"log">, args: Frame): never {
  server.log.warning(
    `Module ${args.shownText(2)} failed to load: this server does not support modules.`,
  );
  throw NOT_LOADED;
}

function unload(): never {
  throw NO_SUCH_MODULE;
}

const COMMON = { since: "4.0.0", group: "server", complexity: "O(1)" } as const;
const CHANGE = {
  ...COMMON,
  flags: ["admin", "noscript", "no_async_loading"],
  guard: allowedBy("enable-module-command", "MODULE"),
} as const;

export const MODULE: CommandDeclaration<ServerContext> = {
  name: "module",
  summary: "Holds the commands about modules",
  since: "4.0.0",
  group: "server",
  complexity: "Depends on the sub-command.",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...COMMON,
      name: "list",
      summary: "Lists the modules that are loaded",
      complexity: "O(N), N being the number of modules.",
      arity: 2,
      flags: ["admin", "noscript"],
      tips: ["nondeterministic_output_order"],
      run: list,
    },
    {
      ...CHANGE,
      name: "load",
      summary: "Loads a module from a file",
      arity: -3,
      arguments: [string("path"), string("arg", { optional: true, multiple: true })],
      run: load,
    },
    {
      ...CHANGE,
      name: "loadex",
      summary: "Loads a module from a file, with directives of its own",
      since: "7.0.0",
      arity: -3,
      arguments: [
        string("path"),
        block("configs", [string("name"), string("value")], {
          token: "CONFIG",
          optional: true,
          multiple: true,
          multipleToken: true,
        }),
        block("args", [string("arg")], { token: "ARGS", optional: true, multiple: true }),
      ],
      run: load,
    },
    {
      ...CHANGE,
      name: "unload",
      summary: "Ends a module",
      arity: 3,
      arguments: [string("name")],
      run: unload,
    },
    helpSubcommand({ since: "5.0.0", group: "server" }),
  ],
};
