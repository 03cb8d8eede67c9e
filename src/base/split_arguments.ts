/**
 * Lines of arguments as Redis splits and quotes them: redis.conf, inline commands, `CONFIG REWRITE`,
 * values in log lines.
 */

const HEX_DIGITS = "0123456789abcdef";

/** What follows a backslash within double quotes, other than `xHH` and the byte itself. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["b", "\b"],
  ["a", "\x07"],
]);

/** The same the other way: bytes that `quoteArgument` writes with a letter. */
const ESCAPED: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ['"', '\\"'],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\b", "\\b"],
  ["\x07", "\\a"],
]);

const HEX_ESCAPE = /^\\x([0-9a-fA-F]{2})/;

/**
 * The arguments of a line, or null when a quote is not closed or is closed in the middle of a word.
 * Arguments are separated by white space. Within "double quotes" `\xHH`, `\n`, `\r`, `\t`, `\b` and `\a`
 * are escapes and a backslash before any other byte drops out; within 'single quotes' only `\'` is.
 * A NUL byte ends the line, as in Redis.
 */
export function splitArguments(line: string): string[] | null {
  const nul = line.indexOf("\0");
  const end = nul < 0 ? line.length : nul;
  const found: string[] = [];
  let at = 0;
  for (;;) {
    while (at < end && isSpace(line[at])) at++;
    if (at >= end) return found;
    let current = "";
    while (at < end && !isWordEnd(line[at])) {
      const quote = line[at];
      if (quote !== '"' && quote !== "'") {
        current += quote;
        at++;
        continue;
      }
      at++;
      for (;;) {
        if (at >= end) return null;
        const character = line[at];
        if (character === quote) break;
        if (character !== "\\" || at + 1 >= end) {
          current += character;
          at++;
        } else if (quote === '"') {
          const hex = line[at + 1] === "x" ? HEX_ESCAPE.exec(line.slice(at, at + 4)) : null;
          if (hex !== null) {
            current += String.fromCharCode(parseInt(hex[1], 16));
            at += 4;
          } else {
            current += ESCAPES.get(line[at + 1]) ?? line[at + 1];
            at += 2;
          }
        } else if (line[at + 1] === "'") {
          current += "'";
          at += 2;
        } else {
          current += character;
          at++;
        }
      }
      at++;
      if (at < end && !isSpace(line[at])) return null;
      break;
    }
    found.push(current);
    // The byte that ended the word is skipped unseen; white space, by the check above.
    if (at < end) at++;
  }
}

/** The byte string in double quotes, with escapes for everything that is not printable ASCII. */
export function quoteArgument(text: string): string {
  let quoted = '"';
  for (const character of text) {
    const escape = ESCAPED.get(character);
    const code = character.charCodeAt(0);
    if (escape !== undefined) quoted += escape;
    else if (code >= 0x20 && code <= 0x7e) quoted += character;
    else quoted += "\\x" + HEX_DIGITS[code >> 4] + HEX_DIGITS[code & 15];
  }
  return quoted + '"';
}

/** White space as C's isspace sees it. */
function isSpace(character: string): boolean {
  const code = character.charCodeAt(0);
  return code === 0x20 || code >= 0x09 && code <= 0x0d;
}

/** What ends a word outside of quotes: fewer bytes than `isSpace` skips before a word. */
function isWordEnd(character: string): boolean {
  return character === " " || character === "\n" || character === "\r" || character === "\t";
}
