/** What a command is, without what runs it: what others can know and tell of it. */

import type { CallKeys } from "../access/call_keys.ts";
import type { Category } from "../access/categories.ts";
import type { ChannelArguments } from "../access/command.ts";
import type { KeyFlag } from "../access/key_flags.ts";
import type { Frame } from "../resp/frame.ts";

/** The groups of COMMAND DOCS. */
export type CommandGroup =
  | "bitmap"
  | "cluster"
  | "connection"
  | "generic"
  | "geo"
  | "hash"
  | "hyperloglog"
  | "list"
  | "pubsub"
  | "scripting"
  | "sentinel"
  | "server"
  | "set"
  | "sorted-set"
  | "stream"
  | "string"
  | "transactions";

/** The flags of COMMAND INFO (https://redis.io/docs/latest/commands/command/#flags). */
export type CommandFlag =
  | "write"
  | "readonly"
  | "denyoom"
  | "admin"
  | "pubsub"
  | "noscript"
  | "blocking"
  | "loading"
  | "stale"
  | "skip_monitor"
  | "skip_slowlog"
  | "asking"
  | "fast"
  | "no_auth"
  | "may_replicate"
  | "no_mandatory_keys"
  | "no_async_loading"
  | "no_multi"
  | "movablekeys"
  | "allow_busy"
  | "sentinel"
  | "only_sentinel";

/** What sets a few commands apart in the server, and COMMAND INFO doesn't tell. */
export type CommandTrait =
  /** Refused where writes are, for those who look after servers with it. */
  | "refused_with_writes"
  /** Clients that speak RESP2 may call it while they have subscriptions. */
  | "while_subscribed"
  /** Runs at once after MULTI, too. */
  | "never_queued"
  /** Runs what was queued after MULTI. */
  | "runs_queue"
  /** Runs a script, whose own flags can say more of a call than the command's. */
  | "runs_script"
  /** The script is a function of a library. */
  | "runs_function"
  /**
   * Reads or writes data, and its calls are short and alike unless they are of many bytes, so that the
   * time of several may be taken together: not SCAN. See `quickUpTo`.
   */
  | "quick"
  /** Isn't the command that comes next where ASKING speaks of that. */
  | "keeps_asking"
  /** Moves keys to another server: a node of a cluster has it do so while their slot moves. */
  | "moves_keys"
  /** Isn't the command that comes next where CLIENT CACHING speaks of that. */
  | "keeps_caching";

/** Where a command's keys stand (https://redis.io/docs/latest/develop/reference/key-specs/). */
export interface KeySpec {
  readonly notes?: string;
  readonly flags: readonly KeyFlag[];
  readonly begin:
    | { readonly type: "index"; readonly index: number }
    | { readonly type: "keyword"; readonly keyword: string; readonly startFrom: number }
    | { readonly type: "unknown" };
  readonly find:
    | {
      readonly type: "range";
      readonly lastKey: number;
      readonly step: number;
      readonly limit: number;
    }
    | {
      readonly type: "keynum";
      readonly keyNumIndex: number;
      readonly firstKey: number;
      readonly step: number;
    }
    | { readonly type: "unknown" };
}

/** One argument as COMMAND DOCS describes it; made by the builders in `arguments.ts`. */
export interface ArgumentSpec {
  readonly name: string;
  readonly type:
    | "string"
    | "integer"
    | "double"
    | "key"
    | "pattern"
    | "unix-time"
    | "pure-token"
    | "oneof"
    | "block";
  readonly keySpecIndex?: number;
  readonly token?: string;
  readonly since?: string;
  readonly deprecatedSince?: string;
  readonly optional?: boolean;
  readonly multiple?: boolean;
  readonly multipleToken?: boolean;
  readonly arguments?: readonly ArgumentSpec[];
}

/** Adds the keys of one call; none where its arguments make no sense. */
export type KeyFinder = (args: Frame, keys: CallKeys) => void;

/** A command, or a sub-command of one. */
export interface CommandDescription {
  /** Lower case; a sub-command's own name without its container's. */
  readonly name: string;
  /** One line in our own words, for COMMAND DOCS and docs/commands.md. */
  readonly summary: string;
  /** The Redis version that brought it. */
  readonly since: string;
  readonly group: CommandGroup;
  readonly complexity?: string;
  /** Number of arguments with the command's name (and a sub-command's); negative: at least as many. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  readonly traits?: readonly CommandTrait[];
  /** Calls of up to so many arguments, the name included, are as `quick` ones: XADD without trimming. */
  readonly quickUpTo?: number;
  /**
   * ACL categories, without `@`. Those that follow from the flags (write, read, admin, dangerous, pubsub,
   * fast, slow, blocking) are derived by the registry.
   */
  readonly categories?: readonly Category[];
  readonly tips?: readonly string[];
  readonly keys?: readonly KeySpec[];
  /** Only where the key specs cannot tell (Redis' own special cases such as SORT … STORE). */
  readonly findKeys?: KeyFinder;
  /** Which arguments are channels that access rules must allow. */
  readonly channels?: ChannelArguments;
  readonly arguments?: readonly ArgumentSpec[];
  /** Positions of passwords in a call, which logs and MONITOR must not show. */
  readonly secrets?: (args: Frame) => number[];
  /** What changed in which version, in our own words. */
  readonly history?: readonly (readonly [version: string, change: string])[];
  /** Since when it is deprecated and what replaces it. */
  readonly deprecated?: { readonly since: string; readonly replacedBy: string };
  /** `syscmd` of COMMAND DOCS' `doc_flags`. */
  readonly systemCommand?: boolean;
  readonly subcommands?: readonly CommandDescription[];
}
