/** Commands in the script language. */

import { escapeBytes } from "../../support/quoting.ts";

const LONG_RUN = 20;

/** An argument in the script language, quoted where it has to be. */
export function quoteArgument(argument: string): string {
  let text = "";
  let needsQuotes = argument === "";
  for (let at = 0; at < argument.length;) {
    const char = argument[at];
    let end = at;
    while (argument[end] === char) end++;
    const escaped = escapeBytes(char);
    if (escaped !== char || char === " " || char === "'" || char === '"') needsQuotes = true;
    if (end - at >= LONG_RUN && escaped === char) text += `{${char}*${end - at}}`;
    else text += escaped.repeat(end - at);
    at = end;
  }
  return needsQuotes ? `"${text}"` : text;
}

/** A command line in the script language. */
export function commandLine(args: readonly string[]): string {
  return args.map(quoteArgument).join(" ");
}
