/** CLIENT TRACKING, CACHING, TRACKINGINFO, GETREDIR: what a client that keeps a cache is told. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireInteger } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, oneOf, string, token } from "../arguments.ts";
import { PrefixSet } from "./prefix_overlap.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { TrackingOptions, TrackingState } from "../views/tracking.ts";

const ONE_REDIRECTION = new ReplyError(
  "ERR A client can only redirect to a single other client",
);
const NO_TARGET = new ReplyError("ERR The client ID you want redirect to does not exist");
const PREFIX_WITHOUT_BCAST = new ReplyError(
  "ERR PREFIX option requires BCAST mode to be enabled",
);
const BCAST_SWITCH = new ReplyError(
  "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then " +
    "re-enabling it with a different mode.",
);
const BCAST_WITH_OPTION = new ReplyError(
  "ERR OPTIN and OPTOUT are not compatible with BCAST",
);
const BOTH_OPTIONS = new ReplyError("ERR You can't specify both OPTIN mode and OPTOUT mode");
const OPTION_SWITCH = new ReplyError(
  "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then " +
    "re-enabling it with a different mode.",
);
const NOT_TRACKING = new ReplyError(
  "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT " +
    "mode enabled",
);
const YES_WITHOUT_OPTIN = new ReplyError(
  "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.",
);
const NO_WITHOUT_OPTOUT = new ReplyError(
  "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.",
);

function tracking(context: ServerContext<"clients">, args: Frame): void {
  const { client, reply } = context;
  const options = readOptions(context, args);
  if (args.is(2, "ON")) {
    checkOptions(options, client.tracking);
    client.track(options);
  } else if (args.is(2, "OFF")) {
    client.endTracking();
  } else {
    throw SYNTAX_ERROR;
  }
  reply.ok();
}

function readOptions({ server }: ServerContext<"clients">, args: Frame): TrackingOptions {
  let redirect = 0;
  let broadcast = false, optIn = false, optOut = false, noLoop = false;
  const prefixes: string[] = [];
  for (let i = 3; i < args.argc; i++) {
    const hasMore = i + 1 < args.argc;
    if (args.is(i, "REDIRECT") && hasMore) {
      if (redirect !== 0) throw ONE_REDIRECTION;
      redirect = Number(requireInteger(args.span(++i)));
      if (server.clients.select({ ids: [redirect] }).length === 0) throw NO_TARGET;
    } else if (args.is(i, "BCAST")) broadcast = true;
    else if (args.is(i, "OPTIN")) optIn = true;
    else if (args.is(i, "OPTOUT")) optOut = true;
    else if (args.is(i, "NOLOOP")) noLoop = true;
    else if (args.is(i, "PREFIX") && hasMore) prefixes.push(args.string(++i));
    else throw SYNTAX_ERROR;
  }
  return { redirect, broadcast, prefixes, optIn, optOut, noLoop };
}

/** Whether options go together, and with how the client tracks already. */
function checkOptions(options: TrackingOptions, state: TrackingState | null): void {
  const { broadcast, optIn, optOut, prefixes } = options;
  if (!broadcast && prefixes.length > 0) throw PREFIX_WITHOUT_BCAST;
  if (state !== null && state.broadcast !== broadcast) throw BCAST_SWITCH;
  if (broadcast && (optIn || optOut)) throw BCAST_WITH_OPTION;
  if (optIn && optOut) throw BOTH_OPTIONS;
  if (optIn && state?.optOut || optOut && state?.optIn) throw OPTION_SWITCH;
  checkPrefixes(prefixes, state?.prefixes ?? []);
}

/** A key must not be broadcast to a client twice. */
function checkPrefixes(given: readonly string[], existing: readonly string[]): void {
  const old = new PrefixSet(existing), provided = new PrefixSet(given);
  given.forEach((prefix, i) => {
    const known = old.firstOverlapping(prefix);
    if (known !== undefined) throw overlapError(prefix, "an existing", known);
    const other = provided.firstOverlapping(prefix, i + 1, 1);
    if (other !== undefined) throw overlapError(prefix, "another provided", other);
  });
}

