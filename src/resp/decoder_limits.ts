/** What a peer may send: limits of the decoder of commands. */

/** What a decoder accepts. It reads the values when it needs them, so changing them takes effect. */
export interface DecoderLimits {
  /** Longest argument in bytes (`proto-max-bulk-len`). */
  readonly maxBulkLength: number;
  /** Most undecoded bytes (`client-query-buffer-limit`). */
  readonly maxQueryBuffer: number;
  /** Most arguments of one command. */
  readonly maxMultibulk: number;
  /** Longest inline command, and longest line with a count or a length, in bytes. */
  readonly inlineLimit: number;
  /** Why inline commands are not taken; absent: they are. */
  readonly inlineRefusal?: string;
  /** Whether the peer has given its password, if one is asked for: before that it may send little. */
  readonly authenticated: boolean;
}

/** Most arguments of a peer that has not authenticated. */
export const UNAUTHENTICATED_MAX_MULTIBULK = 10;
/** Longest argument of a peer that has not authenticated, in bytes. */
export const UNAUTHENTICATED_MAX_BULK = 16 * 1024;

/** The limits of a server with its default configuration and no password. */
export function defaultLimits(): DecoderLimits {
  return {
    maxBulkLength: 512 * 1024 * 1024,
    maxQueryBuffer: 1024 * 1024 * 1024,
    maxMultibulk: 0x7fffffff,
    inlineLimit: 64 * 1024,
    authenticated: true,
  };
}
