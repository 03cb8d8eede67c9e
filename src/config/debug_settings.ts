/** What is read like the value of a directive, but is none: only DEBUG changes it. */

/** Beside the directives' values in `Configuration.settings`. */
export interface DebugSettings {
  /** List elements of so many bytes or more have a node for themselves, outside of listpacks. */
  readonly "quicklist-packed-threshold": number;
}

/** As a server starts, and as Redis is built. */
export const DEBUG_DEFAULTS: DebugSettings = { "quicklist-packed-threshold": 2 ** 30 };
