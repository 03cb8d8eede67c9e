/** The one table of directives: redis.conf, flags and CONFIG GET / SET / REWRITE all work from it. */

import { toLowerAscii } from "../base/ascii.ts";
import type { Directive } from "./directive.ts";
import type { DirectiveName } from "./directive_names.ts";
import { DATA_DIRECTIVES } from "./directives_data.ts";
import { NETWORK_DIRECTIVES } from "./directives_network.ts";
import { PERSISTENCE_DIRECTIVES } from "./directives_persistence.ts";
import { PROCESS_DIRECTIVES } from "./directives_process.ts";
import { CLUSTER_DIRECTIVES, REPLICATION_DIRECTIVES } from "./directives_replication.ts";
import { TLS_DIRECTIVES } from "./directives_tls.ts";

/**
 * Every directive that has a value, by name: those of Redis 7.0.15 with its types, bounds and defaults,
 * and our own, which say so.
 * What only a file can hold (include, user, loadmodule, rename-command) is read by `read_lines.ts`.
 */
export const DIRECTIVES = {
  ...NETWORK_DIRECTIVES,
  ...PERSISTENCE_DIRECTIVES,
  ...DATA_DIRECTIVES,
  ...REPLICATION_DIRECTIVES,
  ...CLUSTER_DIRECTIVES,
  ...TLS_DIRECTIVES,
  ...PROCESS_DIRECTIVES,
} as const satisfies Readonly<Record<DirectiveName, unknown>>;

export type { DirectiveName };

/** Names of the table that `DirectiveName` lacks: there are none, or this does not compile. */
type Unlisted = Exclude<keyof typeof DIRECTIVES, DirectiveName>;
({}) satisfies Readonly<Record<Unlisted, unknown>>;

/** The type of a directive's value. */
export type ValueOf<N extends DirectiveName> = (typeof DIRECTIVES)[N] extends Directive<infer T> ? T
  : never;

/** The value of every directive. */
export type Settings = { -readonly [N in DirectiveName]: ValueOf<N> };

/** All names, in the table's order. */
export const DIRECTIVE_NAMES = Object.keys(DIRECTIVES) as readonly DirectiveName[];

/** The directive of a name, for code that works on all of them alike. */
export function directiveOf(name: DirectiveName): Directive<unknown> {
  return DIRECTIVES[name];
}

const ALIASES: ReadonlyMap<string, DirectiveName> = new Map(
  DIRECTIVE_NAMES.flatMap((name) => {
    const { alias } = directiveOf(name);
    return alias === undefined ? [] : [[alias, name]];
  }),
);

/** The directive that a name or alias means, in lower case; undefined if there is none. */
export function findDirective(name: string): DirectiveName | undefined {
  return Object.hasOwn(DIRECTIVES, name) ? name as DirectiveName : ALIASES.get(name);
}

/** Whether a name or alias, in any case, means a directive whose value is a secret. */
export function isSensitive(name: string): boolean {
  const directive = findDirective(toLowerAscii(name));
  return directive !== undefined && directiveOf(directive).sensitive === true;
}
