/** DEBUG: what those who test servers and clients need. */

import { toLowerAscii } from "../../base/ascii.ts";
import { ReplyError } from "../../base/errors.ts";
import { blockFor } from "../../base/event_loop.ts";
import { parseLooseInt32 } from "../../base/numbers.ts";
import { digestKeyspace, digestValue, NO_DIGEST } from "../../keyspace/digest.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import type { CommandDeclaration, CommandHandler } from "../declaration.ts";
import { helpTitle, subcommandSyntaxError } from "../help.ts";
import { looseNumber } from "./debug_arguments.ts";
import { setPackedThreshold } from "./debug_lists.ts";
import { object, printListpack, printQuicklist } from "./debug_object.ts";
import { populate } from "./debug_populate.ts";
import { protocol, PROTOCOL_NAMES } from "./debug_protocol.ts";
import { refusal } from "./debug_refused.ts";
import { loadAof, reload } from "./debug_reload.ts";
import { setReplyBuffers } from "./debug_reply_buffers.ts";
import { allowedBy } from "./local_client.ts";

const NOT_OURS = new ReplyError(
  "ERR DEBUG PANIC is not supported: the process is not the server's alone",
);

function changeReplicationId({ server, reply }: ServerContext<"debug" | "log">): void {
  server.log.warning("Changing replication IDs after receiving DEBUG change-repl-id");
  server.debug.changeReplicationId();
  reply.ok();
}

function digest({ keyspace, reply }: CommandContext): void {
  reply.simple(digestKeyspace(keyspace));
}

function digestValues({ db, reply }: CommandContext, args: Frame): void {
  reply.array(args.argc - 2);
  for (let i = 2; i < args.argc; i++) {
    const row = db.peek(args.span(i));
    reply.simple(row === NO_ROW ? NO_DIGEST : digestValue(db, row));
  }
}

function error({ reply }: CommandContext, args: Frame): void {
  // Line breaks at its end stay, as spaces.
  reply.error(args.string(2).replace(/[\r\n]/g, " "));
}

function log({ server, reply }: ServerContext<"log">, args: Frame): void {
  server.log.warning(`DEBUG LOG: ${args.string(2)}`);
  reply.ok();
}

function panic({ server }: ServerContext<"debug">): void {
  const { debug } = server;
  if (debug.panic === null) throw NOT_OURS;
  debug.panic(new Error("called by DEBUG PANIC"));
}

function pauseCron({ server, reply }: ServerContext<"debug">, args: Frame): void {
  server.debug.cronPaused = looseNumber(args, 2) !== 0;
  reply.ok();
}

function rewriteAll({ server, reply }: ServerContext<"rewriteConfiguration">): void {
  server.rewriteConfiguration(true);
  reply.ok();
}

function setSkipChecksums({ server, reply }: ServerContext<"debug">, args: Frame): void {
  server.debug.skipsChecksums = looseNumber(args, 2) !== 0;
  reply.ok();
}

function setActiveExpire({ server, reply }: ServerContext<"debug">, args: Frame): void {
  server.debug.activeExpire = looseNumber(args, 2) !== 0;
  reply.ok();
}

/** Puts off each write to the append-only file, given in microseconds; 0 does no longer. */
function setAofWriteDelay({ server, reply }: ServerContext<"debug">, args: Frame): void {
  server.debug.aofWriteDelay = Math.max(0, parseLooseInt32(args.string(2))) / 1000;
  reply.ok();
}

/** Keeps the whole server waiting, as a command that takes long does. */
function sleep({ reply }: CommandContext, args: Frame): void {
  const microseconds = looseNumber(args, 2) * 1e6;
  // What is no int64, an infinity for one, is negative to Redis.
  if (microseconds > 0 && microseconds < 2 ** 63) {
    blockFor(microseconds / 1000);
  }
  reply.ok();
}