function overlapError(prefix: string, which: string, other: string): ReplyError {
  // Redis prints them as C strings, which a NUL byte ends.
  const [shown, shownOther] = [prefix, other].map((text) => text.split("\0", 1)[0]);
  return new ReplyError(
    `ERR Prefix '${shown}' overlaps with ${which} prefix '${shownOther}'. Prefixes for a single ` +
      "client must not overlap.",
  );
}

function caching({ client, reply }: CommandContext, args: Frame): void {
  const state = client.tracking;
  if (state === null) throw NOT_TRACKING;
  if (args.is(2, "YES")) {
    if (!state.optIn) throw YES_WITHOUT_OPTIN;
  } else if (args.is(2, "NO")) {
    if (!state.optOut) throw NO_WITHOUT_OPTOUT;
  } else {
    throw SYNTAX_ERROR;
  }
  client.markCaching();
  reply.ok();
}

function getRedirection({ client, reply }: CommandContext): void {
  reply.integer(client.tracking?.redirect ?? -1);
}

function trackingInfo({ client: { tracking }, reply }: CommandContext): void {
  reply.map(3);
  reply.bulkString("flags");
  const flags = tracking === null ? ["off"] : flagsOf(tracking);
  reply.set(flags.length);
  for (const flag of flags) reply.bulkString(flag);
  reply.bulkString("redirect");
  reply.integer(tracking?.redirect ?? -1);
  reply.bulkString("prefixes");
  const prefixes = tracking?.prefixes ?? [];
  reply.array(prefixes.length);
  for (const prefix of prefixes) reply.bulkString(prefix);
}

function flagsOf(state: TrackingState): string[] {
  const { broadcast, caching, optIn, optOut, noLoop, redirectBroken } = state;
  const flags: [string, boolean][] = [
    ["on", true],
    ["bcast", broadcast],
    ["optin", optIn],
    ["caching-yes", optIn && caching],
    ["optout", optOut],
    ["caching-no", optOut && caching],
    ["noloop", noLoop],
    ["broken_redirect", redirectBroken],
  ];
  return flags.filter(([, isSet]) => isSet).map(([flag]) => flag);
}

const COMMON = {
  since: "6.0.0",
  group: "connection",
  complexity: "O(1)",
  flags: ["noscript", "loading", "stale"],
  traits: ["keeps_caching"],
  categories: ["connection"],
} as const;

/** The sub-commands of CLIENT that concern caches. */
export const CLIENT_TRACKING_SUBCOMMANDS: readonly CommandDeclaration<ServerContext<"clients">>[] =
  [
    {
      ...COMMON,
      name: "tracking",
      summary: "Has this connection, or another one, told of changes to what it has read",
      complexity: "O(1) for each prefix.",
      arity: -3,
      arguments: [
        oneOf("status", [token("ON"), token("OFF")]),
        integer("client-id", { token: "REDIRECT", optional: true }),
        string("prefix", {
          token: "PREFIX",
          optional: true,
          multiple: true,
          multipleToken: true,
        }),
        token("BCAST", { optional: true }),
        token("OPTIN", { optional: true }),
        token("OPTOUT", { optional: true }),
        token("NOLOOP", { optional: true }),
      ],
      run: tracking,
    },
    {
      ...COMMON,
      name: "caching",
      summary: "Tells whether what the next command reads is kept in a cache",
      arity: 3,
      arguments: [oneOf("mode", [token("YES"), token("NO")])],
      run: caching,
    },
    {
      ...COMMON,
      name: "getredir",
      summary: "Tells which connection is told of changes in place of this one",
      arity: 2,
      run: getRedirection,
    },
    {
      ...COMMON,
      name: "trackinginfo",
      summary: "Tells how this connection tracks changes",
      since: "6.2.0",
      arity: 2,
      run: trackingInfo,
    },
  ];
