/** How much a client may send: the directives, and Redis' tighter limits before it has authenticated. */

import type { Settings } from "../config/mod.ts";
import type { DecoderLimits } from "../resp/decoder_limits.ts";

/** The most that is kept of what a client sends that has not authenticated, in bytes: as in Redis 7.4. */
const UNAUTHENTICATED_MAX_QUERY_BUFFER = 1024 * 1024;

/** The limits of one client, always as they are now. */
export class QueryLimits implements DecoderLimits {
  readonly maxMultibulk = 0x7fffffff;
  readonly inlineLimit: number = 64 * 1024;
  readonly #settings: Readonly<Settings>;
  readonly #client: { readonly authenticated: boolean };

  constructor(settings: Readonly<Settings>, client: { readonly authenticated: boolean }) {
    this.#settings = settings;
    this.#client = client;
  }

  get maxBulkLength(): number {
    return this.#settings["proto-max-bulk-len"];
  }

  get maxQueryBuffer(): number {
    const most = this.#settings["client-query-buffer-limit"];
    return this.authenticated ? most : Math.min(most, UNAUTHENTICATED_MAX_QUERY_BUFFER);
  }

  get authenticated(): boolean {
    return this.#client.authenticated;
  }
}