/** A sub-command: COMMAND knows nothing of DEBUG's. */
interface Subcommand {
  /** What is written after the name. */
  readonly syntax?: string;
  readonly summary: string;
  /** How many arguments there may be, both names counted. */
  readonly argc: readonly [least: number, most: number];
  readonly run: CommandHandler<ServerContext>;
}

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ["aof-flush-sleep", {
    syntax: "<microseconds>",
    summary: "Has the whole server wait that long before each write to the append-only file.",
    argc: [3, 3],
    run: setAofWriteDelay,
  }],
  ["change-repl-id", {
    summary: "Gives the history of the data set another name.",
    argc: [2, 2],
    run: changeReplicationId,
  }],
  ["config-rewrite-force-all", {
    summary: "Does what CONFIG REWRITE does, and writes directives with their default values, too.",
    argc: [2, 2],
    run: rewriteAll,
  }],
  ["digest", {
    summary: "Replies a digest of all data.",
    argc: [2, 2],
    run: digest,
  }],
  ["digest-value", {
    syntax: "<key> [<key> ...]",
    summary: "Replies a digest of each key's value.",
    argc: [2, Infinity],
    run: digestValues,
  }],
  ["error", {
    syntax: "<string>",
    summary: "Replies the error that is given.",
    argc: [3, 3],
    run: error,
  }],
  ["help", {
    summary: "Prints this help.",
    argc: [2, 2],
    run: help,
  }],
  ["listpack", {
    syntax: "<key>",
    summary: "Prints the listpack that holds a hash or a sorted set.",
    argc: [3, 3],
    run: printListpack,
  }],
  ["loadaof", {
    summary: "Replaces all data by what the append-only file holds.",
    argc: [2, Infinity],
    run: loadAof,
  }],
  ["log", {
    syntax: "<message>",
    summary: "Writes a message to the server's log.",
    argc: [3, 3],
    run: log,
  }],
  ["object", {
    syntax: "<key>",
    summary: "Tells how a key's value is kept.",
    argc: [3, 3],
    run: object,
  }],
  ["panic", {
    summary: "Ends the process as an error does that nobody catches, with a report in the log.",
    argc: [2, Infinity],
    run: panic,
  }],
  ["pause-cron", {
    syntax: "<0|1>",
    summary: "1 stops what the server does now and then by itself, 0 resumes it.",
    argc: [3, 3],
    run: pauseCron,
  }],
  ["populate", {
    syntax: "<count> [<prefix>] [<size>]",
    summary: "Makes keys named key:<number>, or with another prefix, that hold strings.",
    argc: [3, 5],
    run: populate,
  }],
  ["protocol", {
    syntax: "<type>",
    summary: `Replies a value of a type: ${PROTOCOL_NAMES.join(", ")}.`,
    argc: [3, 3],
    run: protocol,
  }],
  ["quicklist", {
    syntax: "<key> [<0|1>]",
    summary: "Prints the nodes that hold a list; 1 prints their entries, too.",
    argc: [3, 4],
    run: printQuicklist,
  }],
  ["quicklist-packed-threshold", {
    syntax: "<size>",
    summary: "Gives longer list elements plain nodes from that many bytes on; 0 stands for 1 GB.",
    argc: [3, 3],
    run: setPackedThreshold,
  }],
  ["reload", {
    syntax: "[<option> ...]",
    summary:
      "Saves all data, removes it and loads it again; MERGE, NOFLUSH and NOSAVE change that.",
    argc: [2, Infinity],
    run: reload,
  }],
  ["replybuffer", {
    syntax: "PEAK-RESET-TIME <NEVER|RESET|milliseconds> | RESIZING <0|1>",
    summary:
      "Tells how often the peak that a client's reply buffer is sized by is forgotten; 0 keeps sizes.",
    argc: [4, 4],
    run: setReplyBuffers,
  }],
  ["set-active-expire", {
    syntax: "<0|1>",
    summary: "0 keeps keys whose time has come until somebody meets them, 1 removes them.",
    argc: [3, 3],
    run: setActiveExpire,
  }],
  ["set-skip-checksum-validation", {
    syntax: "<0|1>",
    summary: "1 has RESTORE and RDB files taken whatever their checksums are.",
    argc: [3, 3],
    run: setSkipChecksums,
  }],
  ["sleep", {
    syntax: "<seconds>",
    summary: "Has the whole server wait.",
    argc: [3, 3],
    run: sleep,
  }],
]);

function help({ reply }: CommandContext, args: Frame): void {
  const lines = [helpTitle(args)];
  for (const [name, { syntax, summary }] of SUBCOMMANDS) {
    if (name === "help") continue;
    lines.push(name.toUpperCase() + (syntax ? ` ${syntax}` : ""), `    ${summary}`);
  }
  lines.push("HELP", "    Prints this help.");
  reply.array(lines.length);
  for (const line of lines) reply.simple(line);
}

function debug(context: ServerContext, args: Frame): void {
  const name = toLowerAscii(args.string(1));
  const subcommand = SUBCOMMANDS.get(name);
  if (subcommand === undefined) throw refusal(name) ?? subcommandSyntaxError(args);
  const [least, most] = subcommand.argc;
  if (args.argc < least || args.argc > most) throw subcommandSyntaxError(args);
  subcommand.run(context, args);
}

export const DEBUG: CommandDeclaration<ServerContext> = {
  name: "debug",
  summary: "Helps those who test the server or its clients",
  since: "1.0.0",
  group: "server",
  complexity: "Depends on the sub-command",
  arity: -2,
  flags: ["admin", "noscript", "loading", "stale"],
  systemCommand: true,
  guard: allowedBy("enable-debug-command", "DEBUG"),
  run: debug,
};
