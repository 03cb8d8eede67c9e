/** CONFIG SET without a server. */

import { ReplyError } from "../../src/base/errors.ts";
import type { Configuration } from "../../src/config/mod.ts";

/** What CONFIG SET with these words would reply. */
export function replyTo(configuration: Configuration, ...words: string[]): string {
  try {
    configuration.apply(words);
    return "OK";
  } catch (error) {
    if (error instanceof ReplyError) return error.message;
    throw error;
  }
}
