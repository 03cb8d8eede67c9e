/** The first line of a function library, which says for what engine it is and what it is called. */

import { untilNul } from "../base/c_string.ts";
import { toLowerAscii } from "../base/ascii.ts";
import { ReplyError } from "../base/errors.ts";
import { splitArguments } from "../base/split_arguments.ts";

/** What the first line says. */
export interface LibraryHead {
  readonly engine: string;
  readonly name: string;
  /** Where the code begins: at the end of the first line, so that its lines keep their numbers. */
  readonly end: number;
}

const MARK = "#!";
const NAME_OPTION = "name=";

const NO_HEAD = new ReplyError("ERR Missing library metadata");
const BAD_HEAD = new ReplyError("ERR Invalid library metadata");
const NO_NAME = new ReplyError("ERR Library name was not given");
const TWO_NAMES = new ReplyError(
  "ERR Invalid metadata value, name argument was given multiple times",
);

/** Reads a library's first line. Throws `ReplyError`. */
export function readLibraryHead(text: string): LibraryHead {
  if (!text.startsWith(MARK)) throw NO_HEAD;
  const end = text.indexOf("\n");
  // Redis looks for the end of the line in a string of C.
  if (end < 0 || text.slice(0, end).includes("\0")) throw BAD_HEAD;
  const [engine, ...options] = splitArguments(text.slice(0, end)) ?? [];
  if (engine === undefined) throw BAD_HEAD;
  let name: string | undefined;
  for (const option of options) {
    if (toLowerAscii(option.slice(0, NAME_OPTION.length)) !== NAME_OPTION) {
      throw new ReplyError(`ERR Invalid metadata value given: ${untilNul(option)}`);
    }
    if (name !== undefined) throw TWO_NAMES;
    name = option.slice(NAME_OPTION.length);
  }
  if (name === undefined) throw NO_NAME;
  return { engine: engine.slice(MARK.length), name, end };
}

/** Whether a library or a function may be called so. */
export function isLibraryName(name: string): boolean {
  return /^[A-Za-z0-9_]+$/.test(name);
}
