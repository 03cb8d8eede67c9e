/** Scripts that take their time, for tests: how they begin, and how long they take. */

import { byteString } from "../../src/base/span.ts";
import type { EmbeddedParts } from "../support/embedded.ts";
import type { RawClient } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";

/** When scripts are slow, in ms. */
export const SLOW_AFTER = { "busy-reply-threshold": "20" };
/** What others are told. */
export const BUSY =
  "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n";
/** What the caller of a script is told that was killed. */
export const KILLED =
  /^-ERR Script killed by user with SCRIPT KILL\.\.\. script: [0-9a-f]{40}, on @user_script:\d+\.\r\n$/;

/** Begins a script on a connection; ends when it is slow. */
export async function beginSlow(
  { server }: EmbeddedParts,
  client: RawClient,
  script: string,
  ...keys: string[]
): Promise<void> {
  await client.send("EVAL", script, String(keys.length), ...keys);
  await waitFor("the script to be slow", () => server.isHalfway);
}

/** A reply as it came. */
export async function raw(client: RawClient, ...args: string[]): Promise<string> {
  return (await client.call(...args)).raw;
}

/** Part of a script: takes as long as the clock of the test stands still. */
export const WAIT = "local t = redis.call('time')[1] while redis.call('time')[1] == t do end ";

/** Hears what is propagated, a command a string. */
export function hear({ server }: EmbeddedParts): string[] {
  const heard: string[] = [];
  server.propagation.addSink({
    propagate(_database, buffer, start, end) {
      const words = byteString(buffer, start, end).split("\r\n");
      heard.push(words.filter((word) => word !== "" && !/^[*$]/.test(word)).join(" "));
    },
  });
  return heard;
}
