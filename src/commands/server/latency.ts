/** LATENCY: what held the server up, and how long commands take. */

import { ReplyError } from "../../base/errors.ts";
import { bytesOf, Span } from "../../base/span.ts";
import type { LatencyHistogram } from "../../observe/latency_histogram.ts";
import type { LatencyEvent } from "../../observe/latency_monitor.ts";
import { renderSparkline } from "../../observe/sparkline.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import { string } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand } from "../help.ts";
import type { CommandsView, CommandView } from "../views/commands.ts";
import { diagnose } from "./latency_doctor.ts";

function latest({ reply, server }: ServerContext<"latency">): void {
  const { events } = server.latency;
  reply.array(events.length);
  for (const { name, samples, max } of events) {
    const { time, latency } = samples[samples.length - 1];
    reply.array(4);
    reply.bulkString(name);
    reply.integer(time);
    reply.integer(latency);
    reply.integer(max);
  }
}

function history({ reply, server }: ServerContext<"latency">, args: Frame): void {
  const samples = server.latency.event(args.string(2))?.samples ?? [];
  reply.array(samples.length);
  for (const { time, latency } of samples) {
    reply.array(2);
    reply.integer(time);
    reply.integer(latency);
  }
}

function reset({ reply, server }: ServerContext<"latency">, args: Frame): void {
  const { latency } = server;
  const names = args.argc > 2 ? args.strings().slice(2) : latency.events.map(({ name }) => name);
  reply.integer(names.filter((name) => latency.reset(name)).length);
}

const SEPARATOR = "-".repeat(80);

function graph({ clock, reply, server }: ServerContext<"latency">, args: Frame): void {
  const event = server.latency.event(args.string(2));
  if (event === undefined) {
    throw new ReplyError(`ERR No samples available for event '${args.shownText(2)}'`);
  }
  reply.verbatim(renderEvent(event, Math.floor(clock.now() / 1000)), "txt");
}

/** `now` in seconds since the epoch. */
function renderEvent({ name, samples, max }: LatencyEvent, now: number): string {
  const latencies = samples.map(({ latency }) => latency);
  const high = Math.max(...latencies), low = Math.min(...latencies);
  const columns = samples.map(({ time, latency }) => ({ value: latency, label: age(now - time) }));
  return `${name} - high ${high} ms, low ${low} ms (all time high ${max} ms)\n${SEPARATOR}\n` +
    renderSparkline(columns);
}

/** How long ago something was, in the largest fitting unit. */
function age(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86400)}d`;
}

function doctor(context: ServerContext<"latency">): void {
  context.reply.verbatim(diagnose(context), "txt");
}

function histogram({ reply, server }: ServerContext<"registry">, args: Frame): void {
  const commands = args.argc === 2
    ? [...server.registry].flatMap(withSubcommands)
    : args.strings().slice(2).flatMap((name) => findCommands(server.registry, name));
  const called = commands.filter(({ statistics }) => statistics.latency.total > 0);
  reply.map(called.length);
  for (const { fullName, statistics } of called) {
    reply.bulkString(fullName);
    replyHistogram(reply, statistics.latency);
  }
}

function withSubcommands(command: CommandView): CommandView[] {
  return [command, ...command.subcommands];
}

/** The command of a name such as `get` or `config|get`; with a container its sub-commands. */
function findCommands(registry: CommandsView, name: string): CommandView[] {
  const [container, subcommand] = name.split("|");
  const command = registry.get(container);
  if (command === undefined) return [];
  if (subcommand === undefined) return withSubcommands(command);
  const found = command.subcommand(Span.of(bytesOf(subcommand)));
  return found === undefined ? [] : [found];
}

/** The first step of a histogram in ns; each step is twice the one before. */
const FIRST_STEP = 1024;

/** Replies how many calls took at most so many µs, for each step that has more than the one before. */
function replyHistogram(reply: ReplyWriter, latency: LatencyHistogram): void {
  const steps: [microseconds: number, calls: number][] = [];
  for (let step = FIRST_STEP, before = 0; before < latency.total; step *= 2) {
    const calls = latency.countUpTo(step);
    if (calls > before) steps.push([Math.floor(latency.highestLike(step) / 1000), calls]);
    before = calls;
  }
  reply.map(2);
  reply.bulkString("calls");
  reply.integer(latency.total);
  reply.bulkString("histogram_usec");
  reply.map(steps.length);
  for (const [microseconds, calls] of steps) {
    reply.integer(microseconds);
    reply.integer(calls);
  }
}

const COMMON = {
  since: "2.8.13",
  group: "server",
  complexity: "O(1)",
  flags: ["admin", "noscript", "loading", "stale"],
  tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
} as const;

export const LATENCY: CommandDeclaration<ServerContext> = {
  name: "latency",
  summary: "Holds the commands about what held the server up",
  since: "2.8.13",
  group: "server",
  complexity: "Depends on the sub-command",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...COMMON,
      name: "histogram",
      summary: "Shows how long the calls of commands took, of all commands or those named",
      since: "7.0.0",
      complexity: "O(N) with N commands that are shown",
      arity: -2,
      arguments: [string("command", { optional: true, multiple: true })],
      run: histogram,
    },
    {
      ...COMMON,
      name: "reset",
      summary: "Forgets the delays of all kinds of events, or of those named",
      arity: -2,
      tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
      arguments: [string("event", { optional: true, multiple: true })],
      run: reset,
    },
    {
      ...COMMON,
      name: "graph",
      summary: "Draws the delays of a kind of event over time",
      arity: 3,
      arguments: [string("event")],
      run: graph,
    },
    {
      ...COMMON,
      name: "latest",
      summary: "Shows the latest delay of each kind of event, and the longest",
      arity: 2,
      run: latest,
    },
    {
      ...COMMON,
      name: "history",
      summary: "Lists the delays of a kind of event with their times",
      arity: 3,
      arguments: [string("event")],
      run: history,
    },
    {
      ...COMMON,
      name: "doctor",
      summary: "Explains the delays and suggests what to do about them",
      arity: 2,
      run: doctor,
    },
    helpSubcommand({ group: "server", since: "2.8.13" }),
  ],
};
