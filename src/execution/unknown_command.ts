/** What a call gets that names no command, or gives it the wrong number of arguments. */

import { untilNul } from "../base/c_string.ts";
import { ReplyError } from "../base/errors.ts";
import { byteString } from "../base/span.ts";
import { calledName } from "../commands/help.ts";
import type { Command } from "../commands/registry.ts";
import type { Frame } from "../resp/frame.ts";

/** Longest stretch of a client's bytes that an error reply repeats. */
const QUOTED_BYTES = 128;

/** The command has another number of arguments. */
export function wrongCount(command: Command): ReplyError {
  return new ReplyError(`ERR wrong number of arguments for '${command.fullName}' command`);
}

/** No command has this name. */
export function unknownCommand(frame: Frame): ReplyError {
  let args = "";
  for (let i = 1; i < frame.argc && args.length < QUOTED_BYTES; i++) {
    args += `'${quoted(frame, i, QUOTED_BYTES - args.length)}' `;
  }
  return new ReplyError(
    `ERR unknown command '${quoted(frame, 0, QUOTED_BYTES)}', with args beginning with: ${args}`,
  );
}

/** The command has no sub-command of this name. */
export function unknownSubcommand(frame: Frame): ReplyError {
  return new ReplyError(
    `ERR unknown subcommand '${quoted(frame, 1, QUOTED_BYTES)}'. Try ${calledName(frame)} HELP.`,
  );
}

/** Whether a line is one that HTTP begins with and Redis doesn't know. */
export function isHttp(frame: Frame): boolean {
  return frame.is(0, "POST") || frame.is(0, "HOST:");
}

/** An argument as error texts show it: Redis prints it as a C string, which a NUL ends. */
function quoted(frame: Frame, i: number, most: number): string {
  const start = frame.argStart(i);
  return untilNul(byteString(frame.buffer, start, Math.min(frame.argEnd(i), start + most)));
}
